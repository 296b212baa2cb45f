"""The law of what each history brings: survival functions of its order days and of its spend ahead, in tables.

Who is alive has a law that depends on frequency x and age T alone, and smoothly; recency enters by P(alive) only:

    P(N > n | x, t_x, T) = P(alive | x, t_x, T) * S_xT(n)

S is tabled on few ages for each x, and read by linear interpolation; to some tens of ages it is exact. Spend ahead is
the sum of N orders of a customer with x repeats of mean m, each Gamma(p, nu), nu Gamma(p x + q, gamma + x m) given the
history, so that in units of gamma + x m it is W = beta prime(p N, p x + q), whose law depends on x and T alone again.
Parameters that are uncertain make S and P(alive) a mean over points (see `plausible`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.plausible import Point

EXACT_FREQUENCIES = 40  # up to here each frequency has tables of its own
# A step between tables moves the law by at most this many of its standard deviations: the bend of a normal law is
# 0.24 at most, so that a probability between two tables is off by 0.24 * 0.2^2 / 8 = 0.0012 at most.
STEP = 0.2
COARSE_STEP = 0.5  # of the number of orders, in the law of spend: its own width hides it
REST = 0.1  # share of the tail beyond the interval that the tables may leave out
SMALLEST_CHANCE = 1e-9  # of being alive; who is less surely so brings nothing in any interval
LEVELS = 96  # of spend, of equal ratios


@dataclass(frozen=True)
class Block:
    """Histories with the same frequency or, beyond `EXACT_FREQUENCIES`, with neighbouring ones.

    rows : ndarray of int, shape (cells,)
        Their places in the histogram.
    orders : Survival
        At 0, 1, ... order days.
    spend : Survival or None
        At `levels`.
    levels : ndarray or None
        Spend in units of gamma + x m, from 0 up.
    """

    rows: np.ndarray
    orders: "Survival"
    spend: "Survival | None"
    levels: np.ndarray | None


@dataclass(frozen=True)
class Survival:
    """P(more than the k-th level) of each history, as a weighted sum of rows of a table that fall along k.

    table : ndarray, shape (rows, levels)
    corners : ndarray of int, shape (corners, cells)
        Rows that enter.
    shares : ndarray, shape (corners, cells)
        Their weights, P(alive) included.
    """

    table: np.ndarray
    corners: np.ndarray
    shares: np.ndarray

    def at(self, level: np.ndarray) -> np.ndarray:
        """Of each history at its own level, shape (cells,)."""
        total = np.zeros(len(level))
        for corner, share in zip(self.corners, self.shares, strict=True):
            total += share * self.table[corner, level]
        return total

    def first_below(self, chance: float) -> np.ndarray:
        """The first level whose survival is at most `chance`, the last one where there is none; shape (cells,)."""
        low = np.zeros(self.corners.shape[1], np.intp)
        high = np.full(len(low), self.table.shape[1] - 1)
        while (low < high).any():
            middle = (low + high) // 2
            is_below = self.at(middle) <= chance
            high = np.where(is_below, middle, high)
            low = np.where(is_below, low, np.minimum(middle + 1, high))
        return low


def blocks(points: list[Point], histogram: Histogram, days: float, tail: float) -> Iterator[Block]:
    """Laws of all histories, block by block.

    Parameters
    ----------
    points : list of Point
        With a spend model each, or without one each.
    histogram : Histogram
    days : float
        Ahead; above 0.
    tail : float
        Least survival that will be looked for; the tables end where it is far less.

    Yields
    ------
    Block
        Each row of the histogram is in one.
    """
    alive = np.stack([point.model.p_alive(histogram) for point in points])
    number = _steps(histogram.frequency, STEP)
    order = np.argsort(number, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(number[order])) + 1):
        yield _block(points, histogram, rows, alive[:, rows], days, tail)


def _block(points, histogram: Histogram, rows, alive, days: float, tail: float) -> Block:
    frequency, age = histogram.frequency[rows], histogram.age[rows]
    ends = np.unique([frequency.min(), frequency.max()])
    ages, before, towards = _ages(points[0].model, ends[-1], age)
    # Corners: for each point both ends of the frequencies, and of each the ages around.
    corners, shares, first = [], [], 0
    across = (frequency - ends[0]) / (ends[-1] - ends[0]) if len(ends) > 1 else np.zeros(len(rows))
    for point, certain in zip(points, alive, strict=True):
        for by_end in (1 - across, across)[: len(ends)]:
            corners += [first + before, first + np.minimum(before + 1, len(ages) - 1)]
            shares += [point.weight * certain * by_end * (1 - towards), point.weight * certain * by_end * towards]
            first += len(ages)
    corners, shares = np.stack(corners), np.stack(shares)
    needed = np.array([share.any() for share in shares])
    corners, shares = corners[needed], shares[needed]
    if not needed.any():
        corners, shares = np.zeros((1, len(rows)), np.intp), np.zeros((1, len(rows)))

    grid = Histogram(
        np.repeat(ends, len(ages)),
        np.concatenate([np.where(end > 0, 1, 0) * ages for end in ends]),
        np.tile(ages, len(ends)),
        np.ones(len(ends) * len(ages), int),
        histogram.days_per_unit,
    )
    chances = _chances_if_alive(points, grid, days, tail * REST)
    table = np.maximum(1 - np.cumsum(chances, axis=1), 0.0)
    orders = Survival(table, corners, shares)
    if points[0].spend is None:
        return Block(rows, orders, None, None)
    levels = _levels(points[0].spend, ends, table.shape[1] - 1)
    parts = []
    for number, point in enumerate(points):
        for place, end in enumerate(ends):
            start = (number * len(ends) + place) * len(ages)
            parts.append(_spend_survival(points[0].spend, point.spend, end, chances[start : start + len(ages)], levels))
    return Block(rows, orders, Survival(np.concatenate(parts), corners, shares), levels)


def _steps(values: np.ndarray, step: float) -> np.ndarray:
    """Whole numbers that tell values apart up to `EXACT_FREQUENCIES`, and `step` roots of the value beyond."""
    beyond = np.sqrt(np.maximum(values, EXACT_FREQUENCIES)) - np.sqrt(EXACT_FREQUENCIES)
    return np.where(values <= EXACT_FREQUENCIES, values, EXACT_FREQUENCIES + 1 + beyond * 2 // step).astype(np.intp)


def _ages(model, frequency: float, age: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ages to table, and for each history the one before its own and the share of the way to the next.

    Of the order of 1 / (alpha + T) is the mean; its share that is a standard deviation is 1 / sqrt(x) at least.
    """
    offset = min(value for name, value in zip(model.names, model.parameters, strict=True) if name in ("alpha", "beta"))
    step = STEP / np.sqrt(max(frequency, 1.0))
    distinct, place = np.unique(age, return_inverse=True)
    steps = int(min(np.log((offset + distinct[-1]) / (offset + distinct[0])) / step, len(distinct))) + 1
    if steps + 1 >= len(distinct):
        return distinct, place, np.zeros(len(age))
    logs = np.linspace(np.log(offset + distinct[0]), np.log(offset + distinct[-1]), steps + 1)
    ages = np.maximum(np.exp(logs) - offset, distinct[0])
    position = np.clip((np.log(offset + distinct) - logs[0]) / (logs[1] - logs[0]), 0, steps - 1e-9)
    before = position.astype(np.intp)
    return ages, before[place], (position - before)[place]


def _chances_if_alive(points: list[Point], grid: Histogram, days: float, rest: float) -> np.ndarray:
    """P(n orders) for who is alive, of each point and row of the grid; shape (points * rows, highest + 1).

    The columns go as far as all but `rest` of each row.
    """
    alive = np.stack([point.model.p_alive(grid) for point in points])
    expected = max(point.model.expected_orders(grid, days).max() for point in points)
    highest = int(8 + 2 * min(expected, 1e6))
    while True:
        parts = []
        for point, certain in zip(points, alive, strict=True):
            chances = point.model.order_probabilities(grid, days, highest)
            chances[:, 0] -= 1 - certain
            chances /= np.maximum(certain, SMALLEST_CHANCE)[:, None]
            parts.append(np.where(certain[:, None] > SMALLEST_CHANCE, chances, 0.0))
        chances = np.concatenate(parts)
        chances[alive.ravel() <= SMALLEST_CHANCE, 0] = 1.0
        left = 1 - chances.sum(axis=1)
        if (left <= rest).all() or highest > 1e7:
            return chances
        highest *= 2


def _levels(spend, ends: np.ndarray, highest: int) -> np.ndarray:
    """0, and levels of equal ratios from the least of one order to the most of `highest` orders."""
    from scipy.special import betaincinv

    p, q, _ = spend.parameters
    least = betaincinv(p, p * ends[-1] + q, 0.002)
    most = betaincinv(p * max(highest, 1), p * ends[0] + q, 0.95)
    top = most / (1 - min(most, 1 - 1e-12))
    bottom = max(least / (1 - least), top * 1e-6)
    return np.concatenate(([0.0], np.geomspace(bottom, max(top, 1.01 * bottom), LEVELS)))


def _spend_survival(fitted, moved, frequency: float, chances: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """P(W > level) for who is alive, shape (ages, levels); orders beyond the last column spend as the last does.

    W is in units of the fitted gamma + x m; those of moved parameters are taken at the fitted population mean m.
    """
    from scipy.special import betainc

    highest = chances.shape[1] - 1
    numbers = np.arange(1, highest + 1)
    kept = np.unique(np.append(np.unique(_steps(numbers, COARSE_STEP), return_index=True)[1], highest - 1))
    p, q, gamma = moved.parameters
    past = frequency * (fitted.population_mean or fitted.parameters[2])
    unit = (gamma + past) / (fitted.parameters[2] + past)
    more = betainc(p * frequency + q, p * numbers[kept][:, None], 1 / (1 + levels / unit))
    # Each number of orders between two kept ones is shared out to them.
    weights = np.zeros((len(chances), len(kept)))
    after = np.searchsorted(kept, numbers - 1)
    before = np.maximum(after - 1, 0)
    width = np.maximum(kept[after] - kept[before], 1)
    share = np.where(after > before, (numbers - 1 - kept[before]) / width, 1.0)
    ahead = chances[:, 1:].copy()
    ahead[:, -1] += np.maximum(1 - chances.sum(axis=1), 0.0)
    np.add.at(weights.T, after, (ahead * share).T)
    np.add.at(weights.T, before, (ahead * (1 - share)).T)
    return weights @ more
