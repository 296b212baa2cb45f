"""The statements around the decision, on tables small enough to follow by hand."""

import datetime as dt
from decimal import Decimal

import pytest

from orchestration.scoring.clv import statements
from orchestration.scoring.clv.gamma_gamma import GammaGamma
from orchestration.scoring.clv.simple import PopulationSummary, SimpleLtvSettings, fit_simple, simple_ltv_sql

AS_OF, SPLIT = dt.date(2026, 4, 30), dt.date(2026, 3, 1)
# Two years of customers in all, 2,000 of revenue and 1,000 of profit: 1,000 and 500 a year.
SIMPLE = fit_simple(PopulationSummary(2, 4, Decimal(2000), Decimal(1000), 730), SimpleLtvSettings())
SPEND = GammaGamma((1.0, 2.0, 40.0))


@pytest.fixture
def order_days(engine):
    """One who came again before and after the split, one who did not, one who began after it."""
    columns = {"customer_id": "varchar", "ordered_date": "date", "orders": "bigint", "amount": "decimal(18, 4)"}
    days = [
        *(("again", "2026-01-01", 10), ("again", "2026-01-11", 20), ("again", "2026-02-10", 30)),
        *(
            ("again", "2026-04-01", 40),
            ("again", "2026-04-30", 8),
            ("once", "2026-02-01", 5),
            ("late", "2026-03-15", 7),
        ),
    ]
    rows = [dict(zip(columns, (who, day, 1, amount), strict=True)) for who, day, amount in days]
    engine.fill("facts.order_days", columns, rows)
    engine.connection.execute(f"create table {statements.TRIAL} as {statements.trial_sql(SPLIT)}")
    return engine


def values(rows):
    return [tuple(row.values()) for row in rows]


def test_a_history_is_frequency_recency_and_age_and_equal_ones_are_one_row(engine):
    """Customers without an order that counts have none."""
    two = {"order_days": 3, "frequency": 2, "recency_days": 40, "age_days": 59}
    engine.customers([two, two, {"order_days": 1, "frequency": 0, "recency_days": 0, "age_days": 9}, {"order_days": 0}])
    assert values(engine.rows(statements.histogram_sql())) == [(0, 0, 9, 1), (2, 40, 59, 2)]


def test_spend_is_the_mean_of_the_days_after_the_first_where_there_is_any(engine):
    """60 on two days is 30 a day; days of amount 0 tell nothing of spend."""
    engine.customers(
        [
            {"frequency": 2, "repeat_amount": 60},
            {"frequency": 2, "repeat_amount": 60},
            {"frequency": 1, "repeat_amount": 0},
            {"frequency": 0, "repeat_amount": 0},
        ]
    )
    assert values(engine.rows(statements.spending_sql())) == [(2, 30.0, 2)]


def test_the_summary_counts_customers_and_days_to_as_of(engine):
    """The oldest began 59 days ago, the latest order was 9 days ago."""
    engine.customers(
        [
            {"order_days": 3, "frequency": 2, "recency_days": 40, "age_days": 59},
            {"order_days": 1, "frequency": 0, "recency_days": 0, "age_days": 9},
            {"order_days": 0},
        ]
    )
    assert values(engine.rows(statements.summary_sql())) == [(2, 1, 59, 9)]


def test_the_summary_of_nobody_has_no_days(engine):
    """Not 0 days, which would be today."""
    engine.customers([{"order_days": 0}])
    assert values(engine.rows(statements.summary_sql())) == [(0, 0, None, None)]


def test_the_hold_out_splits_each_history_at_the_day(order_days):
    """`again`: 1 January to 10 February and to 1 March, then two days of 48 in all; `late` was not known yet."""
    assert values(order_days.rows(statements.holdout_sql())) == [
        (0, 0, 28, 0, 1, 0.0, 0.0),
        (2, 40, 59, 2, 1, 48.0, 25.0),
    ]


def test_spend_before_the_split_is_known_spend_only(order_days):
    """20 and 30; not the 40 that came after."""
    assert values(order_days.rows(statements.spending_sql(statements.TRIAL))) == [(2, 25.0, 1)]


def test_cohorts_and_weeks_count_from_the_first_day(order_days):
    """Days 10, 40 and 90 lie in weeks 1, 5 and 12; of 120 days the last one is no whole week."""
    assert values(order_days.rows(statements.cohorts_sql())) == [(0, 1), (31, 1)]
    assert values(order_days.rows(statements.weeks_sql(AS_OF))) == [(1, 1), (5, 1), (12, 1)]


@pytest.fixture
def customer(engine):
    """A function from profit to what is said of a customer with 2 repeats of 60 in all, and 90 of revenue."""

    def said(profit: int, digits: int = 2) -> dict:
        engine.customers(
            [
                {"order_days": 3, "frequency": 2, "recency_days": 40, "age_days": 59, "repeat_amount": 60}
                | {"revenue": 90, "profit": profit, "service_cost": 0},
                {"order_days": 0, "revenue": 0, "profit": 0, "service_cost": 0},
            ]
        )
        engine.connection.execute(
            f"create or replace table {statements.PREDICTIONS} as select 2 as frequency, 40 as recency_days, "
            "59 as age_days, 0.9e0 as p_alive, 3e0 as expected_orders, 2.7e0 as discounted_orders, 1 as orders_low, "
            "6 as orders_high, 0.5e0 as spend_low, 4e0 as spend_high"
        )
        rows = engine.rows(statements.clv_sql(SIMPLE, SPEND, "mbg_nbd", digits))
        assert [row["customer_id"] for row in rows] == ["c000", "c001"]
        return rows[0] | {"other": rows[1]}

    return said


def test_value_is_discounted_orders_times_spend_times_margin(customer):
    """Spend (40 + 60) / (2 + 1); margin (45 + 500) / (90 + 1000) = .5; 2.7 x 33.33 x .5 = 45."""
    said = customer(45)
    assert (said["expected_order_value"], said["clv"]) == (Decimal("33.33"), 45)
    assert (said["p_alive"], said["expected_orders"], said["clv_method"]) == (0.9, 3, "mbg_nbd")


def test_the_interval_is_that_of_the_history_in_the_customers_own_money(customer):
    """100 x .5 x 2.7 / 3 = 45 a multiple: 22.50 to 180."""
    said = customer(45)
    assert (said["clv_low"], said["clv_high"]) == (Decimal("22.50"), 180)
    assert (said["orders_low"], said["orders_high"]) == (1, 6)


def test_a_customer_who_costs_more_than_he_brings_has_a_negative_value(customer):
    """Margin (-1590 + 500) / 1090 = -1: the more he orders the worse, so that the ends change places."""
    said = customer(-1590)
    assert (said["clv_low"], said["clv"], said["clv_high"]) == (-360, -90, -45)


def test_who_never_ordered_is_worth_nothing_and_said_to_be_without_orders(customer):
    """There is no history to predict from."""
    other = customer(45)["other"]
    assert (other["clv"], other["clv_low"], other["p_alive"], other["clv_method"]) == (0, None, None, "no_orders")


def test_yen_are_whole(customer):
    """2.7 x 33.33 x .5 = 45, and an order of 33.33 is 33."""
    said = customer(45, statements.digits_of("JPY"))
    assert (said["expected_order_value"], said["clv"]) == (33, 45)
    assert statements.digits_of("CNY") == 2


def test_columns_are_those_of_simple_ltv(customer, engine):
    """Marts do not ask which of the two wrote the table."""
    customer(45)
    assert engine.types(statements.clv_sql(SIMPLE, SPEND, "bg_nbd")) == engine.types(simple_ltv_sql(SIMPLE))
