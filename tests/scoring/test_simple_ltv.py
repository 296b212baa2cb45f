"""Simple LTV and discounted value: the worked examples, and the statement that applies them."""

import json
import math
from decimal import Decimal

import pytest

from orchestration.errors import UserError
from orchestration.scoring.clv.simple import (
    PopulationSummary,
    SimpleLtvSettings,
    fit_simple,
    population_sql,
    present_value,
    shrunk_annual_rate,
    simple_ltv_sql,
    simple_value,
    totals_sql,
)


def population(customers=2, order_days=4, revenue=2000, profit=2000, age_days=730):
    return PopulationSummary(customers, order_days, Decimal(revenue), Decimal(profit), age_days)


def buyer(profit, age_days, order_days=1, **more):
    return {"order_days": order_days, "revenue": profit, "profit": profit, "age_days": age_days} | more


def test_sixty_a_week_for_twenty_years_is_worth_62400():
    """The source's example: 60 x 52 weeks x 20 years, of which two years bought are 6,240."""
    assert simple_value(60 * 52, 20) == 62_400
    assert simple_value(60 * 52, 2) == 6_240


@pytest.mark.parametrize(("periods", "discount", "worth"), [(1, 0, 1), (1, 1, 0.5), (2, 0, 2), (2, 1, 0.75)])
def test_present_value_keeps_the_invariants_of_full_retention(periods, discount, worth):
    """With r = 1: n=1,d=0 -> m; n=1,d=1 -> m/2; n=2,d=0 -> 2m; n=2,d=1 -> 0.75m."""
    assert present_value(80, periods, 1, discount) == 80 * worth


def test_retention_lowers_later_periods_only():
    """100/1.1 + 100*.8/1.21 = 90.909 + 66.116: the first period's margin is earned before anyone leaves."""
    assert present_value(100, 2, 0.8, 0.1) == pytest.approx(157.0248, abs=1e-4)


def test_a_broken_period_earns_its_share_at_the_end_of_the_horizon():
    """Half a year of 100 at d = 0 is 50; a year and a half at r = .5 is 100 + .5 * 50."""
    assert present_value(100, 0.5) == 50
    assert present_value(100, 1.5, 0.5) == 125
    assert present_value(100, 0.5, 1, 0.21) == pytest.approx(50 / 1.1)


def test_one_day_of_history_is_not_multiplied_by_365():
    """100 spent a day ago, among customers of 200 a year: (100 + 200) / (1/365 + 1), not 36,500."""
    assert shrunk_annual_rate(100, 1 / 365, 200, 1) == pytest.approx(299.18, abs=0.01)


def test_values_of_a_customer_follow_by_hand(engine):
    """Population: 2,000 over two customer-years, 1,000 a year. Customer: 3,000 in 3 years, k = 1.

    Annual (3000 + 1000) / (3 + 1) = 1,000; simple LTV 3 years of it; discounted 1,000 / 1.1. Order days:
    population 2 a year, customer (10 + 2) / 4 = 3; so a day is worth 333.33.
    """
    engine.customers([buyer(3000, 3 * 365, order_days=10)])
    (row,) = engine.rows(simple_ltv_sql(fit_simple(population())))
    assert row["simple_ltv"] == row["clv"] == Decimal("3000.00")
    assert row["discounted_ltv"] == Decimal("909.09")
    assert row["expected_orders"] == 3
    assert row["expected_order_value"] == Decimal("333.33")
    assert row["clv_method"] == "simple_ltv"
    assert row["p_alive"] is row["clv_low"] is row["clv_high"] is None


def test_the_discounted_method_is_published_where_it_is_chosen(engine):
    """At r = .5 over two years: 1,000/1.1 + 500/1.21; orders 3 + 1.5; simple LTV is 1/(1-r) = 2 years."""
    engine.customers([buyer(3000, 3 * 365, order_days=10)])
    settings = SimpleLtvSettings(method="discounted_ltv", retention=0.5, horizon_days=730)
    (row,) = engine.rows(simple_ltv_sql(fit_simple(population(), settings)))
    assert row["clv"] == row["discounted_ltv"] == Decimal("1322.31")
    assert row["simple_ltv"] == Decimal("2000.00")
    assert row["expected_orders"] == 4.5
    assert row["clv_method"] == "discounted_ltv"


def test_a_customer_without_counted_orders_is_worth_nothing_yet(engine):
    """Registered, or only cancelled orders: the population's mean is no evidence about them."""
    engine.customers([{"order_days": 0, "revenue": 0, "profit": 0}, {"order_days": None}])
    for row in engine.rows(simple_ltv_sql(fit_simple(population()))):
        assert (row["clv"], row["clv_method"], row["expected_orders"]) == (0, "no_orders", 0)
        assert row["expected_order_value"] is None


@pytest.mark.parametrize(
    "summary",
    [
        PopulationSummary(0, 0, Decimal(0), Decimal(0), 0),
        PopulationSummary(1, 1, Decimal(50), Decimal(50), 0),
    ],
)
def test_a_population_without_customers_or_age_gives_finite_values(engine, summary):
    """On a company's first day nobody has an age: never NaN, never a division by zero."""
    model = fit_simple(summary)
    assert all(math.isfinite(rate) for rate in (model.annual_profit, model.annual_order_days))
    engine.customers([buyer(50, 0)])
    (row,) = engine.rows(simple_ltv_sql(model))
    assert row["clv"] == (300 if summary.customers else 150)  # (50 + 50) / 1 x 3, or (50 + 0) / 1 x 3
    assert model.note.endswith(".")


def test_more_refunded_than_bought_is_no_forecast_of_refunds(engine):
    """Where value is revenue it cannot be negative; what serving the customer cost stays."""
    engine.customers([buyer(-500, 365, service_cost=0), buyer(-500, 365, service_cost=30)])
    (summary,) = engine.rows(population_sql())
    assert (summary["revenue"], summary["profit"]) == (0, -30)
    without, costly = engine.rows(simple_ltv_sql(fit_simple(PopulationSummary(1, 1, 0, 0, 365))))
    assert (without["clv"], without["expected_order_value"]) == (0, 0)
    assert costly["clv"] == Decimal("-45.00")  # -30 / (1 + 1) a year x 3


def test_the_population_is_the_customers_with_a_counted_order(engine):
    """Registered people who never bought would halve everybody's rate."""
    engine.customers([buyer(100, 10), buyer(50, 5, order_days=2), {"order_days": 0, "revenue": 0}])
    summary = PopulationSummary(**engine.rows(population_sql())[0])
    assert summary == PopulationSummary(2, 3, Decimal(150), Decimal(150), 15)


def test_columns_are_those_of_scores_clv(engine):
    """Marts read these names and types; another model will write the same table."""
    engine.customers([])
    money = "DECIMAL(18,2)"
    assert engine.types(simple_ltv_sql(fit_simple(population()))) == {
        "customer_id": "VARCHAR",
        "simple_ltv": money,
        "discounted_ltv": money,
        "clv": money,
        "clv_low": money,
        "clv_high": money,
        "p_alive": "DOUBLE",
        "expected_orders": "DOUBLE",
        "orders_low": "BIGINT",
        "orders_high": "BIGINT",
        "expected_order_value": money,
        "clv_method": "VARCHAR",
    }


def test_the_model_table_says_what_is_published_and_that_it_is_uncalibrated(engine):
    """A manager must not take an unchecked figure for a checked one."""
    engine.connection.execute(
        "create table scores.clv as select 3.00 as clv, 3.00 as simple_ltv, 1.00 as discounted_ltv"
    )
    model = fit_simple(population())
    rows = model.model_rows(engine.rows(totals_sql())[0])
    assert [(row["model"], row["is_published"], row["total_clv"]) for row in rows] == [
        ("simple_ltv", True, 3),
        ("discounted_ltv", False, 1),
    ]
    assert {row["fit_status"] for row in rows} == {"uncalibrated"}
    assert json.loads(rows[0]["parameters"])["population_annual_profit"] == 1000


def test_where_a_fitted_model_is_published_the_simple_ones_are_not():
    """They stay in the table to be compared."""
    rows = fit_simple(population()).model_rows({"simple_ltv": 3, "discounted_ltv": 1}, is_published=False)
    assert [row["is_published"] for row in rows] == [False, False]


def test_money_without_cents_is_rounded_to_whole_units(engine):
    """A yen has no hundredth: (100.25 + 1000) / (1 + 1) x 3 years = 1650.375."""
    engine.customers([buyer(100.25, 365)])
    [row] = engine.rows(simple_ltv_sql(fit_simple(population()), digits=0))
    assert row["simple_ltv"] == 1650


@pytest.mark.parametrize(
    "wrong",
    [{"method": "bgnbd"}, {"retention": 1.0}, {"retention": -0.1}, {"prior_years": 0}, {"discount": -0.1}],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    """r = 1 would be an infinite lifetime; k = 0 a division by zero for a customer of today."""
    with pytest.raises(UserError):
        SimpleLtvSettings(**wrong)
