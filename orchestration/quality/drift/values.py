"""The population stability index (PSI) of lifetime values, on bins that the base release fixes.

Source: Siddiqi, Credit Risk Scorecards (2006); 0.25 is its customary limit of a major shift.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.quality.drift.allowance import grown

DECILES = [tenth / 10 for tenth in range(1, 11)]  # and the highest
NARROW = 0.01  # of a value: a mass that moves by a cent stays in its bin
CHANCE = 0.001
# The limit grows to so many times itself: after a year, values of a company that changes as companies do differ by a
# PSI of .44 at most (tests/quality/drifting.py, 300 and 5,000 customers, also one that doubles each year).
MOST_TIMES = 2
# Times as large or as small as it was, that the mean may be: the few at the top can be ten times as much within a bin.
MOST_OF_MEAN = 3


@dataclass(frozen=True)
class Shift:
    """PSI, its limit, and the bins that moved most, as sentences."""

    psi: float
    limit: float
    bins: list[str]


def edges_sql(source: str) -> str:
    """SELECT of the deciles of `clv` in a relation and its highest, as one list of values that occur."""
    return f"select quantile_disc(clv, {DECILES}) from {source} where clv is not null"


def counts_sql(source: str, edges: Sequence[float]) -> str:
    """SELECT of bin and customers; bin i holds values above edge i - 1, up to edge i."""
    number = " + ".join(f"cast(clv > {edge} as int)" for edge in edges)
    return f"select {number} as bin, count(*) from {source} where clv is not null group by bin"


def mean_sql(source: str) -> str:
    """SELECT of the mean of `clv` in a relation."""
    return f"select avg(clv) from {source}"


def mean_moved(before: float | None, now: float | None) -> float | None:
    """How many times as large the mean is; None where one is not above 0, which the bins show."""
    return now / before if before and now and before > 0 and now > 0 else None


def is_other_mean(times: float | None) -> bool:
    return times is not None and not 1 / MOST_OF_MEAN <= times <= MOST_OF_MEAN


def bin_edges(deciles: Sequence[float]) -> list[float]:
    """Upper ends of all bins but the last, ascending, from the deciles and the highest.

    One is at 0, so that it shows when all are worth nothing, and one at twice the highest, above which nobody is on an
    ordinary day: there the top shows. The others lie a hundredth above their decile, and those within that are one.
    """
    *inner, highest = map(float, deciles)
    found: list[float] = []
    for value in sorted({0.0, *inner}):
        if not found or value > found[-1]:
            found.append(value + NARROW * abs(value))
    top = highest + abs(highest)
    return [*found, top] if top > found[-1] else found


def shift(before: Sequence[int], after: Sequence[int], edges: Sequence[float], threshold: float, days: int) -> Shift:
    """PSI between two counts by bin.

    Parameters
    ----------
    before, after : sequences of int, one entry a bin
    edges : sequence of float
        Upper ends of all bins but the last.
    threshold : float
        Limit per 30 days, and half of the largest.
    days : int
        Since the base release.

    Notes
    -----
    Under no change PSI / (1/n + 1/m) is about chi-square with bins - 1 degrees of freedom; the limit is never below its
    99.9 % point, which matters for fewer than some 200 customers.
    """
    from scipy.special import chdtri

    bins = len(before)
    total_before, total_after = sum(before), sum(after)
    if not total_before or not total_after or bins < 2:
        return Shift(0.0, threshold, [])
    # Half a customer in each bin: an empty one would make the index infinite.
    shares = [
        ((was + 0.5) / (total_before + bins / 2), (now + 0.5) / (total_after + bins / 2))
        for was, now in zip(before, after, strict=True)
    ]
    parts = [(now - was) * math.log(now / was) for was, now in shares]
    noise = float(chdtri(bins - 1, CHANCE)) * (1 / total_before + 1 / total_after)
    most = sorted(range(bins), key=lambda index: -parts[index])[:2]
    told = [f"{_named(index, edges)}: {shares[index][0]:.0%} before, {shares[index][1]:.0%} now" for index in most]
    return Shift(sum(parts), max(grown(threshold, days, MOST_TIMES * threshold), noise), told)


def _named(index: int, edges: Sequence[float]) -> str:
    if index == len(edges):
        return f"above {edges[-1]:,.2f}"
    return f"up to {edges[index]:,.2f}" if index == 0 else f"{edges[index - 1]:,.2f} to {edges[index]:,.2f}"
