"""How firm the ranking of groups is: how far each top-level weight can move before two groups change places.

Sentences for people, from the cells of the index and the weights; the arithmetic is in ahp/sensitivity.py.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from orchestration.scoring.ahp.sensitivity import StableRange, stable_ranges


def ranking_sentences(
    cells: pd.DataFrame, weights: pd.DataFrame, named: Callable[[str], str], groups: str
) -> list[str]:
    """One sentence a top-level branch: within which weights the groups keep their ranking, and who passes whom beyond.

    Parameters
    ----------
    cells : DataFrame of `member`, `indicator`, `weight`, `score`
        The groups of one dimension in one period; a group without data on a branch is left out.
    weights : DataFrame of `indicator`, `parent`, `global_weight`
        Every node of one hierarchy below its root.
    named : function of str to str
        The words for a branch.
    groups : str
        What the groups are, in words: regions.

    Returns
    -------
    list of str
        None for fewer than two groups or branches. Of two branches only the first is told: what one loses, the other
        gains.
    """
    nodes = set(weights["indicator"])
    tops = weights[~weights["parent"].isin(nodes)].set_index("indicator")["global_weight"].astype(float)
    parent = weights.set_index("indicator")["parent"].to_dict()

    def branch(indicator: str) -> str:
        return indicator if indicator in tops else branch(parent[indicator])

    scored = cells.dropna(subset=["score"])
    by_branch = scored.assign(branch=scored["indicator"].map(branch), weighted=scored["weight"] * scored["score"])
    sums = by_branch.groupby(["member", "branch"])[["weighted", "weight"]].sum()
    indices = (sums["weighted"] / sums["weight"]).unstack("branch").reindex(columns=tops.index).dropna()
    if len(indices) < 2 or len(tops) < 2:
        return []
    shares = (tops / tops.sum()).to_numpy()
    ranges = stable_ranges(indices.to_numpy(), shares)
    members = [str(member) for member in indices.index]
    told = ranges[:1] if len(ranges) == 2 else ranges
    return [_sentence(found, named(tops.index[found.branch]), members, groups) for found in told]


def _sentence(found: StableRange, branch: str, members: list[str], groups: str) -> str:
    if found.swapped_below is None and found.swapped_above is None:
        return f"The ranking of {groups} is the same whatever {branch} weighs (now {found.weight:.1%})."
    if np.isclose(found.lowest, found.highest):
        ahead, behind = (members[place] for place in found.swapped_below or found.swapped_above)
        return (
            f"{ahead} and {behind} are level: any move of the weight of {branch} (now {found.weight:.1%}) parts them."
        )
    beyond = [
        f"{side} that {members[swapped[1]]} passes {members[swapped[0]]}"
        for side, swapped in (("below", found.swapped_below), ("above", found.swapped_above))
        if swapped is not None
    ]
    return (
        f"The ranking of {groups} holds while {branch} weighs {found.lowest:.1%} to {found.highest:.1%} "
        f"(now {found.weight:.1%}); {', '.join(beyond)}."
    )
