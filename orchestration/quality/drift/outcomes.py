"""The checks of drift, put together: a candidate against the release of the latest earlier date, as outcomes.

Each check asks the engine for a few sums and judges them by a pure function of this folder. What a failure does, and
the number it is held against, are in gates.yml.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb

from orchestration.config.gates import GatesConfig
from orchestration.errors import without_values
from orchestration.quality.checks import CheckOutcome
from orchestration.quality.drift import amounts, marts, moves, past, values
from orchestration.quality.drift.allowance import Held, grown, passed_by_waiting
from orchestration.quality.drift.causes import Feed
from orchestration.quality.drift.corrections import Replaced
from orchestration.quality.drift.index import index_change
from orchestration.warehouse.duckdb import Warehouse

TABLE = "gate.drift"
DRIFT = {
    "feeds_keep_their_rows": "No feed lost rows that the base release was made from.",
    "feeds_keep_their_columns": "No feed lost a column that it was read from.",
    "records_keep_their_values": "No column of known orders, complaints or answers was replaced in many at once.",
    "past_money_is_steady": "Orders up to the day of the base release come to the money that they came to then.",
    "customers_keep_their_past": "Customers have the orders up to the day of the base release that they had then.",
    "amounts_are_usual": "Orders since the base release are of the size that orders were before.",
    "marts_keep_their_rows": "No mart lost rows as no company loses them.",
    "columns_stay_filled": "No column that was filled is mostly empty.",
    "columns_are_filled_as_before": "No column is much emptier than it was.",
    "tier_moves_are_usual": "As many customers move between value tiers as usual in so many days.",
    "clv_is_steady": "Lifetime values are spread as they were (population stability index), and as large.",
    "index_is_steady": "The service quality index did not jump by more than its noise.",
    "nothing_passes_by_waiting": "Nothing that was held passes for no other reason than the days that went by.",
}
WAITED = "nothing_passes_by_waiting"
VALUES_BEFORE = "previous.customer_value"
SCHEME = "value_tier"


@dataclass(frozen=True)
class Base:
    """The release that a candidate is compared with.

    `feeds` say what it was made from, and what there is now; `replaced` what newer loads replaced of it; `holds` what
    was held since it was published, by check.
    """

    as_of: dt.date
    directory: Path
    feeds: Sequence[Feed]
    replaced: Sequence[Replaced] = ()
    holds: Mapping[str, Held] = field(default_factory=dict)


class Comparison:
    """One candidate against its base release.

    Parameters
    ----------
    warehouse : Warehouse
    base : Base
    as_of : date
    gates : GatesConfig
    causes : sequence of str
        What else changed, the likeliest cause first.
    marts : list of str
        Names of those that are compared.
    overridden : collection of str
        Checks whose failure is let through.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        base: Base,
        as_of: dt.date,
        gates: GatesConfig,
        causes: Sequence[str],
        marts: list[str],
        overridden: Collection[str] = (),
    ):
        self.warehouse, self.base, self.as_of, self.gates = warehouse, base, as_of, gates
        self.causes, self.mart_names, self.overridden = causes, marts, overridden
        self.days = (as_of - base.as_of).days
        self.since = f"in {self.days} day{'s' * (self.days != 1)} since {base.as_of}"
        self.causes_told_by: dict[bool, str] = {}  # of what holds, and of what does not

    def outcomes(self) -> list[CheckOutcome]:
        """Every check, in the order of `DRIFT`."""
        found = [self.judged(name) for name in DRIFT if name != WAITED]
        return [*found, self.nothing_passes_by_waiting(found)]

    def judged(self, name: str) -> CheckOutcome:
        """One check; that it cannot be compared is a failure, which keeps no other from being judged."""
        try:
            return getattr(self, name)()
        except duckdb.Error as error:
            told = f"the base release in {self.base.directory} could not be compared with: {without_values(error)}"
            return self.outcome(name, False, told)

    @cached_property
    def past(self) -> past.Past:
        return past.Past(*self.warehouse.rows(past.past_sql(self.base.as_of))[0])

    @cached_property
    def filled(self) -> dict[str, tuple[marts.Filled, marts.Filled]]:
        return marts.filled_marts(self.warehouse, self.base.directory, self.mart_names)

    def outcome(
        self, name: str, passed: bool, told: str, observed: float | None = None, threshold: float | None = None
    ) -> CheckOutcome:
        """One outcome; the first failure that holds, and the first that does not, tell the causes and what to do."""
        if not passed:
            check = f"{TABLE}:{name}"
            is_held = self.gates.gate(check).severity == "block" and check not in self.overridden
            first = self.causes_told_by.setdefault(is_held, check)
            if first != check:
                told += f". Likeliest causes and what to do: as for {first}" + "; each needs its own override" * is_held
            else:
                others = "; ".join(cause for cause in self.causes if cause not in told)
                told += f". Likeliest causes: {others or 'nothing else that is known of changed'}. "
                told += (
                    "If it is wrong, mend the feed or the configuration and refresh again; if it is meant, override "
                    f"{check} in overrides.yml, and see `touchstone diff` afterwards"
                    if is_held
                    else "Nothing is held for it; `touchstone diff` tells what else changed"
                )
        return CheckOutcome(TABLE, name, passed, told, observed, threshold)

    def threshold(self, name: str) -> float:
        return self.gates.gate(f"{TABLE}:{name}").threshold

    def feeds_keep_their_rows(self) -> CheckOutcome:
        limit = self.threshold("feeds_keep_their_rows")
        worst = min(self.base.feeds, key=lambda feed: feed.change, default=None)
        if worst is None:
            return self.outcome("feeds_keep_their_rows", True, "the base release was made from no feed")
        told = f"loads of {worst.name} hold {worst.now:,} records that count; those of the base had {worst.before:,}"
        lost = max(0.0, -worst.change)
        return self.outcome(
            "feeds_keep_their_rows",
            lost <= limit,
            f"{told} ({lost:.1%} lost; limit {limit:.0%}) {self.since}",
            lost,
            limit,
        )

    def feeds_keep_their_columns(self) -> CheckOutcome:
        gone = [f"{feed.name} has no column {name} any more" for feed in self.base.feeds for name in feed.columns_gone]
        told = "; ".join(gone[:5]) or "every column that was read is there"
        return self.outcome("feeds_keep_their_columns", not gone, f"{told} {self.since}", len(gone), 0)

    def records_keep_their_values(self) -> CheckOutcome:
        name = "records_keep_their_values"
        limit, worst = self.threshold(name), max(self.base.replaced, key=lambda one: one.share, default=None)
        if worst is None:
            return self.outcome(name, True, "not judged: no load of the base release counts any more")
        told = f"{worst} ({worst.share:.1%}; limit {limit:.0%}) {self.since}"
        return self.outcome(name, worst.share <= limit, told, worst.share, limit)

    def past_money_is_steady(self) -> CheckOutcome:
        said, name = self.past, "past_money_is_steady"
        is_held, limit = past.is_held_by_money(said, self.base.as_of, self.threshold(name), self.days)
        moved = said.money_moved
        told = (
            f"orders up to {self.base.as_of} come to {said.money_now:,.0f}, and came to {said.money_before:,.0f}"
            + ("" if moved is None else f" ({moved_told(moved)}; limit {limit:.0%})")
            + f" {self.since}"
        )
        return self.outcome(name, not is_held, told, moved, limit)

    def customers_keep_their_past(self) -> CheckOutcome:
        said, name = self.past, "customers_keep_their_past"
        is_held, limit = past.is_held_by_customers(said, self.threshold(name), self.days)
        told = (
            f"{said.changed:,} of {said.customers:,} customers have other orders up to {self.base.as_of} than then, "
            f"{said.gone:,} of them are gone ({said.changed_share:.1%}; limit {limit:.0%}) {self.since}"
        )
        return self.outcome(name, not is_held, told, said.changed_share, limit)

    def amounts_are_usual(self) -> CheckOutcome:
        name = "amounts_are_usual"
        by_day = {
            day: amounts.Logs(*sums)
            for day, *sums in self.warehouse.rows(amounts.logs_sql(self.base.as_of, self.as_of))
        }
        limit = self.threshold(name)
        found = amounts.judge(by_day, self.base.as_of, self.as_of, limit)
        orders = f"{found.judged:,} orders from {found.first} on"
        if found.factor is None:
            told = f"{orders}, {found.before:,} in the weeks before; {amounts.LEAST_ORDERS} of each are needed"
            return self.outcome(name, True, f"not judged yet: {told}")
        return self.outcome(
            name,
            not found.is_held,
            f"{orders} are {found.factor:.3g} times as large (geometric mean) as the {found.before:,} of the "
            f"{amounts.BASELINE_DAYS} days up to the base release's at most; limit {limit:g} times, up or down",
            found.factor,
            limit,
        )

    def marts_keep_their_rows(self) -> CheckOutcome:
        name = "marts_keep_their_rows"
        limit = self.threshold(name)
        lost = marts.shrunk(self.filled, limit)
        told = "; ".join(f"{mart} has {now:,} rows, and had {before:,}" for mart, before, now in lost[:5])
        return self.outcome(
            name,
            not lost,
            told or f"{len(self.filled)} marts have their rows ({limit:.0%} of the customers may go) {self.since}",
            len(lost),
            0,
        )

    def columns_stay_filled(self) -> CheckOutcome:
        name = "columns_stay_filled"
        limit = self.threshold(name)
        emptied = marts.emptied(self.filled)
        return self.columns(name, emptied, [one for one in emptied if one.before < marts.FILLED and one.now > limit])

    def columns_are_filled_as_before(self) -> CheckOutcome:
        name = "columns_are_filled_as_before"
        rise = self.threshold(name)
        emptied = marts.emptied(self.filled)
        return self.columns(name, emptied, [one for one in emptied if one.rise >= rise])

    def columns(self, name: str, emptied: list[marts.Emptied], failing: list[marts.Emptied]) -> CheckOutcome:
        told = "; ".join(map(str, failing[:5])) or f"0 columns were filled and are not {self.since}"
        if emptied and not failing:
            told += f"; the most: {emptied[0]}"
        return self.outcome(name, not failing, told, len(failing), 0)

    def tier_moves_are_usual(self) -> CheckOutcome:
        name = "tier_moves_are_usual"
        published = [
            day
            for (day,) in self.warehouse.rows(
                "select valid_from from previous.segment_history where scheme = ? union "
                "select valid_to from previous.segment_history where scheme = ? and valid_to is not null "
                "union select as_of from previous.release order by 1",
                [SCHEME, SCHEME],
            )
        ]
        spans = moves.windows(published, self.days)
        if len(spans) < moves.LEAST_WINDOWS:
            told = f"{max(0, len(published) - 1)} of {moves.LEAST_WINDOWS} earlier releases in which customers moved"
            return self.outcome(name, True, f"not judged yet: {told}")
        before: dict[dt.date, dict[str, moves.Moves]] = {}
        for begin, tier, *counts in self.warehouse.rows(moves.history_sql(SCHEME, spans)):
            before.setdefault(begin, {})[tier] = moves.Moves(*counts)
        now = {tier: moves.Moves(*counts) for tier, *counts in self.warehouse.rows(moves.now_sql(SCHEME))}
        length = sum((end - begin).days for begin, end in spans) / len(spans)
        verdicts = moves.judge(now, list(before.values()), self.days / length, self.threshold(name))
        if not verdicts:
            return self.outcome(name, True, "no tier has customers to move")
        worst = verdicts[0]
        why = self.warehouse.rows(
            "select cause, count(*) from marts.segment_moves where scheme = ? and from_segment <> to_segment "
            "and from_segment <> 'new' and to_segment <> 'gone' group by cause order by 2 desc, 1 limit 3",
            [SCHEME],
        )
        return self.outcome(
            name,
            not worst.is_held,
            f"{worst.movers:,} of {worst.customers:,} customers {worst.direction} {worst.tier} ({worst.share:.1%}; "
            f"limit {worst.limit:.1%}, usual {worst.usual:.1%}, from {len(spans)} earlier spans of {length:.0f} days) "
            f"{self.since}"
            + (f"; causes of moves: {', '.join(f'{cause} {count:,}' for cause, count in why)}" if why else ""),
            worst.share,
            worst.limit,
        )

    def clv_is_steady(self) -> CheckOutcome:
        name = "clv_is_steady"
        [[deciles]] = self.warehouse.rows(values.edges_sql(VALUES_BEFORE))
        if not deciles:
            return self.outcome(name, True, "the base release has no lifetime values")
        edges = values.bin_edges(deciles)
        before, now = (
            dict(self.warehouse.rows(values.counts_sql(source, edges))) for source in (VALUES_BEFORE, "scores.clv")
        )
        bins = range(len(edges) + 1)
        moved = values.shift(
            [before.get(number, 0) for number in bins],
            [now.get(number, 0) for number in bins],
            edges,
            self.threshold(name),
            self.days,
        )
        times = values.mean_moved(*(self.warehouse.value(values.mean_sql(of)) for of in (VALUES_BEFORE, "scores.clv")))
        told = f"PSI {moved.psi:.3f} (limit {moved.limit:.2f})"
        if times is not None:
            told += f", mean {times:.3g} times as large (limit {values.MOST_OF_MEAN} times, up or down)"
        return self.outcome(
            name,
            moved.psi <= moved.limit and not values.is_other_mean(times),
            "; moved most: ".join([f"{told} {self.since}", *([", ".join(moved.bins)] if moved.bins else [])]),
            moved.psi,
            moved.limit,
        )

    def index_is_steady(self) -> CheckOutcome:
        name, limit = "index_is_steady", grown(self.threshold("index_is_steady"), self.days)
        index = index_change(self.warehouse, self.base.directory)
        if index is None or index.change is None:
            return self.outcome(name, True, "not judged: one of both releases has no overall index to compare")
        return self.outcome(
            name,
            abs(index.change) <= limit or not index.is_more_than_noise,
            f"the index of the last 365 days is {index.value:.1f}, and was {index.value_before:.1f} (95 % noise of the "
            f"change: {index.low:+.1f} to {index.high:+.1f}; limit {limit:g}) {self.since}",
            index.change,
            limit,
        )

    def nothing_passes_by_waiting(self, found: Sequence[CheckOutcome]) -> CheckOutcome:
        waited = passed_by_waiting(found, self.base.holds)
        told = "; ".join(waited) or f"no hold cleared by time alone {self.since}"
        return self.outcome(WAITED, not waited, told)


def moved_told(share: float) -> str:
    """A change in percent, or how many times as much where it is more than twice."""
    return f"{share:+.1%}" if share < 1 else f"{1 + share:,.1f} times as much"


def nothing_to_compare(why: str) -> list[CheckOutcome]:
    """Every check passed, with why it was not judged."""
    return [CheckOutcome(TABLE, name, True, f"not judged yet: {why}") for name in DRIFT]
