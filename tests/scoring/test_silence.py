"""Silence: who is quiet for longer than chance explains."""

import numpy as np
import pandas as pd
import pytest

from orchestration.errors import UserError
from orchestration.publishing.silence_pictures import limit_by_gaps
from orchestration.scoring.silence import (
    IRREGULARITY_STEP,
    MEAN_STEP,
    MOST_REGULAR,
    SilenceSettings,
    cells_sql,
    decide_limits,
    sample_sql,
    silence_sql,
    typical_limits,
)
from scoring.buyers import Buyers, history

MIXED = [1, 2, 4, 8, 16]  # shapes, in equal parts; 1 is random moments
REGULAR = [4, 8, 16]


def quiet(days, gaps=()):
    """A customer with these gaps, silent for `days`."""
    frequency, recency, mean, mean_log = history(gaps)
    return {
        "order_days": frequency + 1,
        "frequency": frequency,
        "recency_days": recency,
        "mean_gap_days": mean,
        "mean_log_gap_days": mean_log,
        "days_since_last_order": days,
    }


def decided(engine, population, customers):
    """The limits that the population teaches, for the cells of the customers."""
    engine.connection.register("population", population)
    engine.connection.register("customers", customers)
    sample = engine.connection.execute(sample_sql("population")).df()
    return decide_limits(sample, engine.connection.execute(cells_sql("customers")).df())


def judged(engine, population, customers=None):
    """The customers, or all of the population, with what scores.silence says of them."""
    customers = population if customers is None else customers
    limits = decided(engine, population, customers)
    engine.connection.register("factors", limits.factors)
    said = engine.connection.execute(silence_sql(limits, "customers", "factors")).df()
    return customers.merge(said, on="customer_id")


def table(rows):
    frame = pd.DataFrame(rows).astype(
        {"order_days": "Int64", "frequency": "Int64", "days_since_last_order": "Int64"}
        | {"mean_gap_days": "float", "mean_log_gap_days": "float"}
    )
    return frame.assign(customer_id=[f"c{number:03}" for number in range(len(rows))])


@pytest.mark.parametrize(
    ("shapes", "median_gap", "count"),
    [(MIXED, 30, 3000), ([1], 60, 2000), (MIXED, 4, 800)],
    ids=["mixed", "random", "nearly daily"],
)
def test_at_most_one_percent_of_the_living_are_called_silent_on_a_day(engine, shapes, median_gap, count):
    """On ten days of two years, fitted anew on each. One or two orders may not count as a habit."""
    buyers = Buyers(count, shapes, median_gap)
    told = pd.concat([judged(engine, buyers.on(day)) for day in range(280, 731, 50)])
    living = told[told["is_alive"]]
    assert living["is_silent"].mean() <= 0.01
    # Of the few living with so short a history, .3 % is the standard error, more where nearly all have bought often.
    few = living[living["frequency"].between(0, 3)].groupby("frequency")["is_silent"].agg(["mean", "size"])
    assert (few["mean"] <= 0.01 + 3 * np.sqrt(0.01 / few["size"])).all()


@pytest.mark.parametrize(("shapes", "fewest_gaps"), [(REGULAR, 0), ([1, *REGULAR], 3)])
def test_half_of_the_departed_are_noticed_within_three_usual_gaps(engine, shapes, fewest_gaps):
    """Their true mean gap, from the last order on: of all regular buyers, and where a quarter buys at random."""
    buyers = Buyers(1500, shapes, 30)
    at_last_order = buyers.on()
    has_left = np.array([dates[-1] <= 730 for dates in buyers.dates])
    departed = at_last_order[has_left & (at_last_order["frequency"] >= fewest_gaps)]
    told = judged(engine, buyers.on(730), departed)
    first_flagged = np.floor(told["silence_limit_days"]) + 1
    assert (first_flagged <= 3 * buyers.usual[told["number"]]).mean() >= 0.5


@pytest.mark.parametrize("median_gap", [14, 60, 120, 365])
def test_a_regular_weekly_buyer_is_flagged_by_day_22(engine, median_gap):
    """However rarely others buy, and though nobody else is regular: two years are of no use to a manager."""
    population = Buyers(500, [1], median_gap).on(730)
    weekly = table([quiet(days, [7] * gaps) for gaps in (7, 10, 30) for days in (7, 22)])
    assert judged(engine, population, weekly)["is_silent"].tolist() == [False, True] * 3


@pytest.mark.parametrize("count", [1, 2, 10])
def test_a_few_alike_customers_are_judged(engine, count):
    """A company's first weeks: six gaps of 30 days each; ten days of quiet say nothing, a year does."""
    told = judged(engine, table([quiet(10, [30] * 6)] * count + [quiet(365, [30] * 6)]))
    assert told["is_silent"].tolist() == [False] * count + [True]


def test_a_daily_buyer_may_miss_a_day(engine):
    """The last order day may have been cut off by the hour of the refresh."""
    told = judged(engine, table([quiet(days, [1] * 60) for days in (0, 1, 5)]))
    assert told["is_silent"].tolist() == [False, False, True]


def test_longer_and_less_regular_gaps_are_given_more_time(engine):
    """A limit that fell with the spread would call the irregular silent first."""
    population = Buyers(500, MIXED, 30).on(730)
    customers = table([quiet(0, [29, 31] * 4), quiet(0, [5, 55] * 4), quiet(0, [58, 62] * 4), quiet(0, [29, 31] * 9)])
    steady, uneven, slow, known = judged(engine, population, customers)["silence_limit_days"]
    assert known < steady < uneven
    assert steady < slow


def test_without_orders_nobody_is_called_silent(engine):
    """Someone who never bought cannot have stopped."""
    buyers = table([quiet(3, [30, 30]), quiet(900), {"order_days": 0}])
    told = judged(engine, buyers)
    assert told["silence_limit_days"].isna().tolist() == [False, False, True]
    assert told["is_silent"].isna().tolist() == [False, False, True]


def test_without_any_gap_in_the_population_nothing_is_claimed(engine):
    """In a company's first days nobody has come back yet; null says that it is not known."""
    told = judged(engine, table([quiet(500), quiet(3)]))
    assert told[["silence_limit_days", "is_silent"]].isna().all(axis=None)


def test_a_limit_belongs_to_each_customer_however_odd(engine):
    """Each must find its cell: one gap, thousands, of a day, of ten years, all alike, and far apart."""
    gaps = [[1], [3650], [1] * 3000, [1, 3650], [7] * 99, [7] * 100, [1, 1, 1, 900], [30, 30]]
    told = judged(engine, table([quiet(5, own) for own in gaps]))
    assert (told["silence_limit_days"] > 0).all()


def test_histories_in_a_cell_are_alike(engine):
    """Gaps of 10 and 30: mean 20, ln 20 - (ln 10 + ln 30) / 2 = .1438; the cell's edge is the next above it."""
    engine.connection.register("customers", table([quiet(0, [10, 30]), quiet(9, [30, 10]), quiet(0), quiet(0, [9])]))
    single, pair = engine.rows(cells_sql("customers"))
    assert (single["gap_count"], single["customers"]) == (1, 1)
    assert (pair["gap_count"], pair["customers"]) == (2, 2)
    assert MEAN_STEP ** pair["mean_cell"] <= 20 < MEAN_STEP ** (pair["mean_cell"] + 1)
    edge = MOST_REGULAR * IRREGULARITY_STEP ** pair["irregularity_cell"]
    assert edge / IRREGULARITY_STEP < 0.1438 <= edge


def test_the_sample_holds_histories_with_and_without_gaps(engine):
    """One-time buyers, too, say how long gaps are; who never bought says nothing."""
    engine.connection.register("customers", table([quiet(4, [10, 30]), quiet(50), {"order_days": 0}]))
    once, twice = engine.rows(sample_sql("customers"))
    assert once == {"gaps": 0, "gap_days": 0, "log_gap_days": 0, "quiet_days": 50}
    assert twice == {"gaps": 2, "gap_days": 40, "log_gap_days": pytest.approx(np.log(300)), "quiet_days": 4}


def test_columns_are_those_of_scores_silence(engine):
    """Also where nothing is known yet."""
    for buyers in (table([quiet(3, [30, 30])]), table([quiet(3)])):
        limits = decided(engine, buyers, buyers)
        engine.connection.register("factors", limits.factors)
        assert engine.types(silence_sql(limits, "customers", "factors")) == {
            "customer_id": "VARCHAR",
            "silence_limit_days": "DOUBLE",
            "is_silent": "BOOLEAN",
        }


def test_the_picture_has_a_line_for_each_kind_of_buyer(engine):
    """The random one's stays the highest once enough is known, and none is below one usual gap."""
    buyers = Buyers(500, MIXED, 30).on(730)
    limits = decided(engine, buyers, buyers)
    lines = typical_limits(limits.law, limits.tail)
    last = lines[lines["gaps"] == 30].set_index("shape")["factor"]
    assert last[1] > last[4] > last[16] > 1
    drawn = limit_by_gaps(lines)
    assert "random 随机" in drawn
    assert "Gaps seen so far" in drawn


@pytest.mark.parametrize("wrong", [0, 0.5, 1])
def test_settings_that_make_no_sense_are_refused(wrong):
    """A chance of 0 waits for ever."""
    with pytest.raises(UserError):
        SilenceSettings(wrong)
