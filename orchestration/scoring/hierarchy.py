"""Weights down a hierarchy: from all experts' judgements to local and global weights, and who was consistent.

The group's own consistency is judged beside each expert's. Under the aggregation 'judgements' it is that of the
pooled comparisons. Under 'priorities' the group makes no comparisons, and the ratios of its weights cannot contradict
one another; so its row shows the experts' mean, and it is the experts who must pass.
Sources: methods §6.1, §6.4 and §6.5.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.errors import UserError
from orchestration.scoring.ahp.consistency import Consistency, Mend, consistency, mends
from orchestration.scoring.ahp.experts import AGGREGATIONS, aggregate_judgements, aggregate_priorities, spread
from orchestration.scoring.ahp.matrix import METHODS, weights
from orchestration.scoring.ahp.random_index import TABLES
from orchestration.scoring.judgements import Judgement, check_orientation, comparison_matrix

GROUP = "(group)"


@dataclass(frozen=True)
class Hierarchy:
    """A tree of items.

    Parameters
    ----------
    name : str
    root : str
        The top, whose weight is 1; it has no row of its own among the weights.
    children : mapping of parent to its children, in order

    Raises
    ------
    UserError
        When a node hangs under two parents, under none, or a parent has no children.
    """

    name: str
    root: str
    children: Mapping[str, tuple[str, ...]]

    def __post_init__(self):
        where = f"hierarchy {self.name}"
        placed = [child for children in self.children.values() for child in children]
        for node in sorted({node for node in placed if placed.count(node) > 1}):
            raise UserError(f"{node!r} stands in the tree more than once", where=where)
        for parent, children in self.children.items():
            if not children:
                raise UserError(f"{parent!r} has no children", where=where, mend="leave it out of the parents")
        reached = {self.root, *(node for node, _, _ in self.nodes())}
        lost = [node for node in (*self.children, *placed) if node not in reached]
        if lost or self.root in placed or self.root not in self.children:
            raise UserError(
                f"not a tree under {self.root!r}; out of reach: {', '.join(dict.fromkeys(lost)) or 'none'}",
                where=where,
                mend="let every parent but the root be a child of another",
            )

    def nodes(self) -> list[tuple[str, str, int]]:
        """Every node below the root as (node, parent, level), parents first; level 1 is under the root."""
        found, queue = [], [(self.root, 0)]
        for parent, level in queue:
            for child in self.children.get(parent, ()):
                if child == self.root:  # refused above; here it would never end
                    continue
                found.append((child, parent, level + 1))
                queue.append((child, level + 1))
        return found

    def branch(self, node: str) -> str:
        """The child of the root under which the node stands, or the node itself."""
        parents = {child: parent for child, parent, _ in self.nodes()}
        while parents[node] != self.root:
            node = parents[node]
        return node


@dataclass(frozen=True)
class AhpSettings:
    """How judgements are read, weighed and accepted.

    Parameters
    ----------
    orientation : str
        Of the judgements: 'row_over_column' or 'column_over_row'.
    method : str
        One of `METHODS`.
    aggregation : str
        One of `AGGREGATIONS`: pool the experts' judgements, or the weights that each arrives at.
    random_index : str
        One of `TABLES`.
    limit : float
        Largest consistency ratio that is accepted, of each expert and of the group.
    expert_weights : mapping of expert to float, optional
        Equal by default; where given, it names every expert.
    """

    orientation: str
    method: str = "eigenvector"
    aggregation: str = "judgements"
    random_index: str = "alonso_lamata"
    limit: float = 0.10
    expert_weights: Mapping[str, float] | None = None

    def __post_init__(self):
        check_orientation(self.orientation)
        for name, given, accepted in (
            ("method", self.method, METHODS),
            ("aggregation", self.aggregation, AGGREGATIONS),
            ("random_index", self.random_index, TABLES),
        ):
            if given not in accepted:
                raise UserError(f"unknown {name} {given!r}; accepted: {', '.join(accepted)}", where=f"ahp {name}")


@dataclass(frozen=True)
class Change:
    """A comparison to think over.

    said, implied : how many times more important item_a is than item_b: as judged, and as the others imply, on the
        scale.
    consistency_ratio : of the matrix once this and all earlier changes are made.
    place : where the judgement stands; empty for the group's pooled ones.
    """

    item_a: str
    item_b: str
    said: float
    implied: float
    consistency_ratio: float
    place: str


@dataclass(frozen=True)
class Report:
    """Consistency of one matrix: an expert's, or the group's (`expert` is `GROUP`), under one parent.

    `mends` are to be made in order, worst comparison first; with the last the matrix passes. `missing` counts the pairs
    that were not compared, and were completed.
    """

    hierarchy: str
    parent: str
    expert: str
    items: int
    lambda_max: float
    consistency_index: float
    consistency_ratio: float
    is_consistent: bool
    mends: tuple[Change, ...]
    missing: int

    @property
    def is_checkable(self) -> bool:
        """Whether comparisons could contradict each other: two items cannot, nor a chain of n - 1 among n."""
        return self.items * (self.items - 1) // 2 - self.missing >= self.items >= 3


@dataclass(frozen=True)
class Weights:
    """Weights of every node below the root, with the reports of every matrix behind them.

    `spread` is the geometric standard deviation of the local weight over the experts' own weights: a factor, 1 where
    they agree; None for a node that fewer than two experts judged.
    """

    hierarchy: Hierarchy
    settings: AhpSettings
    local: dict[str, float]
    overall: dict[str, float]
    spread: dict[str, float | None]
    experts: dict[str, int]
    reports: tuple[Report, ...]

    def rows(self) -> list[dict]:
        """The rows of scores.quality_weights; the consistency ratio is the group's, under the parent."""
        ratio = {report.parent: report.consistency_ratio for report in self.reports if report.expert == GROUP}
        return [
            {
                "hierarchy": self.hierarchy.name,
                "indicator": node,
                "parent": parent,
                "level": level,
                "local_weight": self.local[node],
                "global_weight": self.overall[node],
                "consistency_ratio": ratio[parent],
                "experts": self.experts[parent],
                "weight_spread": self.spread[node],
                "method": self.settings.method,
                "is_leaf": node not in self.hierarchy.children,
            }
            for node, parent, level in self.hierarchy.nodes()
        ]

    def consistency_rows(self) -> list[dict]:
        """One row for each parent and expert, and one for the group, with what would mend it."""
        return [vars(report) | {"mends": [vars(change) for change in report.mends]} for report in self.reports]

    def inconsistent(self) -> tuple[Report, ...]:
        """The reports whose consistency ratio is above the limit."""
        return tuple(report for report in self.reports if not report.is_consistent)

    def unchecked(self) -> tuple[Report, ...]:
        """The experts' reports on three items or more whose comparisons are too few to contradict each other."""
        return tuple(
            report
            for report in self.reports
            if report.expert != GROUP and report.items >= 3 and not report.is_checkable
        )


def weigh(hierarchy: Hierarchy, judgements: Iterable[Judgement], settings: AhpSettings) -> Weights:
    """Weigh a hierarchy by all experts' judgements of it.

    Each parent's experts are aggregated as the settings say; global weights are the product of local ones down the
    tree. Pairs that an expert left out are completed. An only child needs no judgement.
    Inconsistent judgements are reported, not refused: see `Weights.inconsistent`.

    Raises
    ------
    UserError
        For a judgement of another hierarchy or of an unknown parent, for a parent that nobody judged, for
        what `comparison_matrix` refuses, and for an expert without weight.
    """
    by_parent: dict[str, dict[str, list[Judgement]]] = {parent: {} for parent in hierarchy.children}
    for judgement in judgements:
        if judgement.hierarchy != hierarchy.name or judgement.parent not in by_parent:
            raise UserError(
                f"{judgement.hierarchy}/{judgement.parent} is not a parent; "
                f"accepted: {', '.join(f'{hierarchy.name}/{parent}' for parent in by_parent)}",
                where=judgement.where,
            )
        by_parent[judgement.parent].setdefault(judgement.expert, []).append(judgement)

    local: dict[str, float] = {}
    apart: dict[str, float | None] = {}
    reports: list[Report] = []
    for parent, items in hierarchy.children.items():
        # By name, so that the order of the file cannot move a last bit.
        given = dict(sorted(by_parent[parent].items()))
        if not given and len(items) > 1:
            raise UserError(f"nobody compares {', '.join(items)}", where=f"hierarchy {hierarchy.name}, under {parent}")
        found, spreads, told = _weigh_siblings(hierarchy, parent, given, settings)
        local |= zip(items, found, strict=True)
        apart |= zip(items, spreads, strict=True)
        reports += told

    overall = {hierarchy.root: 1.0}
    for node, parent, _ in hierarchy.nodes():
        overall[node] = overall[parent] * local[node]
    del overall[hierarchy.root]
    counts = {parent: len(experts) for parent, experts in by_parent.items()}
    return Weights(hierarchy, settings, local, overall, apart, counts, tuple(reports))


def _weigh_siblings(hierarchy: Hierarchy, parent: str, given: Mapping[str, list[Judgement]], settings: AhpSettings):
    """The weights of one parent's children, their spread over the experts, and the reports."""
    items = hierarchy.children[parent]
    matrices = {expert: comparison_matrix(items, said, settings.orientation) for expert, said in given.items()}
    reports = [
        _report(hierarchy, parent, expert, matrix, given[expert], settings) for expert, matrix in matrices.items()
    ]
    if not matrices:
        return [1.0], [None], [_report(hierarchy, parent, GROUP, np.ones((1, 1)), (), settings)]
    influence = _influence(matrices, settings)
    own = np.array([weights(matrix, settings.method) for matrix in matrices.values()])
    spreads = spread(own, influence).tolist() if len(own) > 1 else [None] * len(items)
    pooled = aggregate_judgements(list(matrices.values()), influence)
    if settings.aggregation == "priorities":
        reports.append(_mean_report(reports, pooled, influence, settings))
        return aggregate_priorities(own, influence).tolist(), spreads, reports
    reports.append(_report(hierarchy, parent, GROUP, pooled, (), settings))
    return weights(pooled, settings.method).tolist(), spreads, reports


def _influence(matrices: Mapping, settings: AhpSettings) -> list[float] | None:
    if settings.expert_weights is None:
        return None
    influence = [settings.expert_weights.get(expert, 0) for expert in matrices]
    for expert, weight in zip(matrices, influence, strict=True):
        if not weight > 0:
            raise UserError(f"the expert {expert} has the weight {weight}", where="ahp expert_weights")
    return influence


def _report(hierarchy, parent, expert, matrix, judgements, settings: AhpSettings) -> Report:
    items = hierarchy.children[parent]
    found = mends(matrix, settings.random_index, settings.limit)
    changes = tuple(_change(mend, items, judgements) for mend in found)
    measured = consistency(matrix, settings.random_index)
    return _told(hierarchy.name, parent, expert, matrix, measured, changes, settings)


def _mean_report(judged: list[Report], pooled: np.ndarray, influence, settings: AhpSettings) -> Report:
    """The group's row where weights are pooled: the weighted mean of the experts' consistency."""
    measures = [(report.lambda_max, report.consistency_index, report.consistency_ratio) for report in judged]
    mean = Consistency(*np.average(measures, axis=0, weights=influence).tolist())
    # It is the experts' own comparisons that mend it.
    return _told(judged[0].hierarchy, judged[0].parent, GROUP, pooled, mean, (), settings)


def _told(hierarchy: str, parent: str, expert: str, matrix, measured: Consistency, mends, settings) -> Report:
    return Report(
        hierarchy=hierarchy,
        parent=parent,
        expert=expert,
        items=len(matrix),
        **vars(measured),
        is_consistent=measured.consistency_ratio <= settings.limit,
        mends=mends,
        missing=int(np.isnan(matrix).sum()) // 2,
    )


def _change(mend: Mend, items: Sequence[str], judgements: Sequence[Judgement]) -> Change:
    """The mend with the items in the order in which they were judged, and where that stands."""
    a, b, ratio, mended, place = items[mend.row], items[mend.column], mend.ratio, mend.mended, ""
    for judgement in judgements:
        if {judgement.item_a, judgement.item_b} == {a, b}:
            place = judgement.place
            if judgement.item_a == b:
                a, b, ratio, mended = b, a, 1 / ratio, 1 / mended
    return Change(a, b, ratio, mended, mend.consistency_ratio, place)
