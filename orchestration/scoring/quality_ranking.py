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
    cells : DataFrame of `member`, `indicator`, `score`
        The leaves of the groups of one dimension in one period, of groups that have an index.
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

    leaves = [node for node in weights["indicator"] if node not in set(weights["parent"])]
    shares = weights.set_index("indicator").loc[leaves, "global_weight"].astype(float).to_numpy()
    scores = cells.dropna(subset=["score"]).pivot(index="member", columns="indicator", values="score")
    scores = scores.reindex(columns=leaves).astype(float)
    if len(scores) < 2 or len(tops) < 2:
        return []
    branches = np.array([tops.index.get_loc(branch(leaf)) for leaf in leaves])
    ranges = stable_ranges(scores.to_numpy(), shares / shares.sum(), branches)
    members = [str(member) for member in scores.index]
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
