"""The law of what each history brings: survival functions of its order days and of its spend ahead, in tables.

Who is alive has a law that depends on frequency x and age T alone, and smoothly; recency enters by P(alive) only:

    P(N > n | x, t_x, T) = P(alive | x, t_x, T) * S_xT(n)

S is tabled on few ages for each x, and read by linear interpolation; to some tens of ages it is exact. Spend ahead is
the sum of N orders of a customer with x repeats of mean m, each Gamma(p, nu), nu Gamma(p x + q, gamma + x m) given the
history, so that in units of gamma + x m it is W = beta prime(p N, p x + q), whose law depends on x and T alone again.
Parameters that are uncertain make S and P(alive) a mean over points (see `plausible`).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from orchestration.scoring.clv.count_model import CountModel
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.plausible import Point

EXACT_FREQUENCIES = 40  # up to here each frequency has tables of its own
# A step of h standard deviations of a customer's rate errs by h^2 / 8 times the bend of the law, 0.24 at most for a
# normal one: by 0.002 for ages. Measured (see the tests): 0.003 at most, and one end in 50 at most is off by one.
AGE_STEP = 0.25
FREQUENCY_STEP = 0.5  # where orders are many, so that being off by one matters less
EXACT_ORDERS, ORDERS_STEP = 12, 0.5  # the same for numbers of orders in the law of spend, which is wider still
REST = 0.25  # share of the tail beyond the interval that the tables may leave out
SMALLEST_CHANCE = 1e-9  # of being alive; who is less surely so brings nothing in any interval
LEVELS = 64  # of spend, of equal ratios


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
    models = list(dict.fromkeys(point.model for point in points))
    alive = np.stack([model.p_alive(histogram) for model in models])
    number = _steps(histogram.orders, EXACT_FREQUENCIES, FREQUENCY_STEP)
    order = np.argsort(number, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(number[order])) + 1):
        yield _block(points, models, histogram, rows, alive[:, rows], days, tail)


def _block(points, models, histogram: Histogram, rows, alive, days: float, tail: float) -> Block:
    frequency, age = histogram.frequency[rows], histogram.age[rows]
    ends = np.unique([frequency.min(), frequency.max()])
    ages, before, towards = _ages(points[0].model, ends[-1], age)
    across = (frequency - ends[0]) / (ends[-1] - ends[0]) if len(ends) > 1 else np.zeros(len(rows))
    after = np.minimum(before + 1, len(ages) - 1)
    # The corners around each history: both ends of the frequencies, and of each the ages before and after.
    corners, near = [], []
    for place, by_end in enumerate((1 - across, across)[: len(ends)]):
        corners += [place * len(ages) + before, place * len(ages) + after]
        near += [by_end * (1 - towards), by_end * towards]
    needed = [share.any() for share in near]
    corners, near = np.stack(corners)[needed], np.stack(near)[needed]

    grid = Histogram(
        np.repeat(ends, len(ages)),
        np.concatenate([ages if end else np.zeros(len(ages)) for end in ends]),
        np.tile(ages, len(ends)),
        np.ones(len(ends) * len(ages), int),
        histogram.days_per_unit,
    )
    chances = _chances_if_alive(models, grid, days, tail * REST)

    def survival(tables: list[np.ndarray], weighted: list[tuple[float, int]]) -> Survival:
        """The weighted mean of tables, each with the P(alive) of its model."""
        size = len(grid)
        return Survival(
            np.concatenate(tables),
            np.concatenate([corners + number * size for number in range(len(tables))]),
            np.concatenate([near * (weight * alive[model]) for weight, model in weighted]),
        )

    weight_of = {model: sum(point.weight for point in points if point.model == model) for model in models}
    orders = survival(
        [np.maximum(1 - np.cumsum(table, axis=1), 0.0) for table in chances],
        [(weight_of[model], number) for number, model in enumerate(models)],
    )
    if points[0].spend is None:
        return Block(rows, orders, None, None)
    fitted = points[0].spend
    levels = _levels(fitted, ends, chances.shape[2] - 1)
    place = {model: number for number, model in enumerate(models)}
    tables, more = [], {}
    for point in points:
        by_age = chances[place[point.model]].reshape(len(ends), len(ages), -1)
        for end, table in zip(ends, by_age, strict=True):
            if (point.spend, end) not in more:
                more[point.spend, end] = _more_spent(fitted, point.spend, end, table.shape[1] - 1, levels)
        tables.append(
            np.concatenate([_mixed(table, *more[point.spend, end]) for end, table in zip(ends, by_age, strict=True)])
        )
    spends = survival(tables, [(point.weight, place[point.model]) for point in points])
    return Block(rows, orders, spends, levels)


def _steps(values: np.ndarray, exact: int, step: float) -> np.ndarray:
    """Whole numbers that tell values apart up to `exact`, and steps of `step` roots of the value beyond."""
    beyond = 2 * (np.sqrt(np.maximum(values, exact)) - np.sqrt(exact))
    return np.where(values <= exact, values, exact + 1 + beyond // step).astype(np.intp)


def _ages(model, frequency: float, age: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ages to table, and for each history the one before its own and the share of the way to the next.

    Of the order of 1 / (alpha + T) is the mean; its share that is a standard deviation is 1 / sqrt(x) at least.
    """
    offset = min(value for name, value in zip(model.names, model.parameters, strict=True) if name in ("alpha", "beta"))
    step = AGE_STEP / np.sqrt(max(frequency, 1.0))
    distinct, place = np.unique(age, return_inverse=True)
    steps = int(min(np.log((offset + distinct[-1]) / (offset + distinct[0])) / step, len(distinct))) + 1
    if steps + 1 >= len(distinct):
        return distinct, place, np.zeros(len(age))
    logs = np.linspace(np.log(offset + distinct[0]), np.log(offset + distinct[-1]), steps + 1)
    ages = np.maximum(np.exp(logs) - offset, distinct[0])
    position = np.clip((np.log(offset + distinct) - logs[0]) / (logs[1] - logs[0]), 0, steps - 1e-9)
    before = position.astype(np.intp)
    return ages, before[place], (position - before)[place]


def _chances_if_alive(models: list[CountModel], grid: Histogram, days: float, rest: float) -> np.ndarray:
    """P(n orders) for who is alive, n = 0, 1, ..., shape (models, rows, numbers).

    Numbers beyond which lies no more than `rest` count as the last one before.
    """
    scale = dict(zip(models[0].names, models[0].parameters, strict=True))
    shape = scale["r"] + grid.frequency
    mean = shape / (scale["alpha"] + grid.age) * (days / grid.days_per_unit)
    # Of who never stops. A day counts once: there are no more order days than days, whatever the rate.
    reach = np.minimum(3 + mean + 2.2 * np.sqrt(mean + mean**2 / shape), math.ceil(days))
    # The young are expected to order many times as often as the old: tables of each width by themselves.
    width = np.log(reach.max() / reach) // np.log(4)
    parts = []
    for rows in (np.flatnonzero(width == each) for each in np.unique(width)):
        parts.append((rows, _chances_to(models, grid.rows(rows), days, rest, math.ceil(reach[rows].max()))))
    chances = np.zeros((len(models), len(grid), max(part.shape[2] for _, part in parts)))
    for rows, part in parts:
        chances[:, rows, : part.shape[2]] = part
    return chances


def _chances_to(models: list[CountModel], grid: Histogram, days: float, rest: float, highest: int) -> np.ndarray:
    alive = np.stack([model.p_alive(grid) for model in models])[..., None]
    while True:
        chances = np.stack([model.order_probabilities(grid, days, highest) for model in models])
        chances[:, :, :1] -= 1 - alive
        chances = np.where(alive > SMALLEST_CHANCE, chances / np.maximum(alive, SMALLEST_CHANCE), 0.0)
        chances[:, :, :1] += alive <= SMALLEST_CHANCE
        left = 1 - np.cumsum(chances, axis=2).min(axis=(0, 1))
        if left[-1] <= rest or highest == math.ceil(days):
            chances = chances[:, :, : max(int((left > rest).sum()), 1) + 1]
            # Who would order more often is put with who orders most.
            chances[:, :, -1] += np.maximum(1 - chances.sum(axis=2), 0.0)
            return chances
        highest = min(highest * 3 // 2, math.ceil(days))


def _levels(spend, ends: np.ndarray, highest: int) -> np.ndarray:
    """0, and levels of equal ratios from the least of one order to the most of `highest` orders."""
    from scipy.special import betaincinv

    p, q, _ = spend.parameters
    least = betaincinv(p, p * ends[-1] + q, 0.002)
    most = betaincinv(p * max(highest, 1), p * ends[0] + q, 0.95)
    top = most / (1 - min(most, 1 - 1e-12))
    bottom = max(least / (1 - least), top * 1e-6)
    return np.concatenate(([0.0], np.geomspace(bottom, max(top, 1.01 * bottom), LEVELS)))


def _more_spent(fitted, moved, frequency: float, highest: int, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Some numbers of orders from 1 to `highest`, and P(W > level | n) of each, shape (numbers, levels).

    W is in units of the fitted gamma + x m; those of moved parameters are taken at the fitted population mean m.
    """
    from scipy.special import betainc

    numbers = np.arange(1, highest + 1)
    numbers = numbers[np.unique(_steps(numbers, EXACT_ORDERS, ORDERS_STEP), return_index=True)[1]]
    numbers = np.unique(np.append(numbers, highest))
    p, q, gamma = moved.parameters
    past = frequency * (fitted.population_mean or fitted.parameters[2])
    unit = (gamma + past) / (fitted.parameters[2] + past)
    return numbers, betainc(p * frequency + q, p * numbers[:, None], 1 / (1 + levels / unit))


def _mixed(chances: np.ndarray, numbers: np.ndarray, more: np.ndarray) -> np.ndarray:
    """P(W > level) for who is alive, shape (ages, levels)."""
    ahead = chances[:, 1:]
    # What is known of some numbers of orders is known of those between them, linearly.
    between = np.zeros((len(numbers), ahead.shape[1]))
    every = np.arange(1, ahead.shape[1] + 1)
    after = np.searchsorted(numbers, every)
    before = np.maximum(after - 1, 0)
    way = np.where(after > before, (every - numbers[before]) / np.maximum(numbers[after] - numbers[before], 1), 1.0)
    between[after, every - 1] = way
    between[before, every - 1] += 1 - way
    return (ahead @ between.T) @ more
