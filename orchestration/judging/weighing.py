"""What the configuration asks of the experts' judgements: the hierarchies, how judgements are read, and the weights.

The arithmetic is in scoring/; the judgement files are in judging/tables.py.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

from orchestration.config.quality import IndicatorName, QualityConfig
from orchestration.config.relationship import ActivityKind
from orchestration.errors import UserError
from orchestration.judging.tables import read_judgements
from orchestration.scoring import hierarchy
from orchestration.scoring.judgements import Judgement
from orchestration.scoring.key_accounts import ATTRIBUTES
from orchestration.scoring.quadrant import CURRENT, POTENTIAL
from orchestration.settings import Settings, is_shipped

ACTIVITY = "customer_activity"
# Hierarchies of tiers.yml, one level deep, with every item that they may have. A company may leave some out.
OF_VALUE = {"current_value": CURRENT, "potential_value": POTENTIAL, "key_account_attributes": ATTRIBUTES}
# The items that the configuration may choose for a hierarchy. Those of the trees of quality.yml are indicators.
CHOICES = {ACTIVITY: get_args(ActivityKind), **OF_VALUE}


def hierarchies(settings: Settings) -> dict[str, hierarchy.Hierarchy]:
    """Every hierarchy that the configuration uses, by name; the tree of the quality index comes first.

    Raises
    ------
    UserError
        When a tree of quality.yml bears the name of another hierarchy.
    """
    in_force = settings.quality.hierarchy
    return {name: tree for name, tree in surveyed(settings).items() if name in (in_force, ACTIVITY, *OF_VALUE)}


def surveyed(settings: Settings) -> dict[str, hierarchy.Hierarchy]:
    """Every hierarchy that experts can be asked about: those in use, and then the trees that may be one day.

    Raises
    ------
    UserError
        When a tree of quality.yml bears the name of another hierarchy.
    """
    config = settings.quality
    told = {ACTIVITY: "the hierarchy behind the E-value"} | dict.fromkeys(OF_VALUE, "a hierarchy of tiers.yml")
    if taken := [name for name in told if name in config.trees]:
        raise UserError(
            f"{taken[0]} is the name of {told[taken[0]]}",
            where=f"{settings.config_file('quality.yml')}, `trees`",
            mend="give the tree another name, there and in its judgements",
        )
    activity = hierarchy.Hierarchy(ACTIVITY, ACTIVITY, {ACTIVITY: tuple(settings.relationship.activity.kinds)})
    of_value = {
        name: hierarchy.Hierarchy(name, name, {name: tuple(getattr(settings.tiers, name))}) for name in OF_VALUE
    }
    others = [name for name in config.trees if name != config.hierarchy]
    return {
        config.hierarchy: hierarchy_of(config, config.hierarchy),
        ACTIVITY: activity,
        **of_value,
        **{name: hierarchy_of(config, name) for name in others},
    }


def weighed(settings: Settings, name: str) -> hierarchy.Weights:
    """The weights that one of the `surveyed` hierarchies gets from the judgement files."""
    tree = surveyed(settings)[name]
    judgements = judgements_of(settings, name)
    shipped = shipped_experts(settings, name)
    try:
        return hierarchy.weigh(tree, judgements, ahp_settings(settings, shipped))
    except UserError as error:
        # Nobody can mend the shipped judgements.
        mend = None if shipped else error.mend
        mend = mend or f"have it judged: touchstone judgements template {name} --expert NAME"
        raise UserError(error.what, where=error.where, mend=mend) from None


def judgements_of(settings: Settings, name: str) -> list[Judgement]:
    """What experts say of the items of one hierarchy that are in use.

    What they say of items that the configuration could choose and did not is left out: the rest of a matrix of
    reciprocal comparisons is one. An item that could not be chosen is a slip, and is refused where it is weighed.
    """
    refuse_what_would_not_count(settings)
    in_use = {node for node, _, _ in surveyed(settings)[name].nodes()}
    idle = set(CHOICES.get(name, get_args(IndicatorName))) - in_use
    found = []
    for path in settings.judgement_files:
        given = [said for said in read_judgements(path) if said.hierarchy == name]
        given = [said for said in given if not idle & {said.item_a, said.item_b}]
        if is_shipped(path):
            # The shipped ones are row over column, whichever way round the company's are.
            given = [replace(said, orientation="row_over_column") for said in given]
        found += given
    return found


def refuse_what_would_not_count(settings: Settings) -> None:
    """Judgements that no weight is made of, and weights of experts who judge nothing, would be lost without a word.

    Raises
    ------
    UserError
        A file of the company's names a hierarchy that the configuration has not, or `expert_weights` names an expert
        without a judgement.
    """
    known = surveyed(settings)
    experts = set()
    for path in settings.judgement_files:
        for said in read_judgements(path):
            experts.add(said.expert)
            if said.hierarchy not in known and not is_shipped(path):
                raise UserError(
                    f"unknown hierarchy {said.hierarchy!r}; accepted: {', '.join(known)}",
                    where=f"{path.parent / said.place}",
                    mend="correct the name, or add the tree to `trees` of quality.yml",
                )
    if idle := sorted(set(settings.quality.expert_weights) - experts):
        raise UserError(
            f"{', '.join(idle)} has a weight and no judgements; there are those of {', '.join(sorted(experts))}",
            where=f"{settings.config_file('quality.yml')}, `expert_weights`",
            mend="correct the name, have it judged, or take it out",
        )


def shipped_experts(settings: Settings, name: str) -> list[str]:
    """The experts of the shipped example, where it counts because the company has no judgements of the hierarchy."""
    files = [path for path in settings.judgement_files if is_shipped(path)]
    return sorted({said.expert for path in files for said in read_judgements(path) if said.hierarchy == name})


def ahp_settings(settings: Settings, shipped_experts: Sequence[str] = ()) -> hierarchy.AhpSettings:
    """How the configuration has judgements read, weighed and accepted.

    A company that gives its experts weights knows nothing of the shipped ones: each of those counts 1 unless named.
    """
    config = settings.quality
    return hierarchy.AhpSettings(
        orientation=config.orientation,
        method=config.method,
        aggregation=config.aggregation,
        random_index=config.random_index,
        limit=settings.gates.gate("scores.quality_weights:each_expert_is_consistent").threshold,
        expert_weights=dict.fromkeys(shipped_experts, 1.0) | config.expert_weights if config.expert_weights else None,
    )


def hierarchy_of(config: QualityConfig, name: str) -> hierarchy.Hierarchy:
    """A nested tree of quality.yml; its name is its root's."""
    return hierarchy.Hierarchy(name, name, children_of(name, config.trees[name]))


def children_of(root: str, tree: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The nested tree of quality.yml as parent: children."""
    found = {root: tuple(tree)}
    for child, below in tree.items():
        if below:
            found |= children_of(child, below)
    return found
