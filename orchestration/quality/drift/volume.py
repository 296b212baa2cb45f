"""Whether as many events came as usual: by weekday, and of an export that grows against the one before it.

Events are counted by their own day, which is right for a growing export and for one file a day alike. Judged are the
days since the base release, so that what was held yesterday is judged again today with today's. Days without any event
are left to freshness: there a company that is closed promises how long it may be quiet.
"""

import datetime as dt
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

BASELINE_DAYS = 56  # eight of each weekday: half of them may be days of rest
JUDGED_DAYS = 28
LEAST_EVENTS = 30  # usual in the judged days: of fewer, a seventh is within four deviations of chance
HOLIDAYS_MOVE_DAYS = 20  # the lunar new year falls 10 or 11 days earlier than the year before, or 18 to 20 later
HOLIDAYS_LAST_DAYS = 10
BUSY = 5.0  # events a day
CALM_VARIANCE = 0.3684  # of the three quarters of a standard normal law that are nearest to 0
QUIET = 0.3  # of the usual: a feed at 15 % on a day twice as busy as usual
UNUSUAL = 4.0  # robust z
# An export grows if none of those before was smaller than its predecessor by more than this share.
SHRINKS = 0.05
GROWING_LOADS = 3
TRUNCATED = 0.5


@dataclass(frozen=True)
class Volume:
    """Events of the judged days, against what is usual on such weekdays; `z` is null where too little is usual.

    `usual_of_fed` is the part of `usual` of the days with any event. `has_season` says whether events of the same weeks
    a year ago are known, without which a holiday cannot be told from a file that was cut off.
    """

    first: dt.date
    last: dt.date
    observed: int
    usual: float
    usual_of_fed: float
    z: float | None
    has_season: bool
    is_quiet_season: bool

    @property
    def is_held(self) -> bool:
        """Some came, far fewer than usual, in a season that is known and was not quiet."""
        is_low = self.is_unusual and 0 < self.observed < QUIET * self.usual_of_fed
        return is_low and self.usual_of_fed >= LEAST_EVENTS / 2 and self.has_season and not self.is_quiet_season

    @property
    def is_unusual(self) -> bool:
        return self.z is not None and abs(self.z) > UNUSUAL

    def __str__(self) -> str:
        days = f"{self.first} to {self.last}" if self.first < self.last else f"{self.last}"
        told = f"{self.observed:,} events on {days}; {self.usual:,.0f} are usual on such weekdays"
        if self.z is None:
            return f"{told}, too few to judge by"
        told += f" (robust z {self.z:+.1f})"
        if not self.is_unusual:
            return told
        if not self.has_season:
            return f"{told}; this season of last year is not known, so nothing is held for it"
        if self.is_quiet_season:
            return f"{told}; last week, or these weeks of last year, had days as quiet: think of a holiday"
        return told


def needed_days(base: dt.date, newest: dt.date) -> list[tuple[dt.date, dt.date]]:
    """Spans of days, both ends included, whose counts `judge` needs: the last weeks, and the season a year ago."""
    first = _longest(newest)
    return [(_back(first, BASELINE_DAYS), newest), (_season(first)[0], _season(newest)[1])]


def judge(counts: Mapping[dt.date, int], base: dt.date, newest: dt.date, begin: dt.date) -> Volume | str:
    """Events of the days since the base release against the eight weeks before them.

    Where too few are usual in those days, days before them are judged again too: a small company's feed that has come
    short for a week is known by the week.

    Parameters
    ----------
    counts : mapping
        Events by day; a day that is not there had none.
    base : date
        Day of the base release.
    newest, begin : date
        Days of the last and of the first event that there is.

    Returns
    -------
    Volume, or a sentence where there is too little history.
    """
    first = max(_back(base, -1), _longest(newest))
    while (volume := _judged(counts, first, newest, begin)) and volume.z is None and first > _longest(newest):
        first = _back(first, 1)
    if volume is None:
        return f"not judged yet: less than {BASELINE_DAYS // 2} days of history to tell what is usual"
    return volume


def _judged(counts: Mapping[dt.date, int], first: dt.date, last: dt.date, begin: dt.date) -> Volume | None:
    days = _days(max(_back(first, BASELINE_DAYS), begin), _back(first, 1))
    if len(days) < BASELINE_DAYS // 2:
        return None
    usual, judged = _usual(counts, days), _days(first, last)
    expected = sum(usual[day.weekday()] for day in judged)
    observed = sum(counts.get(day, 0) for day in judged)
    noise = _deviation(counts, days, usual) * sum(max(1.0, usual[day.weekday()]) for day in judged) ** 0.5
    z = (observed - expected) / noise if expected >= LEAST_EVENTS else None
    of_fed = sum(usual[day.weekday()] for day in judged if counts.get(day, 0))
    season = _season(first)
    earlier = _days(max(season[0], begin), season[1]) if season[1] > begin else []
    is_quiet = _was_quiet(counts, days[-HOLIDAYS_LAST_DAYS - len(judged) :], usual, len(judged))
    is_quiet = is_quiet or _was_quiet(counts, earlier, _usual(counts, earlier), len(judged))
    return Volume(first, last, observed, expected, of_fed, z, season[0] >= begin, is_quiet)


def shrunk(newest_rows: int, earlier_rows: Sequence[int], is_whole: bool) -> float | None:
    """Rows of the newest load over those of the one before; None where its exports do not grow from load to load.

    Parameters
    ----------
    earlier_rows : sequence of int
        Of the loads that the base release was made from, in load order.
    is_whole : bool
        Whether each export is known to hold everything (`replaces`).
    """
    if not earlier_rows or not earlier_rows[-1]:
        return None
    lately = earlier_rows[-5:]
    grew = all(after >= before * (1 - SHRINKS) for before, after in pairwise(lately))
    if is_whole or (len(lately) >= GROWING_LOADS and grew):
        return newest_rows / earlier_rows[-1]
    return None


def _usual(counts: Mapping[dt.date, int], days: Sequence[dt.date]) -> dict[int, float]:
    """The mean count of the middle half of each weekday: of few events a median would be 0 or 1, and too small."""
    found = {}
    for weekday in range(7):
        of_it = sorted(counts.get(day, 0) for day in days if day.weekday() == weekday)
        middle = of_it[len(of_it) // 4 : len(of_it) - len(of_it) // 4]
        found[weekday] = statistics.fmean(middle) if middle else 0.0
    return found


def _deviation(counts: Mapping[dt.date, int], days: Sequence[dt.date], usual: Mapping[int, float]) -> float:
    """Deviation of a day's count in units of Poisson noise, at least 1.

    Of a busy feed from the calmer three quarters of the days, so that neither campaigns nor holidays widen it; of a few
    events a day, which come in heaps, from all days but three.
    """
    apart = sorted((counts.get(day, 0) - usual[day.weekday()]) ** 2 / max(1.0, usual[day.weekday()]) for day in days)
    if statistics.fmean(usual.values()) >= BUSY:
        return max(1.0, statistics.fmean(apart[: len(apart) * 3 // 4]) / CALM_VARIANCE) ** 0.5
    return max(1.0, statistics.fmean(apart[:-3])) ** 0.5


def _was_quiet(counts: Mapping[dt.date, int], days: Sequence[dt.date], usual: Mapping[int, float], length: int) -> bool:
    """Whether as many days together, among these, were as quiet as what is held."""
    for end in range(length, len(days) + 1):
        span = days[end - length : end]
        expected = sum(usual[day.weekday()] for day in span)
        if expected >= LEAST_EVENTS and sum(counts.get(day, 0) for day in span) < QUIET * expected:
            return True
    return False


def _longest(newest: dt.date) -> dt.date:
    """The first day that may be judged."""
    return _back(newest, JUDGED_DAYS - 1)


def _season(first: dt.date) -> tuple[dt.date, dt.date]:
    """The weeks around the same day a year ago."""
    return _back(first, 365 + HOLIDAYS_MOVE_DAYS), _back(first, 365 - HOLIDAYS_MOVE_DAYS)


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=offset) for offset in range((last - first).days + 1)]


def _back(day: dt.date, days: int) -> dt.date:
    return day - dt.timedelta(days=days)
