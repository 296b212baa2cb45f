"""Checks of the service quality index: its range, that nothing measured is missing in it, and what it rests on.

That it follows from its indicators is asked of the marts, in dbt_project/tests.
"""

from collections.abc import Collection

from orchestration.config.quality import FEEDS
from orchestration.quality.checks import CheckOutcome
from orchestration.scoring.quality import QualityIndex
from orchestration.warehouse.duckdb import Warehouse

TABLE = "scores.quality_index"
INDICATORS = "scores.quality_index_indicators"
QUALITY_INDEX = {
    "within_0_and_100": "Indices are within 0 and 100.",
    "each_measured_cell_has_its_row": "Each cell with a measured indicator of the tree is scored, and has its index.",
    "overall_is_covered": "What is fed has data enough for the overall index of the last 365 days.",
}


def quality_index(warehouse: Warehouse, decision: QualityIndex, feeds: Collection[str]) -> list[CheckOutcome]:
    """Range, completeness and coverage.

    Parameters
    ----------
    decision : QualityIndex
    feeds : collection of str
        The configured feeds. Indicators of others are named, and hold nothing.
    """
    outside = warehouse.value(
        f"select count(*) from {TABLE} where not coalesce(quality_index, 0) between 0 and 100 "
        "or not coalesce(process_index, 0) between 0 and 100 or not coalesce(performance_index, 0) between 0 and 100"
    )
    return [
        CheckOutcome(
            TABLE, "within_0_and_100", outside == 0, f"{outside} cells have an index outside 0 and 100", outside, 0
        ),
        each_measured_cell_has_its_row(warehouse, decision),
        overall_is_covered(warehouse, decision, feeds),
    ]


def each_measured_cell_has_its_row(warehouse: Warehouse, decision: QualityIndex) -> CheckOutcome:
    """The facts against both tables of the index."""
    leaves = ", ".join(f"'{leaf.indicator}'" for leaf in decision.leaves)
    rows = warehouse.rows(f"""
        select measured.dimension, measured.member, measured.period, measured.indicator
        from facts.service_indicators as measured
        left join {INDICATORS} as scored
            using (dimension, member, period, indicator)
        left join {TABLE} as cells using (dimension, member, period)
        where measured.indicator in ({leaves}) and measured.value is not null
            and (scored.score is null or cells.period is null)
        order by all
    """)
    return CheckOutcome(
        TABLE,
        "each_measured_cell_has_its_row",
        not rows,
        f"{len(rows)} measured indicators have no score, or their cell no index",
        observed=len(rows),
        threshold=0,
        rows_failing=len(rows),
        sample_ids=[" ".join(row) for row in rows[:5]],
    )


def overall_is_covered(warehouse: Warehouse, decision: QualityIndex, feeds: Collection[str]) -> CheckOutcome:
    """Enough of the weight that is fed has data; what is not fed is said, and holds nothing."""
    least = decision.coverage_floor
    scored = warehouse.rows(
        f"select indicator from {INDICATORS} "
        "where dimension = 'overall' and period = 'last_365_days' and score is not null"
    )
    present = {row[0] for row in scored}
    weights = {leaf.indicator: float(leaf.weight) for leaf in decision.leaves}
    fed = [name for name in weights if FEEDS[name] in feeds]
    unfed = [f"{name} ({FEEDS[name]})" for name in weights if name not in fed]
    lacking = [name for name in fed if name not in present]
    of_fed = sum(weights[name] for name in fed)
    coverage = sum(weights[name] for name in fed if name in present) / of_fed if fed else 1.0
    told = []
    if fed:
        told.append(f"{coverage:.0%} of the fed weight has data in the last 365 days (at least {least:.0%})")
    if lacking:
        told.append(f"without data: {', '.join(lacking)}")
    if unfed:
        told.append(f"their feed is not configured: {', '.join(unfed)}")
    if of_fed < least * sum(weights.values()):
        told.append(f"so no index is told, for want of {least:.0%} of the weight")
    passed = coverage >= least
    if not passed:
        told.append("to mend: feed what they need (docs/indicators.md), or name in quality.yml a tree of what is fed")
    return CheckOutcome(TABLE, "overall_is_covered", passed, "; ".join(told), coverage, least)
