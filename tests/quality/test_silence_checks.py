"""Checks of silence, on limits that are right and on limits that are broken."""

import pytest

from orchestration.quality.silence import silence


@pytest.fixture
def week(warehouse):
    """Makes a company of 100 weekly buyers, of whom so many ordered 25 days ago and the others yesterday."""

    def make(late: int, limit: str = "21.0", silent: str = "days_since_last_order > 21"):
        warehouse.create_table("facts.customers", "select 'c' || i as customer_id from range(100) as n (i)")
        warehouse.create_table(
            "facts.customer_orders",
            "select 'c' || i as customer_id, 5 as order_days, 4 as frequency, "
            f"case when i < {late} then 25 else 1 end as days_since_last_order from range(100) as n (i)",
        )
        warehouse.create_table(
            "scores.silence",
            f"select customer_id, {limit}::double as silence_limit_days, {silent} as is_silent "
            "from facts.customer_orders",
        )
        return {outcome.name: outcome for outcome in silence(warehouse, 0.05)}

    return make


def test_a_usual_week_passes(week):
    """Five of a hundred pass their limits."""
    outcomes = week(5)
    assert all(outcome.passed for outcome in outcomes.values())
    assert outcomes["few_fall_silent_at_once"].observed == pytest.approx(0.05)


def test_many_in_one_week_are_told(week):
    """A shutdown of two weeks is not eighty customers who left."""
    outcome = week(80)["few_fall_silent_at_once"]
    assert not outcome.passed
    assert "80 of 100 customers who were not silent a week ago are now (80.0%" in outcome.message


@pytest.mark.parametrize("limit", ["'nan'", "null", "-1", "'inf'"])
def test_a_limit_that_is_no_number_of_days_is_found(week, limit):
    """Every customer would be silent, or none, for ever."""
    outcome = week(0, limit)["limits_are_numbers"]
    assert (outcome.passed, outcome.rows_failing) == (False, 100)


def test_a_verdict_that_is_missing_is_found(week):
    """A customer who is neither silent nor not has no place in the marts."""
    assert not week(0, silent="null::boolean")["limits_are_numbers"].passed
