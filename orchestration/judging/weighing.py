"""What the configuration asks of the experts' judgements: the tree, how judgements are read, and the weights.

The arithmetic is in scoring/; the judgement files are in judging/tables.py.
"""

from typing import Any

from orchestration.config.quality import QualityConfig
from orchestration.judging.tables import read_judgements
from orchestration.scoring import hierarchy
from orchestration.settings import Settings


def weighed(settings: Settings) -> hierarchy.Weights:
    """The weights that the configured tree gets from the judgement files."""
    given = [judgement for path in settings.judgement_files for judgement in read_judgements(path)]
    return hierarchy.weigh(
        hierarchy_of(settings.quality),
        [judgement for judgement in given if judgement.hierarchy == settings.quality.hierarchy],
        ahp_settings(settings),
    )


def ahp_settings(settings: Settings) -> hierarchy.AhpSettings:
    """How the configuration has judgements read, weighed and accepted."""
    config = settings.quality
    return hierarchy.AhpSettings(
        orientation=config.orientation,
        method=config.method,
        aggregation=config.aggregation,
        random_index=config.random_index,
        limit=settings.gates.gate("scores.quality_weights:each_expert_is_consistent").threshold,
        expert_weights=config.expert_weights or None,
    )


def hierarchy_of(config: QualityConfig) -> hierarchy.Hierarchy:
    """The nested tree of quality.yml; its name is its root's."""
    return hierarchy.Hierarchy(config.hierarchy, config.hierarchy, children_of(config.hierarchy, config.tree))


def children_of(root: str, tree: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The nested tree of quality.yml as parent: children."""
    found = {root: tuple(tree)}
    for child, below in tree.items():
        if below:
            found |= children_of(child, below)
    return found
