"""Whether as many events came as usual: by weekday, and of an export of everything against the one before it.

Events are counted by their own day, which is right for a growing export and for one file a day alike. Judged are the
days since the base release, so that what was held yesterday is judged again today with today's. Days without any event
are left to freshness: there a company that is closed promises how long it may be quiet.
"""

import datetime as dt
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BASELINE_DAYS = 56  # eight of each weekday: half of them may be days of rest
JUDGED_DAYS = 28
LEAST_EVENTS = 30  # usual in the judged days: of fewer, a seventh is within four deviations of chance
HOLIDAYS_MOVE_DAYS = 20  # the lunar new year falls 10 or 11 days earlier than the year before, or 18 to 20 later
HOLIDAYS_LAST_DAYS = 10
BUSY = 5.0  # events a day
CALM_VARIANCE = 0.3684  # of the three quarters of a standard normal law that are nearest to 0
QUIET = 0.3  # of the usual: a feed at 15 % on a day twice as busy as usual
UNUSUAL = 4.0  # robust z
WHOLE_DAY = 0.8  # of a day's events: late ones are few
# Of an export's records, in the next one; files of the last seven days have six in seven in common.
KEPT = 0.9
REPEATED = 0.5  # of an export's rows, unchanged from the one before: orders are paid meanwhile, and complaints answered
SHRINKS = 0.05
TRUNCATED = 0.8  # as feeds_keep_their_rows: an export of everything does not lose a fifth


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
    """Spans of days, both ends included, whose counts `judge` needs: up to the newest, and the same a year before.

    They begin a day earlier than that, for exports of the morning, which are judged a day earlier.
    """
    first = _back(min(_longest(newest), _back(base, -1)), BASELINE_DAYS + 1)
    return [(first, newest), (_back(first, 365 + HOLIDAYS_MOVE_DAYS), _season(newest, newest)[1])]


def judge(counts: Mapping[dt.date, int], base: dt.date, newest: dt.date) -> Volume | str:
    """Events of the days since the base release against eight weeks up to its day.

    Where too few are usual in those days, days before them are judged again too: a small company's feed that has come
    short for a week is known by the week. What is usual is never told by days that were not published, or what is wrong
    for good would be usual in the end.

    Parameters
    ----------
    counts : mapping
        Events by day; a day that is not there had none.
    base : date
        Day of the base release.
    newest : date
        Day of the last event that there is.

    Returns
    -------
    Volume, or a sentence where there is too little history.
    """
    first = max(_back(base, -1), _longest(newest))
    while (volume := _judged(counts, base, first, newest)) and volume.z is None and first > _longest(newest):
        first = _back(first, 1)
    if volume is None:
        return f"not judged yet: less than {BASELINE_DAYS // 2} days of history to tell what is usual"
    return volume


def _judged(counts: Mapping[dt.date, int], base: dt.date, first: dt.date, last: dt.date) -> Volume | None:
    end = min(base, _back(first, 1))
    days = _begun(counts, _days(_back(end, BASELINE_DAYS - 1), end))
    if len(days) < BASELINE_DAYS // 2:
        return None
    usual, judged = _usual(counts, days), _days(first, last)
    expected = sum(usual[day.weekday()] for day in judged)
    observed = sum(counts.get(day, 0) for day in judged)
    noise = _deviation(counts, days, usual) * sum(max(1.0, usual[day.weekday()]) for day in judged) ** 0.5
    z = (observed - expected) / noise if expected >= LEAST_EVENTS else None
    of_fed = sum(usual[day.weekday()] for day in judged if counts.get(day, 0))
    season = _days(*_season(first, last))
    year_ago = [_back(day, 364) for day in days]  # the same weekdays
    is_quiet = (
        _was_quiet(counts, days[-HOLIDAYS_LAST_DAYS - len(judged) :], usual, len(judged))
        or _was_quiet(counts, season, _usual(counts, season), len(judged))
        or _was_quiet(counts, season, _usual(counts, year_ago), len(judged))
    )
    return Volume(first, last, observed, expected, of_fed, z, _is_known(counts, season, days), is_quiet)


def ends_within_a_day(then: int, now: int) -> bool:
    """Whether the base release's last day, of which it had `then` events and there are `now`, was not over yet.

    So it is with every export that is made in the morning and refreshed up to its own day.
    """
    return then < WHOLE_DAY * now


def is_whole(kept: float, repeated: float) -> bool:
    """Whether exports hold everything, so that a smaller one lacks something.

    Parameters
    ----------
    kept : float
        Share of the records of the export before the last one that the last one has too.
    repeated : float
        Share of the rows of the newest that the last one before it has too. One file a day, a second file of a day and
        a file of corrections have few; an export that was cut off has little else.
    """
    return kept >= KEPT and repeated >= REPEATED


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


def _season(first: dt.date, last: dt.date) -> tuple[dt.date, dt.date]:
    """The weeks around the same days a year ago."""
    return _back(first, 365 + HOLIDAYS_MOVE_DAYS), _back(last, 365 - HOLIDAYS_MOVE_DAYS)


def _begun(counts: Mapping[dt.date, int], days: Sequence[dt.date]) -> Sequence[dt.date]:
    """The days from the first one with any event on."""
    return days[next((place for place, day in enumerate(days) if counts.get(day)), len(days)) :]


def _is_known(counts: Mapping[dt.date, int], season: Sequence[dt.date], days: Sequence[dt.date]) -> bool:
    """Whether a season has events throughout, and not some stray ones: on half as many of its days as `days` have."""
    fed, fed_now = (sum(bool(counts.get(day)) for day in some) / len(some) for some in (season, days))
    return len(season) - len(_begun(counts, season)) <= HOLIDAYS_LAST_DAYS and fed >= fed_now / 2


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=offset) for offset in range((last - first).days + 1)]


def _back(day: dt.date, days: int) -> dt.date:
    return day - dt.timedelta(days=days)
