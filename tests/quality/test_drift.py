"""The rules of drift, each on the smallest numbers that it can be asked about."""

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pytest

from orchestration.quality.drift import amounts, causes, marts, moves, past, values, volume
from orchestration.quality.drift.allowance import grown
from orchestration.quality.drift.corrections import Replaced
from quality.drifting import Company, held, shifted
from quality.planted import FAULTS, broken
from quality.refreshing import is_torn, refreshed

MONDAY = dt.date(2026, 6, 1)
BEGIN = dt.date(2024, 1, 1)


def steady(until: dt.date, **of_days: int) -> dict[dt.date, int]:
    """100 events a day and 20 on Sundays, from BEGIN on; keywords as `d20260601` say otherwise."""
    days = (BEGIN + dt.timedelta(days=number) for number in range((until - BEGIN).days + 1))
    counts = {day: 20 if day.weekday() == 6 else 100 for day in days}
    return counts | {dt.datetime.strptime(name, "d%Y%m%d").date(): count for name, count in of_days.items()}


def judged(counts, newest=MONDAY, base=None):
    return volume.judge(counts, base or newest - dt.timedelta(days=1), newest)


def since(days: int, counts: dict[dt.date, int]) -> dict[dt.date, int]:
    """Only the events of so many days up to MONDAY."""
    return {day: count for day, count in counts.items() if day >= MONDAY - dt.timedelta(days=days)}


def test_a_day_far_below_its_weekday_is_held():
    """One file a day that was cut off: the past is whole, and nothing else tells."""
    found = judged(steady(MONDAY, d20260601=15))
    assert (found.is_held, found.is_unusual, found.usual) == (True, True, 100)


def test_a_day_half_as_busy_is_told_and_not_held():
    """5 deviations of chance below 100: unusual, and no reason to keep the marts back."""
    found = judged(steady(MONDAY, d20260601=50))
    assert (found.is_held, found.is_unusual, found.z) == (False, True, pytest.approx(-5))


def test_a_sunday_is_measured_against_sundays():
    """20 events on a Sunday are what is usual there, and a fifth of any other day."""
    sunday = MONDAY - dt.timedelta(days=1)
    found = judged(steady(sunday), sunday)
    assert (found.is_held, found.z) == (False, pytest.approx(0))


def test_a_holiday_of_last_year_excuses_this_years():
    """The lunar new year moves: a quiet day eighteen days off, a year ago, is the same holiday."""
    assert not judged(steady(MONDAY, d20260601=15, d20250619=3)).is_held
    assert judged(steady(MONDAY, d20260601=15, d20250719=3)).is_held


def test_what_was_held_yesterday_is_judged_again_with_today():
    """Two days at 15 % are held as one is; what came since may make up for it."""
    saturday = MONDAY - dt.timedelta(days=2)
    short = steady(MONDAY, d20260531=3, d20260601=15)
    assert judged(short, base=saturday).is_held
    assert not judged(short | {MONDAY: 100}, base=saturday).is_held


def test_a_small_feed_is_judged_by_as_many_days_as_tell_something():
    """Five a day: one short day is chance, ten of them are not."""
    days = [MONDAY - dt.timedelta(days=number) for number in range(500)]
    usual = dict.fromkeys(days, 5)
    assert not judged(usual | {MONDAY: 1}).is_held
    assert judged(usual | dict.fromkeys(days[:10], 1)).is_held


def test_without_last_years_season_a_quiet_day_is_told_and_not_held():
    """Whether the company rests in these weeks cannot be known in its first year."""
    found = judged(since(300, steady(MONDAY, d20260601=15)))
    assert (found.is_held, found.is_unusual) == (False, True)
    assert "this season of last year is not known" in str(found)


def test_without_four_weeks_of_history_nothing_is_usual():
    """The first refreshes of a company are not held for want of a past."""
    assert "less than 28 days of history" in judged(since(20, steady(MONDAY)))


def test_a_stray_old_row_is_no_season():
    """One order dated 2019 by a slip of the hand must not end the first year, in which nothing is held."""
    stray = {dt.date(2019, 5, 1): 1, dt.date(2025, 5, 20): 1}
    found = judged(since(300, steady(MONDAY, d20260601=15)) | stray)
    assert (found.is_held, found.is_unusual) == (False, True)
    assert "less than 28 days" in judged(since(20, steady(MONDAY)) | stray)


@pytest.mark.parametrize("days", [1, 40, 100, 300])
def test_a_feed_that_stays_short_is_held_for_as_long_as_it_does(days):
    """What was never published says nothing of what is usual: otherwise the fault itself would be, after two months."""
    base = MONDAY - dt.timedelta(days=days)
    short = {day: 15 if day > base else count for day, count in steady(MONDAY).items()}
    assert judged(short, base=base).is_held
    assert not judged(short | {MONDAY - dt.timedelta(days=back): 100 for back in range(14)}, base=base).is_held


def test_a_season_that_was_as_quiet_a_year_ago_is_no_fault():
    """A refresh a quarter: what is sold in summer is not sold in winter, and was not the winter before."""
    summers = {day: 100 if day.month in (4, 5, 6, 7, 8, 9) else 10 for day in steady(dt.date(2025, 12, 31))}
    found = volume.judge(summers, dt.date(2025, 9, 30), dt.date(2025, 12, 31))
    assert (found.is_unusual, found.is_held) == (True, False)
    summers |= {day: 3 for day in summers if day > dt.date(2025, 9, 30)}
    assert judged(steady(dt.date(2025, 12, 31)) | summers, dt.date(2025, 12, 31), dt.date(2025, 9, 30)).is_unusual


@pytest.mark.parametrize(("then", "now", "is_cut"), [(15, 100, True), (97, 100, False), (0, 0, False), (0, 5, True)])
def test_a_day_that_was_not_over_when_it_was_published_tells_of_a_morning_export(then, now, is_cut):
    """Its own last day is then not over either, and 15 % of the usual are right."""
    assert volume.ends_within_a_day(then, now) is is_cut


EVERYTHING = [range(900), range(1000)]


@pytest.mark.parametrize(
    ("loads", "is_held"),
    [
        ([*EVERYTHING, range(150)], True),  # torn off
        ([*EVERYTHING, range(790)], True),  # in its last quarter
        ([*EVERYTHING, range(850)], False),  # only warned
        ([range(1000), range(150)], False),  # too few to tell
        ([range(10 * day, 10 * day + 10) for day in range(5)] + [range(50, 54)], False),  # a short day of day files
        ([*EVERYTHING, range(1000, 1003)], False),  # only what is new
        ([range(0, 20), range(10, 30), range(20, 32)], False),  # the last two days each
        ([range(0, 70), range(10, 80), range(50, 82)], False),  # the last seven
    ],
)
def test_only_an_export_that_repeats_what_is_known_can_lack_something(loads, is_held):
    """A weekend's file among files of working days, a second pull of a day, and corrections are small and whole."""
    assert is_torn(loads) is is_held


def test_windows_are_as_long_as_the_time_since_the_base_release():
    """A hold of six days is compared with earlier spans of six days, so that it can clear by itself."""
    days = [MONDAY + dt.timedelta(days=number) for number in range(41)]
    assert moves.windows(days, 1)[:2] == [(days[39], days[40]), (days[38], days[39])]
    assert moves.windows(days, 6) == [(days[end - 6], days[end]) for end in (40, 34, 28, 22, 16, 10)]
    assert [(end - begin).days for begin, end in moves.windows(days, 30)] == [8] * 5  # a fifth of history
    assert moves.windows(days[:5], 1) == []


def test_the_limit_of_moves_is_the_prediction_interval_of_chance():
    """20 windows of 10 in 1,000: arcsin(sqrt(.0104)) + 4.49 deviations of sqrt(21/20)/(2 sqrt(1000)), by hand."""
    limit, usual = moves.limit_of([10] * 20, [1000] * 20, tests=8, factor=1)
    centre = math.asin(math.sqrt(10.375 / 1000.75))
    reach = 4.49143  # Student's t, 19 degrees of freedom, upper tail .001 / 8, by integrating its density
    assert usual == pytest.approx(math.sin(centre) ** 2)
    assert limit == pytest.approx(math.sin(centre + reach * math.sqrt(1.05 / 4000)) ** 2, rel=1e-3)
    assert moves.limit_of([10] * 20, [1000] * 20, 8, factor=3)[0] == pytest.approx(1 - (1 - limit) ** 3)


def test_a_company_that_varies_is_given_more_room():
    """Over-dispersion is its own: 0 to 20 % a window moves the limit beyond that of chance."""
    calm, wild = moves.limit_of([100] * 10, [1000] * 10, 8, 1), moves.limit_of([0, 200] * 5, [1000] * 10, 8, 1)
    assert wild[0] > calm[0] * 2


@pytest.mark.parametrize(("left", "is_held"), [(19, False), (60, True)])
def test_fewer_than_twenty_movers_hold_nothing(left, is_held):
    """19 of 19 customers of a small tier are half a dozen families."""
    before = [{"gold": moves.Moves(60, 1, 1)}] * 10
    assert moves.judge({"gold": moves.Moves(60, left, 0)}, before, 1, 0.2)[0].is_held is is_held


def test_a_tier_that_more_enter_than_it_has_as_always_is_not_held():
    """30 customers, and 40 who come in each span: no share of a tier is above 1, so the limit is not."""
    always = {"gold": moves.Moves(30, 5, 40)}
    assert not any(verdict.is_held for verdict in moves.judge(always, [always] * 8, 1, 0.2))


def test_psi_is_that_of_the_book():
    """Two bins of 50:50 that become 80:20: .3 ln(1.6) - .3 ln(.4) = .416; the half customers matter little."""
    found = values.shift([50_000, 50_000], [80_000, 20_000], [10.0], 0.25, 1)
    assert found.psi == pytest.approx(0.3 * math.log(1.6) - 0.3 * math.log(0.4), abs=1e-3)
    assert found.bins[0].startswith("above 10.00: 50% before, 20% now")


def test_the_limit_of_psi_grows_by_the_month_and_never_shrinks():
    """A thirtieth of .25 after a day would be less than the noise of a day's orders."""
    assert [grown(0.25, days) for days in (1, 30, 60)] == [0.25, 0.25, 0.5]


def test_the_limit_of_psi_stops_at_twice_itself():
    """A margin of a fifth moves PSI by 1.6; with a limit that grew on it would be published after half a year."""
    found = [values.shift([500, 500], [500, 500], [10.0], 0.25, days).limit for days in (1, 40, 60, 400)]
    assert found == pytest.approx([0.25, 1 / 3, 0.5, 0.5])


def psi(before: np.ndarray, now: np.ndarray) -> float:
    return shifted(before, now, 1).psi


def test_the_highest_values_and_those_at_zero_have_bins_of_their_own():
    """The top decile a thousand times as large stays above its decile; all at 5 that are worth 0 were one bin."""
    base = np.exp(np.random.default_rng(1).normal(6, 1.2, 2000))
    top = np.where(base > np.quantile(base, 0.9), 1000 * base, base)
    assert psi(base, top) > 0.25
    assert psi(np.full(300, 5.0), np.zeros(300)) > 0.25
    assert psi(base, base) == 0


@pytest.mark.parametrize(
    ("before", "now", "is_other"), [(10, 29, False), (10, 31, True), (31, 10, True), (0, 5, False), (None, 5, False)]
)
def test_the_mean_tells_of_a_top_that_moved_within_its_bin(before, now, is_other):
    """One in ten who are worth ten times as much make a PSI of .04, and half of all value."""
    assert values.is_other_mean(values.mean_moved(before, now)) is is_other


def test_a_mass_that_moves_by_a_cent_stays_where_it_is():
    """A third of the customers share a value, which each fit finds anew."""
    others = np.exp(np.random.default_rng(1).normal(6, 1, 1300))
    before, now = (np.concatenate([np.full(700, value), others]) for value in (12.34, 12.35))
    assert psi(before, now) == 0


def test_chance_alone_does_not_move_the_values_of_a_small_company():
    """Two samples of 50 of one population differ by a PSI of .7 at times: 1 in 1,000 may exceed the limit."""
    random, over = np.random.default_rng(1), 0
    for _ in range(500):
        before, now = random.multinomial(50, [0.1] * 10), random.multinomial(50, [0.1] * 10)
        found = values.shift(before.tolist(), now.tolist(), list(range(9)), 0.25, 1)
        over += found.psi > found.limit
    assert over <= 3


def test_a_mass_at_one_value_is_one_bin(warehouse):
    """Seven in ten who are worth nothing: deciles 1 to 7 are all 0."""
    warehouse.create_table(
        "scores.clv", "select greatest(0, i - 70)::decimal(18, 2) as clv from range(1, 101) as n (i)"
    )
    [[deciles]] = warehouse.rows(values.edges_sql("scores.clv"))
    edges = values.bin_edges(deciles)
    assert edges == pytest.approx([0, 10.1, 20.2, 60])
    assert dict(warehouse.rows(values.counts_sql("scores.clv", edges))) == {0: 70, 1: 10, 2: 10, 3: 10}


def pasts(warehouse, orders: str) -> past.Past:
    """Customers a and b as a base release of 1 June knew them, against these orders."""
    warehouse.create_table(
        "previous.customer_value",
        "select * from (values ('a', 30::decimal(18, 2), timestamp '2026-03-01', timestamp '2026-05-20'), "
        "('b', 5, timestamp '2026-05-01', timestamp '2026-05-01')) "
        "as t (customer_id, revenue, first_ordered_at, last_ordered_at)",
    )
    warehouse.create_table(
        "facts.orders",
        "select *, true as is_counted, false as is_refund from (values "
        f"{orders}) as t (customer_id, ordered_date, amount)",
    )
    warehouse.create_table("facts.order_days", "select customer_id, ordered_date from facts.orders")
    warehouse.create_table(
        "facts.customer_orders",
        "select customer_id, sum(amount) as revenue, min(ordered_date)::timestamp as first_ordered_at, "
        "max(ordered_date)::timestamp as last_ordered_at from facts.orders group by customer_id",
    )
    return past.Past(*warehouse.rows(past.past_sql(MONDAY))[0])


SAME = "('a', date '2026-04-01', 10::decimal(18, 4)), ('a', date '2026-05-20', 20), ('b', date '2026-05-01', 5)"


@pytest.mark.parametrize(
    ("orders", "changed", "money"),
    [
        (SAME, 0, 35),
        (f"{SAME}, ('b', date '2026-06-02', 900)", 0, 35),  # what came since is no past
        (SAME.replace("20)", "2000)"), 1, 2015),
        (SAME.replace("05-20", "05-21"), 1, 35),
        (SAME.replace("'b'", "'z'"), 1, 35),
    ],
)
def test_the_past_is_each_customers_orders_up_to_the_base_release(warehouse, orders, changed, money):
    """New orders change nothing of it; another amount, date or identifier does."""
    found = pasts(warehouse, orders)
    assert (found.customers, found.changed, found.money_before, found.money_now) == (2, changed, 35, money)


def test_an_export_that_lost_its_past_is_not_young(warehouse):
    """Cut to ten days it would be excused from the check of past money; the base release knew older orders."""
    found = pasts(warehouse, "('b', date '2026-05-31', 5::decimal(18, 4))")
    assert found.begin == dt.date(2026, 3, 1)
    assert past.is_held_by_money(found, MONDAY, 0.05, 1)[0]


@pytest.mark.parametrize(("now", "days", "is_held"), [(104, 1, False), (106, 1, True), (94, 1, True), (108, 60, False)])
def test_money_of_the_past_may_change_by_five_percent_in_a_month(now, days, is_held):
    """Late orders and returns do that; a twentieth of all revenue in a day they do not."""
    said = past.Past(100, 0, 0, Decimal(100), Decimal(now), BEGIN)
    assert past.is_held_by_money(said, MONDAY, 0.05, days)[0] is is_held


def test_amounts_in_another_unit_are_held_and_one_large_order_is_not():
    """A currency's hundredth, in all new orders; one order of a million moves their mean little."""
    usual = [math.log(10 + number % 7) for number in range(40)]
    one_day = amounts.Logs(40, sum(usual), sum(log**2 for log in usual))
    history = {MONDAY - dt.timedelta(days=number): one_day for number in range(60)}
    base = MONDAY - dt.timedelta(days=1)
    hundredfold = [log + math.log(100) for log in usual]
    large = [*usual[1:], math.log(1e6)]
    factors = []
    for logs in (usual, hundredfold, large):
        today = amounts.Logs(len(logs), sum(logs), sum(log**2 for log in logs))
        found = amounts.judge(history | {MONDAY: today}, base, MONDAY, 3)
        factors.append((round(found.factor, 1), found.is_held))
    assert factors == [(1.0, False), (100.0, True), (1.3, False)]


@pytest.mark.parametrize("days", [1, 30, 90, 200])
def test_amounts_that_stay_in_another_unit_are_held_after_any_time(days):
    """Also at the first refresh in a quarter: the weeks before are those of the base release, not of the fault."""
    log, far = math.log(10), math.log(1000)
    base = MONDAY - dt.timedelta(days=days)
    history = {}
    for number in range(400):
        day = MONDAY - dt.timedelta(days=number)
        mean = far if day > base else log
        history[day] = amounts.Logs(40, 40 * mean, 40 * mean**2)
    found = amounts.judge(history, base, MONDAY, 3)
    assert (found.is_held, found.factor) == (True, pytest.approx(100))


def test_a_column_that_was_filled_and_is_empty_is_named():
    """Nobody sees in a total that a column has no values any more."""
    before = marts.Filled(100, {"clv": 100, "region": 40, "rare": 10})
    now = marts.Filled(100, {"clv": 30, "region": 25, "rare": 0})
    found = marts.emptied(
        {
            "customer_value": (before, now),
            "profit_curve": (marts.Filled(5, {"a": 5}), marts.Filled(5, {"a": 0})),
            "tier_migration": (before, now),  # the first comparison with a year ago has no value of a year ago
            "service_quality": (before, marts.Filled(300, {"clv": 100, "region": 40, "rare": 10})),  # more rows
        }
    )
    assert [(one.column, round(one.before, 2), round(one.now, 2)) for one in found] == [
        ("clv", 0, 0.7),
        ("region", 0.6, 0.75),
        ("rare", 0.9, 1.0),
    ]


def test_marts_of_customers_may_lose_one_in_twenty_others_half():
    """Merged customers go one by one; lists of moves are as long as there are moves."""
    lost = {"customer_value": 94, "complaint_trends": 60, "service_timings": 40, "segment_moves": 0}
    found = marts.shrunk({name: (marts.Filled(100, {}), marts.Filled(rows, {})) for name, rows in lost.items()}, 0.05)
    assert found == [("customer_value", 100, 94), ("service_timings", 100, 40)]


def test_causes_begin_with_what_somebody_decided():
    """A margin that was changed explains more than the orders of a day."""
    keys = causes.changed_keys(
        {"clv": {"margin": 1, "method": "auto"}, "gates": {"checks": 1}, "sources": {"as_of": "2026-06-29"}},
        {"clv": {"margin": 0.2, "method": "auto"}, "gates": {"checks": 2}, "sources": {"as_of": "2026-06-30"}},
    )
    told = causes.ranked(
        keys,
        True,
        ("mbg_nbd", "simple_ltv"),
        [causes.Feed("orders", 100, 15), causes.Feed("surveys", 100, 99)],
        [Replaced("surveys", 1_000, {"score": 9}), Replaced("orders", 1_000, {"amount": 300})],
        {"customers are new": 0.001, "customers have ordered since": 0.3},
    )
    assert told == [
        "the configuration changed (clv.margin)",
        "the method of lifetime value was mbg_nbd, and is simple_ltv",
        "loads of orders hold 15 records, and held 100",
        "newer loads replaced amount in 300 of 1,000 records of orders",
        "the program changed",
        "customers have ordered since (30.0%)",
    ]


@pytest.fixture(scope="module")
def company() -> Company:
    """Three thousand customers, 100 days old."""
    made = Company(3_000, seed=5)
    for _ in range(100):
        made.live()
    return made


def test_clean_days_are_not_held(company):
    """People switch off what holds them for nothing; benchmarks/faults/false_holds.py counts over years."""
    assert refreshed(company, 40) == ({}, 0)


@pytest.mark.parametrize("way", ["a file a day", "everything"])
def test_quiet_weekends_and_exports_in_the_morning_are_not_held(way):
    """A tenth of a weekday's orders on Saturday, however the company feeds; or 15 % of the day when it exports."""
    made = Company(3_000, seed=2, weekdays=(1.4, 1.4, 1.4, 1.4, 1.2, 0.14, 0.14))
    for _ in range(420):
        made.live()
    assert refreshed(made, 21, way=way) == ({}, 0)
    assert refreshed(made, 21, way=way, share=0.15) == ({}, 0)


def test_a_small_company_that_refreshes_each_month_is_not_held():
    """300 customers move between tiers as they do in thirty days, and that is no drift."""
    made = Company(300, seed=4, kept_days=800)
    for _ in range(450):
        made.live()
    made.snapshots = type(made.snapshots)(list(made.snapshots)[::30], made.kept_days)
    assert refreshed(made, 300, every=30) == ({}, 0)


@pytest.mark.parametrize("kind", [kind for kind in FAULTS if kind != "day at 15 %"])
def test_planted_faults_are_held(company, kind):
    """A day at 15 % of one that is busier than usual may only be told; all others leave no doubt."""
    base, published = company.snapshots[-2], [one.day for one in company.snapshots][:-1]
    for seed in range(3):
        assert held(company, base, broken(kind, company, base, np.random.default_rng(seed)), published)
