"""Intervals of each history's order days and value, and how well such predictions describe what came.

A central interval leaves at most half of the rest on each side. Order days are whole numbers, so that it covers
its share at least, and often far more: where nothing at all is likely, [0, 0] alone does. Whether the laws are right is
therefore asked of the randomised probability integral transform (Smith 1985), which is uniform if and only if they are.
"""

import math
from dataclasses import dataclass

import numpy as np

from orchestration.errors import UserError
from orchestration.scoring.clv.gamma_gamma import GammaGamma
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.plausible import Point
from orchestration.scoring.clv.predictive import blocks

SHARE = 0.8
TRIED = 100  # customers on whom is tried whether the parameters' uncertainty matters
NEGLIGIBLE = 0.01  # it is left out where it moves at most one end in 100 by more than 1 %
TABLE = 2**20  # chances in memory at a time


@dataclass(frozen=True)
class Intervals:
    """What each history of a histogram brings, from low to high.

    share : float
        Of the predictive law that lies within, at least.
    orders_low, orders_high : ndarray of int, shape (cells,)
        Order days. Exact where a frequency comes with some tens of ages at most; else the chance beyond an end is
        within 0.0033 of half of the rest, and at most one end in 50 is off by one.
    spend_low, spend_high : ndarray, shape (cells,), or None
        Spend ahead, not discounted, of a customer with x repeats of mean m, as a multiple of gamma + x m. See
        `value_of`.
    points : int
        Sets of parameters over which the law is averaged; 1 where their uncertainty moves nothing that is seen.
    """

    share: float
    orders_low: np.ndarray
    orders_high: np.ndarray
    spend_low: np.ndarray | None
    spend_high: np.ndarray | None
    points: int


def intervals(
    fitted: Point, histogram: Histogram, days: float, around: list[Point] | None = None, share: float = SHARE
) -> Intervals:
    """Central intervals from the customers' own randomness and the uncertainty of the parameters.

    Parameters
    ----------
    fitted : Point
        The models; without one of spend there are no intervals of spend.
    histogram : Histogram
    days : float
        Ahead; above 0.
    around : list of Point, optional
        What stands for the uncertainty, see `plausible`; None: the parameters are certain.
    share : float
        Between 0 and 1.

    Returns
    -------
    Intervals

    Raises
    ------
    UserError
        When the share or the days cannot be.
    """
    if not (0 < share < 1 and math.isfinite(days) and days > 0):
        raise UserError(
            f"share is {share}, days {days}; the share must lie between 0 and 1, days above 0", where="clv intervals"
        )
    if around is None or _moves_nothing(around, [fitted], histogram.sample(TRIED), days, share):
        around = [fitted]
    return _intervals(around, histogram, days, share)


def value_of(
    multiple: np.ndarray, spend: GammaGamma, frequency: np.ndarray, mean: np.ndarray, margin: float, discounting
) -> np.ndarray:
    """A bound of a customer's value, from that of its history's spend: multiple * (gamma + x m) * margin * discounting.

    Parameters
    ----------
    multiple : ndarray, shape (customers,)
        `spend_low` or `spend_high` of the customer's history.
    spend : GammaGamma
    frequency, mean : ndarray, shape (customers,)
        Repeats, and mean spend on these; the mean of a customer without repeats is not looked at.
    margin : float
    discounting : float or ndarray, shape (customers,)
        Discounted orders of the history over its expected orders.

    Returns
    -------
    ndarray, shape (customers,)
    """
    past = np.where(np.asarray(frequency) > 0, frequency * np.maximum(mean, 0.0), 0.0)
    return multiple * (spend.parameters[2] + past) * margin * discounting


def chances(points: list[Point], histogram: Histogram, days: float, orders: np.ndarray) -> tuple[np.ndarray, ...]:
    """P(fewer order days than came) and P(as many as came), without tables.

    Parameters
    ----------
    points : list of Point
    histogram : Histogram
        Histories before.
    days : float
        Ahead.
    orders : ndarray of int, shape (cells,)
        Order days of each customer of the history in these days.

    Returns
    -------
    tuple of two ndarray, shape (cells,)
    """
    orders = np.asarray(orders).astype(np.intp)
    if orders.shape != histogram.frequency.shape or (orders < 0).any():
        raise UserError("orders ahead must be 0 or more, one number for each history", where="clv hold-out")
    fewer, same = np.zeros(len(orders)), np.zeros(len(orders))
    by_orders = np.argsort(orders, kind="stable")
    first = 0
    while first < len(orders):
        # Rows of like numbers of orders together: as many columns as the last of them needs.
        last = min(first + TABLE // (1 + orders[by_orders[first]]) + 1, len(orders))
        while last - first > 1 and (last - first) * (1 + orders[by_orders[last - 1]]) > 2 * TABLE:
            last = first + (last - first) // 2
        rows = by_orders[first:last]
        here, place = histogram.rows(rows), np.arange(len(rows))
        for point in points:
            table = point.model.order_probabilities(here, days, int(orders[rows].max()))
            same[rows] += point.weight * table[place, orders[rows]]
            before = np.cumsum(table, axis=1)
            fewer[rows] += point.weight * np.where(orders[rows] > 0, before[place, orders[rows] - 1], 0.0)
        first = last
    return fewer, same


def randomised_transform(
    points: list[Point], histogram: Histogram, days: float, orders: np.ndarray, seed: int
) -> np.ndarray:
    """P(fewer orders than came) + U * P(as many as came): uniform on (0, 1) where the laws are right.

    Parameters
    ----------
    points, histogram, days, orders
        As of `chances`.
    seed : int
        Of U, which is uniform.

    Returns
    -------
    ndarray, shape (customers,)
        One number for each customer, those of a row together.
    """
    fewer, same = (np.repeat(part, histogram.counts) for part in chances(points, histogram, days, orders))
    return fewer + np.random.default_rng(seed).uniform(size=len(fewer)) * same


def _intervals(points: list[Point], histogram: Histogram, days: float, share: float) -> Intervals:
    tail = (1 - share) / 2
    orders = np.zeros((2, len(histogram)), np.int64)
    spends = np.zeros((2, len(histogram))) if points[0].spend is not None else None
    for block in blocks(points, histogram, days, tail):
        for side, chance in enumerate((1 - tail, tail)):
            orders[side, block.rows] = block.orders.first_below(chance)
            if spends is not None:
                spends[side, block.rows] = _between(block, chance)
    low, high = spends if spends is not None else (None, None)
    return Intervals(share, *orders, low, high, len(points))


def _between(block, chance: float) -> np.ndarray:
    """The level of spend at which the survival is `chance`, between two levels of the table; 0 where 0 suffices."""
    after = block.spend.first_below(chance)
    before = np.maximum(after - 1, 0)
    above, below = block.spend.at(before), block.spend.at(after)
    way = np.where(above > below, (above - chance) / np.where(above > below, above - below, 1.0), 0.0)
    start = block.levels[before]
    return start + np.clip(way, 0.0, 1.0) * (block.levels[after] - start)


def _moves_nothing(points: list[Point], alone: list[Point], histogram: Histogram, days: float, share: float) -> bool:
    """Whether hardly any end moves by more than `NEGLIGIBLE` of it when only the fitted parameters are taken."""
    wide, narrow = (_intervals(chosen, histogram, days, share) for chosen in (points, alone))
    for name in ("orders_low", "orders_high", "spend_low", "spend_high"):
        one, other = getattr(narrow, name), getattr(wide, name)
        if one is not None and np.mean(np.abs(one - other) > NEGLIGIBLE * one) > NEGLIGIBLE:
            return False
    return True
