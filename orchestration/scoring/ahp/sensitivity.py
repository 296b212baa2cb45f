"""Sensitivity: how far a top-level weight can move before the ranking of groups changes (methods §6.9)."""

from dataclasses import dataclass

import numpy as np

# Two groups whose indices move apart less than this share of the largest index keep their distance.
PARALLEL = 1e-12


@dataclass(frozen=True)
class StableRange:
    """The weights of one branch under which the groups keep their ranking, all else in proportion.

    branch : column of the branch.
    weight : its weight today.
    lowest, highest : the ranking holds strictly between them; 0 and 1 where it never changes.
    swapped_below, swapped_above : rows of two groups that are level there, the one ahead today first; None where
        nothing changes.
    """

    branch: int
    weight: float
    lowest: float
    highest: float
    swapped_below: tuple[int, int] | None
    swapped_above: tuple[int, int] | None


def stable_ranges(indices: np.ndarray, weights: np.ndarray) -> list[StableRange]:
    """How far each branch's weight can move, the others rescaled in proportion, before two groups change places.

    With weight t on a branch, a group's index is t x its index on the branch + (1 - t) x its index on the others: a
    straight line in t. Two groups change places where their lines cross, which is solved exactly. Groups that are
    level today, but not on every branch, are parted by any move: their range is a point.

    Parameters
    ----------
    indices : ndarray, shape (groups, branches)
        Index of each group on each branch, 0 to 100; finite.
    weights : ndarray, shape (branches,)
        Of at least two branches; positive, with sum 1.

    Returns
    -------
    list of StableRange, one a branch

    Raises
    ------
    ValueError
        For shapes that do not fit, an index that is not finite, weights that are not positive with sum 1.
    """
    indices, weights = np.asarray(indices, dtype=float), np.asarray(weights, dtype=float)
    if indices.ndim != 2 or weights.shape != indices.shape[1:] or len(weights) < 2:
        raise ValueError(f"indices of shape {indices.shape} do not fit weights of shape {weights.shape}")
    if not np.isfinite(indices).all():
        raise ValueError("an index is not finite: leave out groups without data on a branch")
    if not ((weights > 0).all() and abs(weights.sum() - 1) <= 1e-9):
        raise ValueError(f"weights must be positive and sum to 1: {weights.tolist()}")
    overall = indices @ weights
    order = np.argsort(-overall, kind="stable")
    ahead, behind = (order[place] for place in np.triu_indices(len(order), 1))
    lead = overall[ahead] - overall[behind]
    found = []
    for branch, weight in enumerate(weights.tolist()):
        others = (overall - weight * indices[:, branch]) / (1 - weight)
        slope = indices[:, branch] - others
        closing = slope[behind] - slope[ahead]
        parting = np.abs(closing) > PARALLEL * np.abs(indices).max(initial=0.0)
        crossing = weight + np.divide(lead, closing, out=np.full(lead.shape, np.inf), where=parting)
        level_below = np.where((crossing >= 0) & (crossing <= weight), crossing, -np.inf)
        level_above = np.where((crossing >= weight) & (crossing <= 1), crossing, np.inf)
        lowest, below = _first(level_below, np.argmax, 0.0, ahead, behind)
        highest, above = _first(level_above, np.argmin, 1.0, ahead, behind)
        found.append(StableRange(branch, weight, lowest, highest, below, above))
    return found


def _first(crossing, nearest, end: float, ahead, behind) -> tuple[float, tuple[int, int] | None]:
    """The nearest crossing and its two groups; the end of the scale where there is none."""
    if not np.isfinite(crossing).any():
        return end, None
    place = nearest(crossing)
    return float(crossing[place]), (int(ahead[place]), int(behind[place]))
