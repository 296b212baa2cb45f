"""A company that lives from day to day, simulated at the level of the checks of drift.

What is simulated is what the checks see: events by day, each customer's orders up to a day, lifetime values, tiers.
Customers order by their own rates and stop; days have weekdays, a yearly season, holidays, campaigns and noise of their
own; the company grows; some orders arrive late. Values are those of a BG/NBD model whose parameters move a little with
each fit; tiers are cut by rank, without the hysteresis that holds moves back in the product.
"""

import datetime as dt
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from orchestration.quality.drift import amounts, moves, past, values, volume

BEGIN = dt.date(2022, 1, 1)
WEEKDAYS = (1.1, 1.0, 1.0, 1.05, 1.2, 0.9, 0.75)
CLOSED_ON_SUNDAY = (1.2, 1.1, 1.1, 1.1, 1.2, 0.6, 0.0)
SHARES = {"platinum": 0.01, "gold": 0.05, "iron": 0.20, "lead": 1.0}  # cumulative
MONEY, CUSTOMERS, MOVES, PSI, AMOUNTS = 0.05, 0.2, 0.2, 0.25, 3.0  # thresholds, as gates.yml says
LATE = 0.03  # of orders, by a day
HOLIDAYS = {(5, 1), (5, 2), (5, 3), *((10, day) for day in range(1, 8))}
# The lunar new year, as day of the year; a week of rest begins with it.
NEW_YEAR = {2022: 32, 2023: 22, 2024: 41, 2025: 29, 2026: 48, 2027: 37}


@dataclass(frozen=True)
class Snapshot:
    """What a refresh sees of the customers on one day; arrays have an entry a customer who is known by then.

    `late` is money of the day that arrives the day after.
    """

    day: dt.date
    revenue: np.ndarray
    last_day: np.ndarray
    late: np.ndarray
    clv: np.ndarray
    tier: np.ndarray


@dataclass
class Company:
    """One company; `live` takes it a day further.

    Attributes
    ----------
    customers : int
        At the begin of the simulation, with a rate of about one order in 40 days each.
    growth : float
        New customers a year over those that there are.
    skeleton : float
        Share of the usual orders on holidays; 0: closed.
    kept_days : int
        Of which snapshots are kept.
    """

    customers: int
    seed: int
    growth: float = 0.3
    weekdays: tuple[float, ...] = WEEKDAYS
    skeleton: float = 0.0
    kept_days: int = 160
    counts: dict[dt.date, int] = field(default_factory=dict)
    logs_of_day: dict[dt.date, amounts.Logs] = field(default_factory=dict)
    moves_of: dict[tuple[dt.date, dt.date], dict[str, moves.Moves]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        room = int(self.customers * (1 + 5 * self.growth)) + 50
        self.known = self.customers
        self.rate = self.random.gamma(0.7, 1 / 0.7, room) / 40
        self.spend = self.random.lognormal(4, 0.6, room)
        self.stops = self.random.exponential(900, room)  # days after joining
        self.joined = np.where(np.arange(room) < self.customers, -self.random.uniform(0, 600, room), np.inf)
        self.orders, self.revenue, self.late = np.zeros(room), np.zeros(room), np.zeros(room)
        self.first, self.last = np.full(room, -1), np.full(room, -1)
        self.number, self.snapshots = 0, deque(maxlen=self.kept_days)
        self.campaign_until = -1

    @property
    def day(self) -> dt.date:
        return BEGIN + dt.timedelta(days=self.number - 1)

    def level(self, day: dt.date) -> float:
        """Orders of a day over those of a mean one."""
        of_year = day.timetuple().tm_yday
        if (day.month, day.day) in HOLIDAYS or 0 <= of_year - NEW_YEAR[day.year] < 7:
            return self.skeleton * self.weekdays[day.weekday()]
        if self.number > self.campaign_until and self.random.random() < 0.01:
            self.campaign_until = self.number + 3
        campaign = 2.0 if self.number <= self.campaign_until else 1.0
        season = 1 + 0.25 * np.cos(2 * np.pi * (of_year - 330) / 365)
        return self.weekdays[day.weekday()] * season * campaign * self.random.lognormal(0, 0.08)

    def live(self) -> None:
        """One day: who joins, who orders, what arrives late; then what a refresh of that evening sees."""
        day = BEGIN + dt.timedelta(days=self.number)
        level = self.level(day)
        joiners = self.random.poisson(self.known * self.growth / 365 * min(1.0, level))
        joiners = min(joiners, len(self.rate) - self.known)
        self.joined[self.known : self.known + joiners] = self.number
        self.known += joiners
        everyone = slice(0, self.known)
        alive = self.number - self.joined[everyone] < self.stops[everyone]
        wanted = self.rate[everyone] * alive * level
        wanted[self.known - joiners :] = 1.0  # a customer joins by ordering
        ordered = np.flatnonzero(self.random.random(self.known) < wanted)
        money = self.spend[ordered] * self.random.lognormal(0, 0.5, len(ordered))
        is_late = self.random.random(len(ordered)) < LATE
        # What was late the evening before arrives now, dated as it happened.
        self.revenue += self.late
        self.late = np.zeros_like(self.late)
        self.late[ordered[is_late]] = money[is_late]
        on_time, paid = ordered[~is_late], money[~is_late]
        self.revenue[on_time] += paid
        self.orders[ordered] += 1
        self.last[ordered] = self.number
        self.first[ordered] = np.where(self.first[ordered] < 0, self.number, self.first[ordered])
        self.counts[day], self.logs_of_day[day], self.newest_money = len(on_time), logs(paid), paid
        self.number += 1
        clv = self.values(self.random.normal(0, 0.01))
        self.snapshots.append(
            Snapshot(
                day,
                self.revenue[everyone].copy(),
                self.last[everyone].copy(),
                self.late[everyone].copy(),
                clv,
                tiers(clv),
            )
        )

    def values(self, refit: float) -> np.ndarray:
        """BG/NBD with parameters that a fit would find, give or take `refit`; 0 for who has not ordered."""
        everyone = slice(0, self.known)
        repeats = np.maximum(self.orders[everyone] - 1, 0)
        r, alpha, a, b = 0.7, 28 * (1 + refit), 0.3, 8.0
        age = self.number - np.maximum(self.first[everyone], 0)
        recency = (self.last - self.first)[everyone]
        with np.errstate(over="ignore"):
            left = a / (b + np.maximum(repeats, 1) - 1) * ((alpha + age) / (alpha + recency)) ** (r + repeats)
        p_alive = np.where(repeats > 0, 1 / (1 + left), 1.0)
        mean = self.revenue[everyone] / np.maximum(self.orders[everyone], 1)
        return np.where(self.orders[everyone] > 0, p_alive * (r + repeats) / (alpha + age) * 365 * mean, 0.0).round(2)


def tiers(clv: np.ndarray) -> np.ndarray:
    """Tier of each customer by rank, 0 the highest."""
    rank = np.empty(len(clv))
    rank[np.argsort(-clv, kind="stable")] = np.arange(len(clv))
    return np.searchsorted(np.array(list(SHARES.values())[:-1]) * len(clv), rank, side="right").astype(np.int8)


@dataclass(frozen=True)
class Candidate:
    """What the checks compare with the base: the clean one is the company's own, a broken one is made from it.

    `past_revenue` and `past_last` are of the base's customers, up to the base's day; -1 and 0 for who is gone. `then`
    is how many events of its last day the base had, where that was not all.
    """

    now: Snapshot
    counts: dict[dt.date, int]
    new_money: np.ndarray
    past_revenue: np.ndarray
    past_last: np.ndarray
    is_there: np.ndarray | None = None
    then: int | None = None


def candidate(company: Company, base: Snapshot) -> Candidate:
    """The clean one: late orders of the base's day have come since."""
    now = company.snapshots[-1]
    return Candidate(now, company.counts, company.newest_money, base.revenue + base.late, base.last_day)


def is_warned(base: Snapshot, seen: Candidate) -> bool:
    """Whether the volume is told to be unusual."""
    verdict = judged(base, seen)
    return isinstance(verdict, volume.Volume) and verdict.is_unusual


def judged(base: Snapshot, seen: Candidate) -> volume.Volume | str | None:
    """What the check of volume finds; None where nothing came since the base."""
    first, newest = base.day, max(day for day, count in seen.counts.items() if count)
    if newest <= first:
        return None
    if seen.then is not None and volume.ends_within_a_day(seen.then, seen.counts.get(first, 0)):
        first, newest = first - dt.timedelta(days=1), newest - dt.timedelta(days=1)
    return volume.judge(seen.counts, first, newest)


def held(company: Company, base: Snapshot, seen: Candidate, published: list[dt.date]) -> set[str]:
    """Names of the blocking checks that hold this candidate."""
    days = (seen.now.day - base.day).days
    found = set()
    verdict = judged(base, seen)
    if isinstance(verdict, volume.Volume) and verdict.is_held:
        found.add("volume")
    gone = 0 if seen.is_there is None else int((~seen.is_there).sum())
    apart = np.abs(seen.past_revenue - base.revenue) > past.SAME_MONEY * np.maximum(seen.past_revenue, base.revenue)
    changed = apart | (seen.past_last != base.last_day)
    if seen.is_there is not None:
        changed |= ~seen.is_there
    said = past.Past(
        len(base.revenue),
        int(changed.sum()),
        gone,
        decimal(base.revenue.sum()),
        decimal(seen.past_revenue.sum()),
        BEGIN,
    )
    if past.is_held_by_money(said, base.day, MONEY, days)[0]:
        found.add("past_money_is_steady")
    if past.is_held_by_customers(said, CUSTOMERS, days)[0]:
        found.add("customers_keep_their_past")
    shift = shifted(base.clv, seen.now.clv, days)
    if shift.psi > shift.limit or values.is_other_mean(values.mean_moved(base.clv.mean(), seen.now.clv.mean())):
        found.add("clv_is_steady")
    by_day = company.logs_of_day | {seen.now.day: logs(seen.new_money)}
    if amounts.judge(by_day, base.day, seen.now.day, AMOUNTS).is_held:
        found.add("amounts_are_usual")
    spans = moves.windows(published, days)
    if len(spans) >= moves.LEAST_WINDOWS:
        by_day = {one.day: one for one in company.snapshots}
        spans = [span for span in spans if span[0] in by_day]
        for begin, end in spans:
            if (begin, end) not in company.moves_of:
                company.moves_of[begin, end] = moved(by_day[begin].tier, by_day[end].tier)
        history = [company.moves_of[span] for span in spans]
        length = sum((end - begin).days for begin, end in spans) / max(1, len(spans))
        verdicts = moves.judge(moved(base.tier, seen.now.tier), history, days / max(1, length), MOVES)
        if verdicts and verdicts[0].is_held:
            found.add("tier_moves_are_usual")
    return found


def shifted(before: np.ndarray, now: np.ndarray, days: int) -> values.Shift:
    """What the check of lifetime values finds between two days' values."""
    edges = values.bin_edges(np.quantile(before, values.DECILES, method="inverted_cdf").tolist())
    counts = (
        np.bincount(np.searchsorted(edges, clv, side="left"), minlength=len(edges) + 1).tolist()
        for clv in (before, now)
    )
    return values.shift(*counts, edges, PSI, days)


def moved(before: np.ndarray, now: np.ndarray) -> dict[str, moves.Moves]:
    """Customers, leavers and enterers of each tier, among those who were there before."""
    now = now[: len(before)]
    return {
        name: moves.Moves(
            int((before == tier).sum()),
            int(((before == tier) & (now != tier)).sum()),
            int(((before != tier) & (now == tier)).sum()),
        )
        for tier, name in enumerate(SHARES)
    }


def logs(money: np.ndarray) -> amounts.Logs:
    found = np.log(money[money > 0])
    return amounts.Logs(len(found), float(found.sum()), float((found**2).sum()))


def decimal(amount: float) -> Decimal:
    return Decimal(round(float(amount), 2))
