"""From several experts to one group, and how far their opinions lie apart.

Two ways, both by weighted geometric means. Aggregation of judgements (AIJ) pools the comparisons, then weighs: the
group judges as one. Aggregation of priorities (AIP) weighs each expert alone, then pools the weights: the experts stay
individuals (Forman and Peniwati, 1998, European Journal of Operational Research 108: 165-169; methods §6.5).
"""

from collections.abc import Sequence

import numpy as np

AGGREGATIONS = ("judgements", "priorities")


def aggregate_judgements(matrices: Sequence[np.ndarray], influence: Sequence[float] | None = None) -> np.ndarray:
    """The group's matrix: of each pair, the geometric mean over the experts who judged it.

    Parameters
    ----------
    matrices : sequence of ndarray, each of shape (n, n)
        Holes are NaN.
    influence : sequence of float, optional
        Positive, one an expert; equal by default.

    Returns
    -------
    ndarray, shape (n, n)
        Reciprocal; NaN where nobody judged the pair.
    """
    logs = np.log(matrices)
    shares = np.where(np.isnan(logs), 0.0, _column(influence, len(logs))[:, :, None])
    judged = shares.sum(axis=0)
    pooled = (shares * np.nan_to_num(logs)).sum(axis=0)
    return np.exp(np.divide(pooled, judged, out=np.full(judged.shape, np.nan), where=judged > 0))


def aggregate_priorities(weights: np.ndarray, influence: Sequence[float] | None = None) -> np.ndarray:
    """The group's weights: geometric mean over the experts' own weights, normalised to sum 1.

    Parameters
    ----------
    weights : ndarray, shape (experts, n)
    influence : sequence of float, optional

    Returns
    -------
    ndarray, shape (n,)
    """
    raw = np.exp(np.average(np.log(weights), axis=0, weights=influence))
    return raw / raw.sum()


def spread(weights: np.ndarray, influence: Sequence[float] | None = None) -> np.ndarray:
    """Spread of opinion: the geometric standard deviation of each item's weight over the experts.

    A factor, 1 at least: 1 where all agree, 2 where an expert's weight typically is double or half the geometric mean.
    Experts are the whole panel, not a sample of one, so the squares are averaged. It goes with weights that are pooled
    by geometric means. Source: Kirkwood (1979), Biometrics 35: 908-909.

    Parameters
    ----------
    weights : ndarray, shape (experts, n)
        Positive.
    influence : sequence of float, optional

    Returns
    -------
    ndarray, shape (n,)
    """
    logs = np.log(weights)
    squares = (logs - np.average(logs, axis=0, weights=influence)) ** 2
    return np.exp(np.sqrt(np.average(squares, axis=0, weights=influence)))


def _column(influence: Sequence[float] | None, experts: int) -> np.ndarray:
    return np.ones((experts, 1)) if influence is None else np.array(influence, dtype=float)[:, None]
