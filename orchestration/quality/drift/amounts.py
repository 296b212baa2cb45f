"""Whether orders since the base release are of the size that orders are: an amount in another unit shows here.

Compared are means of logarithms: what is a hundred times as much moves them, one very large order does not.
"""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

BASELINE_DAYS = 56
JUDGED_DAYS = 28
LEAST_ORDERS = 20
SURE = 4.0  # standard errors


@dataclass(frozen=True)
class Logs:
    """Number, sum and sum of squares of the natural logarithms of amounts above 0."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def __add__(self, other: "Logs") -> "Logs":
        return Logs(self.count + other.count, self.total + other.total, self.squares + other.squares)

    @property
    def mean(self) -> float:
        return self.total / self.count

    @property
    def variance(self) -> float:
        return max(0.0, self.squares / self.count - self.mean**2)


@dataclass(frozen=True)
class Amounts:
    """Orders of the judged days and before; `factor` is how many times as large they are, None where too few."""

    first: dt.date
    judged: int
    before: int
    factor: float | None
    is_held: bool


def logs_sql(base: dt.date, as_of: dt.date) -> str:
    """SELECT of day, and the fields of `Logs`, of the days that may be judged and those before them."""
    begin = min(base, as_of - dt.timedelta(days=JUDGED_DAYS)) - dt.timedelta(days=BASELINE_DAYS - 1)
    return f"""
        select ordered_date, count(*), sum(ln(amount)), sum(ln(amount) * ln(amount))
        from facts.orders
        where is_counted and amount > 0 and ordered_date >= date '{begin}'
        group by ordered_date
    """


def judge(by_day: Mapping[dt.date, Logs], base: dt.date, as_of: dt.date, threshold: float) -> Amounts:
    """Held where orders since the base release are `threshold` times as large or as small as usual, surely.

    Where they are too few, those of days before are judged again too. What is usual is told by days up to the base
    release's: unpublished ones would make usual what is wrong for good.
    """
    day = dt.timedelta(days=1)
    longest = as_of - (JUDGED_DAYS - 1) * day
    first = max(base + day, longest)
    while (now := _pooled(by_day, first, as_of)).count < LEAST_ORDERS and first > longest:
        first -= day
    last = min(base, first - day)
    before = _pooled(by_day, last - (BASELINE_DAYS - 1) * day, last)
    if min(now.count, before.count) < LEAST_ORDERS:
        return Amounts(first, now.count, before.count, None, False)
    moved = now.mean - before.mean
    error = math.sqrt(max(now.variance, before.variance) * (1 / now.count + 1 / before.count))
    is_held = abs(moved) > max(math.log(threshold), SURE * error)
    return Amounts(first, now.count, before.count, math.exp(moved), is_held)


def _pooled(by_day: Mapping[dt.date, Logs], first: dt.date, last: dt.date) -> Logs:
    return sum((logs for day, logs in by_day.items() if first <= day <= last), Logs())
