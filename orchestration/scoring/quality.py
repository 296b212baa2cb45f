"""The service quality index: indicators scored between floor and target, weighed, and added up.

Weights come from hierarchy.py, floors and targets from configuration, indicator values from
facts.service_indicators, by way of shrinkage.py. A cell is one dimension, member and period. Source: methods §6.7.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from orchestration.errors import UserError
from orchestration.scoring.hierarchy import Weights
from orchestration.scoring.literals import sql_decimal, sql_double, sql_text
from orchestration.scoring.shrinkage import shrunk_sql

# Sums run over decimals of so many places: exact, so that no order of rows changes a bit, and so fine that
# contributions add up to the index within 1e-9.
SCALE = 12
CELL = ("dimension", "member", "period")


@dataclass(frozen=True)
class Scale:
    """The value that scores 0 and the one that scores 100; a floor above the target means less is better."""

    floor: float
    target: float

    def __post_init__(self):
        if not (math.isfinite(self.floor) and math.isfinite(self.target)) or self.floor == self.target:
            raise UserError(
                f"floor is {self.floor} and target {self.target}; they must be two different numbers",
                where="quality scale",
            )


@dataclass(frozen=True)
class QualityIndex:
    """The decision: each leaf's parent, branch, global weight and scale, the least coverage, what sample is small."""

    leaves: tuple["Leaf", ...]
    coverage_floor: float
    small_sample: int
    process: str | None
    performance: str | None


@dataclass(frozen=True)
class Leaf:
    """An indicator at the end of the tree; `branch` is the top-level node above it."""

    indicator: str
    parent: str
    branch: str
    weight: Decimal
    scale: Scale


def decide_index(
    weights: Weights,
    scales: Mapping[str, Scale],
    coverage_floor: float = 0.5,
    process: str | None = "process",
    performance: str | None = "performance",
    small_sample: int = 30,
) -> QualityIndex:
    """Join weights and scales.

    Parameters
    ----------
    weights : Weights
    scales : mapping of indicator to Scale
        One for each leaf, and for nothing else.
    coverage_floor : float
        Least share of weight with data (0-1), below which a cell has no index.
    process, performance : str or None
        The top-level branches that give process_index and performance_index; None for a tree without them,
        which leaves the column null.
    small_sample : int
        Fewer observations are marked as few; so many of the usual variance steady each cell's own.

    Raises
    ------
    UserError
        When a leaf has no scale, a scale no leaf, or a branch is not in the tree.
    """
    tree = weights.hierarchy
    leaves = [(node, parent) for node, parent, _ in tree.nodes() if node not in tree.children]
    names = [node for node, _ in leaves]
    lacking = [name for name in names if name not in scales]
    strange = [name for name in scales if name not in names]
    if lacking or strange:
        raise UserError(
            f"indicators without floor and target: {', '.join(lacking) or 'none'}; "
            f"floors and targets without indicator: {', '.join(strange) or 'none'}",
            where=f"quality scales of hierarchy {tree.name}",
            mend=f"give one for each of {', '.join(names)}",
        )
    for branch in (process, performance):
        if branch is not None and branch not in tree.children[tree.root]:
            raise UserError(
                f"{branch!r} is not a top-level branch; those are {', '.join(tree.children[tree.root])}",
                where=f"hierarchy {tree.name}",
            )
    if not 0 <= coverage_floor <= 1:
        raise UserError(f"coverage_floor is {coverage_floor}; it must lie from 0 to 1", where="quality")
    return QualityIndex(
        leaves=tuple(
            Leaf(
                node,
                parent,
                tree.branch(node),
                round(Decimal(repr(weights.overall[node])), SCALE),
                scales[node],
            )
            for node, parent in leaves
        ),
        coverage_floor=coverage_floor,
        small_sample=small_sample,
        process=process,
        performance=performance,
    )


def score(value: float, scale: Scale) -> float:
    """0-100 on the line from floor to target, clipped at both ends."""
    return min(max(100 * (value - scale.floor) / (scale.target - scale.floor), 0.0), 100.0)


def indicators_sql(
    index: QualityIndex, source: str = "facts.service_indicators", shrinkage: str = "scores.quality_shrinkage"
) -> str:
    """The select that gives the columns of scores.quality_index_indicators.

    One row for each row of `source` whose indicator is in the tree. `value` is drawn to the whole's as `shrinkage`
    says, `raw_value` is as measured, each with its standard error. `weight` is the global weight over the summed
    weight of the cell's indicators that have data; without a value, weight, score and contribution are null.
    Contributions are null in a cell below the coverage floor; elsewhere they add up to its index.
    """
    return f"""
with

{_scored(index, source, shrinkage)}

select
    dimension,
    member,
    period,
    indicator,
    parent,
    value,
    raw_value,
    standard_error,
    raw_standard_error,
    sample_size,
    sample_size < {index.small_sample} as is_small_sample,
    floor_value,
    target_value,
    score,
    renormalised_weight as weight,
    cast(contribution as double) as contribution
from contributions
""".strip()


def index_sql(
    index: QualityIndex, source: str = "facts.service_indicators", shrinkage: str = "scores.quality_shrinkage"
) -> str:
    """The select that gives the columns of scores.quality_index, one row a cell.

    quality_index = sum of weight x score over the indicators with data, weights renormalised; null where less
    than the coverage floor has data. process_index and performance_index are the same over one branch, on its
    own 0-100, and need no coverage but some data. coverage = weight with data / all weight.
    """
    cell = ", ".join(CELL)
    branches = "".join(
        f",\n        {_branch_index(branch)} as {name}_index"
        for name, branch in (("process", index.process), ("performance", index.performance))
    )
    capped = ",\n    ".join(
        f"case when {name} > 100e0 then 100e0 else {name} end as {name}"
        for name in ("quality_index", "process_index", "performance_index")
    )
    return f"""
with

{_scored(index, source, shrinkage)},

cells as (

    select
        {cell},
        cast(sum(contribution) as double) as quality_index{branches},
        max(coverage) as coverage
    from contributions
    group by {cell}

)

-- Several roundings up may pass 100 by a few parts in 10^12. Not least(): it would make 100 of a null.
select
    {cell},
    {capped},
    coverage
from cells
""".strip()


def _branch_index(branch: str | None) -> str:
    if branch is None:
        return "cast(null as double)"
    within = f"case when branch = {sql_text(branch)} then"
    return (
        f"round(cast(sum({within} weighted_score end) as double)\n"
        f"            / cast(sum({within} present_weight end) as double), 9)"
    )


def _scored(index: QualityIndex, source: str, shrinkage: str) -> str:
    """The common steps: values shrunk, tree and scales joined, weights renormalised within the cell, contributions."""
    leaves = ",\n        ".join(
        f"({sql_text(leaf.indicator)}, {sql_text(leaf.parent)}, {sql_text(leaf.branch)}, "
        f"{sql_decimal(leaf.weight, SCALE)}, {sql_double(leaf.scale.floor)}, {sql_double(leaf.scale.target)})"
        for leaf in index.leaves
    )
    total = sql_double(float(sum(leaf.weight for leaf in index.leaves)))
    exact = f"decimal(38, {SCALE})"
    cell = ", ".join(CELL)
    return f"""leaves (indicator, parent, branch, weight, floor_value, target_value) as (

    values
        {leaves}

),

{shrunk_sql(source, shrinkage, index.small_sample)},

scores as (

    select
        indicators.dimension,
        indicators.member,
        indicators.period,
        indicators.indicator,
        leaves.parent,
        leaves.branch,
        indicators.value,
        indicators.raw_value,
        indicators.standard_error,
        indicators.raw_standard_error,
        indicators.sample_size,
        leaves.floor_value,
        leaves.target_value,
        case when indicators.value is not null then leaves.weight end as present_weight,
        case
            when indicators.value is not null then round(greatest(0e0, least(100e0,
                100 * (indicators.value - leaves.floor_value) / (leaves.target_value - leaves.floor_value)
            )), 9)
        end as score
    from shrunk as indicators
    inner join leaves on indicators.indicator = leaves.indicator

),

covered as (

    select
        *,
        cast(round(cast(present_weight as double) * score, {SCALE}) as {exact}) as weighted_score,
        cast(sum(present_weight) over (partition by {cell}) as double) as cell_weight,
        round(coalesce(cast(sum(present_weight) over (partition by {cell}) as double), 0e0) / {total}, 9)
            as coverage
    from scores

),

renormalised as (

    select
        *,
        cast(present_weight as double) / cell_weight as renormalised_weight
    from covered

),

contributions as (

    select
        *,
        case
            when coverage >= {sql_double(index.coverage_floor)}
                then cast(round(renormalised_weight * score, {SCALE}) as {exact})
        end as contribution
    from renormalised

)"""
