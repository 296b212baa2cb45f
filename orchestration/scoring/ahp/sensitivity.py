"""Sensitivity: how far a top-level weight can move before the ranking of groups changes (methods §6.9)."""

from dataclasses import dataclass

import numpy as np

# What is smaller than this share of the largest index is rounding.
LEVEL = 1e-12


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


def stable_ranges(scores: np.ndarray, weights: np.ndarray, branches: np.ndarray) -> list[StableRange]:
    """How far each branch's weight can move, the others rescaled in proportion, before two groups change places.

    The index of a group is that of scoring/quality.py: weight x score over the leaves that it has, divided by their
    weight. With weight t on a branch both sums are straight lines in t, and two groups change places where the
    quadratic n_a d_b - n_b d_a changes its sign, which is solved exactly. Groups that are level today, but not at every
    t, are parted by any move: their range is a point. That a group's coverage moves with t is left aside.

    Parameters
    ----------
    scores : ndarray, shape (groups, leaves)
        0 to 100; NaN where a group lacks the leaf. Each group has one at least.
    weights : ndarray, shape (leaves,)
        Positive, with sum 1.
    branches : ndarray of int, shape (leaves,)
        The branch of each leaf, from 0 on; at least two.

    Returns
    -------
    list of StableRange, one a branch

    Raises
    ------
    ValueError
        For shapes that do not fit, infinite scores, a group without any, weights that are not positive with sum 1.
    """
    scores, weights, branches = np.asarray(scores, float), np.asarray(weights, float), np.asarray(branches)
    if scores.ndim != 2 or not weights.shape == branches.shape == scores.shape[1:] or len(set(branches)) < 2:
        raise ValueError(f"scores of shape {scores.shape} do not fit weights of shape {weights.shape} and two branches")
    has = ~np.isnan(scores)
    if np.isinf(scores).any() or not has.any(axis=1).all():
        raise ValueError("a score is not finite, or a group has none")
    if not ((weights > 0).all() and abs(weights.sum() - 1) <= 1e-9):
        raise ValueError(f"weights must be positive and sum to 1: {weights.tolist()}")
    present = has * weights
    weighted = present * np.nan_to_num(scores)
    order = np.argsort(-weighted.sum(axis=1) / present.sum(axis=1), kind="stable")
    ahead, behind = (order[place] for place in np.triu_indices(len(order), 1))
    found = []
    for branch in range(branches.max() + 1):
        own = branches == branch
        weight = float(weights[own].sum())
        of_own, of_others = (
            np.stack([weighted[:, some].sum(axis=1), present[:, some].sum(axis=1)]) / weights[some].sum()
            for some in (own, ~own)
        )
        # A group with leaves on one side only has the same index at any t.
        of_own, of_others = np.where(of_own[1] > 0, of_own, of_others), np.where(of_others[1] > 0, of_others, of_own)
        now, slope = weight * of_own + (1 - weight) * of_others, of_own - of_others
        below, above = _sign_changes(now[:, ahead], slope[:, ahead], now[:, behind], slope[:, behind])
        below, above = np.where(below >= -weight, below, -np.inf), np.where(above <= 1 - weight, above, np.inf)
        lowest, swapped_below = _first(weight + below, np.argmax, 0.0, ahead, behind)
        highest, swapped_above = _first(weight + above, np.argmin, 1.0, ahead, behind)
        found.append(StableRange(branch, weight, lowest, highest, swapped_below, swapped_above))
    return found


def _sign_changes(now_a, slope_a, now_b, slope_b) -> tuple[np.ndarray, np.ndarray]:
    """How far below and above today's weight a leaves off leading b; infinite where it never does.

    Each argument holds numerator and denominator of the indices, shape (2, pairs), as lines in the move of the weight.
    """
    square = slope_a[0] * slope_b[1] - slope_b[0] * slope_a[1]
    linear = now_a[0] * slope_b[1] + slope_a[0] * now_b[1] - now_b[0] * slope_a[1] - slope_b[0] * now_a[1]
    constant = now_a[0] * now_b[1] - now_b[0] * now_a[1]
    nothing = LEVEL * max(np.abs(now_a[0]).max(initial=0.0), np.abs(now_b[0]).max(initial=0.0))
    square, linear, constant = (np.where(np.abs(one) > nothing, one, 0.0) for one in (square, linear, constant))
    discriminant = linear**2 - 4 * square * constant
    # Where it is zero the two touch, and do not change places.
    touches = discriminant <= LEVEL * linear**2
    half = -(linear + np.where(linear < 0, -1, 1) * np.sqrt(np.maximum(discriminant, 0))) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.stack([half / square, constant / half])
    roots = np.where(np.isnan(roots) | touches, np.inf, roots)
    below = np.where(roots < 0, roots, -np.inf).max(axis=0, initial=-np.inf)
    above = np.where(roots > 0, roots, np.inf).min(axis=0, initial=np.inf)
    is_level = (constant == 0) & ((linear != 0) | (square != 0))
    return np.where(is_level, 0.0, below), np.where(is_level, 0.0, above)


def _first(crossing, nearest, end: float, ahead, behind) -> tuple[float, tuple[int, int] | None]:
    """The nearest crossing and its two groups; the end of the scale where there is none."""
    if not np.isfinite(crossing).any():
        return end, None
    place = nearest(crossing)
    return float(crossing[place]), (int(ahead[place]), int(behind[place]))
