"""How many customers move in and out of each tier, against this company's own history over as many days.

History is the intervals of the base release, so it does not matter how many earlier releases are still kept. It is cut
into windows, each between two published days and as long as the time since the base release; where history is too
short for five of those, into shorter ones, whose limit is compounded. Moving is normal (on CDNOW 1 % of platinum and
gold a day, 20-37 % in one to two months), so there is no limit that fits every company.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST_WINDOWS = 5
MOST_WINDOWS = 30
LEAST_MOVERS = 20
CONFIDENCE = 0.999  # of all tiers and both directions together


@dataclass(frozen=True)
class Moves:
    """Customers of one tier at the begin of a window, and those who left it and who came into it from another."""

    customers: int
    left: int
    entered: int


@dataclass(frozen=True)
class Verdict:
    """The tier and direction that is furthest above its limit, or nearest to it."""

    tier: str
    direction: str
    movers: int
    customers: int
    limit: float
    usual: float

    @property
    def share(self) -> float:
        """Of the tier's customers; 1 at most, as in the limit, where more came than there were."""
        return min(1.0, self.movers / self.customers) if self.customers else 0.0

    @property
    def is_held(self) -> bool:
        return self.movers >= LEAST_MOVERS and self.share > self.limit


def windows(published: Sequence[dt.date], days: int) -> list[tuple[dt.date, dt.date]]:
    """Windows between published days, back from the last of them, none overlapping another.

    Parameters
    ----------
    published : sequence of date
        Days that a release was published for, ascending; the last is the base release's.
    days : int
        Since the base release.

    Returns
    -------
    list of (date, date)
        Newest first; each at least as long as asked for, or as a fifth of history where that is shorter.
    """
    if len(published) <= LEAST_WINDOWS:
        return []
    length = dt.timedelta(days=max(1, min(days, (published[-1] - published[0]).days // LEAST_WINDOWS)))
    found, end = [], published[-1]
    for day in reversed(published[:-1]):
        if end - day >= length and len(found) < MOST_WINDOWS:
            found.append((day, end))
            end = day
    return found


def limit_of(moved: Sequence[int], customers: Sequence[int], tests: int, factor: float) -> tuple[float, float]:
    """The largest share that chance and this company's own variation explain, and the usual share.

    Shares are compared on the scale of arcsin(sqrt), where binomial noise is 1/(4n) whatever the share; what windows
    vary beyond that is the company's own over-dispersion. The limit is the upper end of a prediction interval (Student)
    for one more window.

    Parameters
    ----------
    moved, customers : sequences of int, one entry a window
    tests : int
        How many limits are tested together (Bonferroni).
    factor : float
        Days since the base release over days of a window; above 1 the limit is compounded, as for moves at each window
        that are never taken back.
    """
    from scipy.special import stdtrit

    scaled = [
        math.asin(math.sqrt(min(1.0, (some + 0.375) / (all_ + 0.75))))
        for some, all_ in zip(moved, customers, strict=True)
    ]
    count = len(scaled)
    mean = sum(scaled) / count
    binomial = sum(1 / (4 * max(1, all_)) for all_ in customers) / count
    variance = max(binomial, sum((one - mean) ** 2 for one in scaled) / (count - 1))
    reach = float(stdtrit(count - 1, 1 - (1 - CONFIDENCE) / tests)) * math.sqrt(variance * (1 + 1 / count))
    factor = max(1.0, factor)
    limit, usual = (math.sin(min(math.pi / 2, end)) ** 2 for end in (mean + reach, mean))
    return 1 - (1 - limit) ** factor, 1 - (1 - usual) ** factor


def judge(
    now: Mapping[str, Moves], before: Sequence[Mapping[str, Moves]], factor: float, floor: float
) -> list[Verdict]:
    """Each tier and direction, the one furthest above its limit first.

    Parameters
    ----------
    now : mapping of tier to Moves
        Since the base release.
    before : sequence of mappings
        The same of each window of history.
    floor : float
        Share of a tier that may always move: a first campaign has no like in history.
    """
    verdicts = []
    for tier, moves in now.items():
        past = [window[tier] for window in before if tier in window]
        if len(past) < LEAST_WINDOWS or not moves.customers:
            continue
        sizes = [one.customers for one in past]
        for direction in ("left", "entered"):
            moved = [min(getattr(one, direction), one.customers) for one in past]
            limit, usual = limit_of(moved, sizes, 2 * len(now), factor)
            movers = getattr(moves, direction)
            verdicts.append(Verdict(tier, direction, movers, moves.customers, max(floor, limit), usual))
    return sorted(verdicts, key=lambda one: (one.is_held, one.share - one.limit), reverse=True)


def history_sql(scheme: str, spans: Sequence[tuple[dt.date, dt.date]]) -> str:
    """SELECT of begin, tier, customers, left_tier, entered_tier over spans of the base release's history.

    Only customers with an interval that ended within a span are looked at twice: few in a day, whatever the company.
    """
    values = ", ".join(f"(date '{begin}', date '{end}')" for begin, end in spans)
    return f"""
        with spans (span_begin, span_end) as (values {values}),
        tiers as (select * from previous.segment_history where scheme = '{scheme}'),
        sizes as (
            select span_begin, segment, count(*) as customers
            from tiers inner join spans on valid_from <= span_begin and (valid_to is null or valid_to > span_begin)
            group by span_begin, segment
        ),
        changed as (
            select distinct span_begin, span_end, customer_id
            from tiers inner join spans on valid_to > span_begin and valid_to <= span_end
        ),
        at_begin as (
            select span_begin, customer_id, segment
            from tiers inner join changed using (customer_id)
            where valid_from <= span_begin and (valid_to is null or valid_to > span_begin)
        ),
        at_end as (
            select span_begin, customer_id, segment
            from tiers inner join changed using (customer_id)
            where valid_from <= span_end and (valid_to is null or valid_to > span_end)
        ),
        moved as (
            select span_begin, at_begin.segment as from_segment, at_end.segment as to_segment
            from at_begin inner join at_end using (span_begin, customer_id)
            where at_begin.segment <> at_end.segment
        ),
        left_tier as (select span_begin, from_segment as segment, count(*) as moves from moved group by all),
        entered_tier as (select span_begin, to_segment as segment, count(*) as moves from moved group by all)
        select span_begin, segment, customers, coalesce(left_tier.moves, 0), coalesce(entered_tier.moves, 0)
        from sizes
        left join left_tier using (span_begin, segment)
        left join entered_tier using (span_begin, segment)
    """


def now_sql(scheme: str) -> str:
    """SELECT of tier, customers, left_tier, entered_tier since the base release."""
    return f"""
        with moved as (
            select from_segment, to_segment, count(*) as moves
            from marts.segment_moves
            where scheme = '{scheme}' and from_segment <> to_segment and from_segment <> 'new' and to_segment <> 'gone'
            group by all
        ),
        sizes as (
            select segment, count(*) as customers
            from previous.segment_history where scheme = '{scheme}' and valid_to is null
            group by segment
        )
        select
            segment,
            customers,
            coalesce((select sum(moves)::bigint from moved where from_segment = segment), 0),
            coalesce((select sum(moves)::bigint from moved where to_segment = segment), 0)
        from sizes
        order by segment
    """
