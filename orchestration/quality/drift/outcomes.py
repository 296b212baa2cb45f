"""The checks of drift, put together: a candidate against the release of the latest earlier date, as outcomes.

Each check asks the engine for a few sums and judges them by a pure function of this folder. What a failure does, and
the number it is held against, are in gates.yml.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.config.gates import GatesConfig
from orchestration.quality.checks import CheckOutcome
from orchestration.quality.drift import amounts, moves, past, values
from orchestration.quality.drift import marts as filled_marts
from orchestration.quality.drift.allowance import grown
from orchestration.quality.drift.causes import Feed
from orchestration.scoring import quality_changes
from orchestration.sources.files import literal
from orchestration.warehouse.duckdb import Warehouse

TABLE = "gate.drift"
DRIFT = {
    "feeds_keep_their_rows": "No feed lost rows that the base release was made from.",
    "past_money_is_steady": "Orders up to the day of the base release come to the money that they came to then.",
    "customers_keep_their_past": "Customers have the orders up to the day of the base release that they had then.",
    "amounts_are_usual": "Orders since the base release are of the size that orders were before.",
    "marts_keep_their_rows": "No mart lost rows as no company loses them.",
    "columns_stay_filled": "No column that was filled is mostly empty.",
    "columns_are_filled_as_before": "No column is much emptier than it was.",
    "tier_moves_are_usual": "As many customers move between value tiers as usual in so many days.",
    "clv_is_steady": "Lifetime values are spread as they were (population stability index).",
    "index_is_steady": "The service quality index did not jump by more than its noise.",
}
VALUES_BEFORE = "previous.customer_value"
SCHEME = "value_tier"


@dataclass(frozen=True)
class Base:
    """The release that a candidate is compared with; `feeds` say what it was made from, and what there is now."""

    as_of: dt.date
    directory: Path
    feeds: Sequence[Feed]


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
    """

    def __init__(self, warehouse: Warehouse, base: Base, as_of: dt.date, gates: GatesConfig, causes: Sequence[str]):
        self.warehouse, self.base, self.as_of, self.gates, self.causes = warehouse, base, as_of, gates, causes
        self.days = (as_of - base.as_of).days
        self.since = f"in {self.days} days since {base.as_of}"

    def outcomes(self, marts: list[str]) -> list[CheckOutcome]:
        """Every check, in the order of `DRIFT`."""
        found = filled_marts.filled_marts(self.warehouse, self.base.directory, marts)
        said = past.Past(*self.warehouse.rows(past.past_sql(self.base.as_of))[0])
        return [
            self.feeds_keep_their_rows(),
            self.past_money_is_steady(said),
            self.customers_keep_their_past(said),
            self.amounts_are_usual(),
            self.marts_keep_their_rows(found),
            *self.columns(filled_marts.emptied(found)),
            self.tier_moves_are_usual(),
            self.clv_is_steady(),
            self.index_is_steady(),
        ]

    def outcome(
        self, name: str, passed: bool, told: str, observed: float | None = None, threshold: float | None = None
    ) -> CheckOutcome:
        """One outcome; of a failure the causes and what to do are told besides."""
        if not passed:
            why = "; ".join(self.causes) or "nothing else that is known of changed"
            told += (
                f". Likeliest causes: {why}. If it is wrong, mend the feed or the configuration and refresh again; if "
                f"it is meant, override {TABLE}:{name} in overrides.yml, and see `touchstone diff` afterwards"
            )
        return CheckOutcome(TABLE, name, passed, told, observed, threshold)

    def threshold(self, name: str) -> float:
        return self.gates.gate(f"{TABLE}:{name}").threshold

    def feeds_keep_their_rows(self) -> CheckOutcome:
        limit = self.threshold("feeds_keep_their_rows")
        worst = min(self.base.feeds, key=lambda feed: feed.change, default=None)
        if worst is None:
            return self.outcome("feeds_keep_their_rows", True, "the base release was made from no feed")
        told = f"{worst.name} has {worst.now:,} records that count; the base release had {worst.before:,}"
        lost = max(0.0, -worst.change)
        return self.outcome(
            "feeds_keep_their_rows",
            lost <= limit,
            f"{told} ({lost:.1%} lost; limit {limit:.0%}) {self.since}",
            lost,
            limit,
        )

    def past_money_is_steady(self, said: past.Past) -> CheckOutcome:
        name = "past_money_is_steady"
        is_held, limit = past.is_held_by_money(said, self.base.as_of, self.threshold(name), self.days)
        moved = said.money_moved
        told = (
            f"orders up to {self.base.as_of} come to {said.money_now:,.0f}, and came to {said.money_before:,.0f}"
            + ("" if moved is None else f" ({moved:+.1%}; limit {limit:.0%})")
            + f" {self.since}"
        )
        return self.outcome(name, not is_held, told, moved, limit)

    def customers_keep_their_past(self, said: past.Past) -> CheckOutcome:
        name = "customers_keep_their_past"
        is_held, limit = past.is_held_by_customers(said, self.threshold(name), self.days)
        told = (
            f"{said.changed:,} of {said.customers:,} customers have other orders up to {self.base.as_of} than then, "
            f"{said.gone:,} of them are gone ({said.changed_share:.1%}; limit {limit:.0%}) {self.since}"
        )
        return self.outcome(name, not is_held, told, said.changed_share, limit)

    def amounts_are_usual(self) -> CheckOutcome:
        name = "amounts_are_usual"
        by_day = {day: amounts.Logs(*sums) for day, *sums in self.warehouse.rows(amounts.logs_sql(self.as_of))}
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
            f"{amounts.BASELINE_DAYS} days before; limit {limit:g} times, up or down",
            found.factor,
            limit,
        )

    def marts_keep_their_rows(self, found: Mapping[str, tuple]) -> CheckOutcome:
        name = "marts_keep_their_rows"
        limit = self.threshold(name)
        lost = filled_marts.shrunk(found, limit)
        told = "; ".join(f"{mart} has {now:,} rows, and had {before:,}" for mart, before, now in lost[:5])
        return self.outcome(
            name,
            not lost,
            told or f"{len(found)} marts have their rows ({limit:.0%} of the customers may go) {self.since}",
            len(lost),
            0,
        )

    def columns(self, emptied: list[filled_marts.Emptied]) -> list[CheckOutcome]:
        limit, rise = self.threshold("columns_stay_filled"), self.threshold("columns_are_filled_as_before")
        empty = [one for one in emptied if one.before < filled_marts.FILLED and one.now > limit]
        less = [one for one in emptied if one.rise >= rise]
        most = f"; the most: {emptied[0]}" if emptied else ""
        return [
            self.outcome(
                name,
                not failing,
                "; ".join(map(str, failing[:5]))
                or f"{len(failing)} columns were filled and are not {self.since}{most}",
                len(failing),
                0,
            )
            for name, failing in (("columns_stay_filled", empty), ("columns_are_filled_as_before", less))
        ]

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
        now = {tier: moves.Moves(*counts) for tier, *counts in self.warehouse.rows(NOW)}
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
        edges = values.distinct_edges(deciles)
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
        told = f"PSI {moved.psi:.3f} (limit {moved.limit:.2f}) {self.since}"
        return self.outcome(
            name,
            moved.psi <= moved.limit,
            f"{told}; moved most: {', '.join(moved.bins)}" if moved.bins else told,
            moved.psi,
            moved.limit,
        )

    def index_is_steady(self) -> CheckOutcome:
        name = "index_is_steady"
        file = self.base.directory / "service_quality_indicators.parquet"
        sources = ("marts.service_quality_indicators", f"read_parquet({literal(file)})")
        cells = [
            quality_changes.cells(self.warehouse.frame(f"select * from {source} {OVERALL}"))
            for source in (sources if file.exists() else ())
        ]
        if not all(cells) or not cells:
            return self.outcome(name, True, "there is no index of the base release to compare with")
        [now], [then] = cells
        index = quality_changes.compare(now, then)[-1]
        limit = grown(self.threshold(name), self.days)
        if index.change is None:
            return self.outcome(name, True, "one of both releases has no overall index")
        return self.outcome(
            name,
            abs(index.change) <= limit or not index.is_more_than_noise,
            f"the index of the last 365 days is {index.value:.1f}, and was {index.value_before:.1f} (95 % noise of the "
            f"change: {index.low:+.1f} to {index.high:+.1f}; limit {limit:g}) {self.since}",
            index.change,
            limit,
        )


def nothing_to_compare(why: str) -> list[CheckOutcome]:
    """Every check passed, with why it was not judged."""
    return [CheckOutcome(TABLE, name, True, f"not judged yet: {why}") for name in DRIFT]


OVERALL = (
    "where dimension = 'overall' and period = 'last_365_days' and score is not null and raw_standard_error is not null "
    "order by indicator"
)
NOW = f"""
    with moved as (
        select from_segment, to_segment, count(*) as moves
        from marts.segment_moves
        where scheme = '{SCHEME}' and from_segment <> to_segment and from_segment <> 'new' and to_segment <> 'gone'
        group by all
    ),
    sizes as (
        select segment, count(*) as customers
        from previous.segment_history where scheme = '{SCHEME}' and valid_to is null
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
