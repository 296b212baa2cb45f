"""Validation: sums by hand, bins that add up, weeks against simulated cohorts, and a choice that says why."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.scoring.clv.bg_nbd import BgNbd
from orchestration.scoring.clv.fitting import fit
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.nbd import Nbd
from orchestration.scoring.clv.validation import (
    Holdout,
    Row,
    by_week,
    choose,
    holdout_log_likelihood,
    validate,
)
from scoring.clv import population

# Two customers with 2 repeats in 20 days, one with none in 10 days; 10 days of hold-out.
SMALL = Holdout(
    Histogram([2, 0], [10, 0], [20, 10], [2, 1]),
    10,
    np.array([2, 1]),
    spend=np.array([30.0, 5.0]),
    mean_spend=[10.0, 0],
)


def rows_of(validation, kind):
    """By bin: expected, actual, naive."""
    return {row.bin: (row.expected, row.actual, row.naive) for row in validation.rows if row.kind == kind}


def test_totals_are_weighted_by_customers():
    """Expected 2 * 1.5 + 0.5 = 3.5, came 2 * 2 + 1 = 5, naive 2 * (2 / 20 * 10) + 0 = 2 order days."""
    found = validate(SMALL, np.array([1.5, 0.5]), -7.0, expected_spend=np.array([15.0, 10.0]))
    assert rows_of(found, "total") == {"orders": (3.5, 5, 2), "spend": (40, 65, 20)}
    assert rows_of(found, "ratio") == {"orders": (0.7, None, 0.4), "spend": (40 / 65, None, 20 / 65)}
    assert found.ratio == 0.7


def test_errors_are_per_customer():
    """Misses 0.5, 0.5 and 0.5; of the naive forecast 1, 1 and 1."""
    found = validate(SMALL, np.array([1.5, 0.5]), -7.0)
    assert (found.mean_absolute_error, found.root_mean_squared_error) == (0.5, 0.5)
    assert (found.naive_mean_absolute_error, found.naive_root_mean_squared_error) == (1, 1)
    uneven = validate(SMALL, np.array([2.0, 4.0]), -7.0)  # misses 0, 0 and 3
    assert uneven.mean_absolute_error == 1
    assert uneven.root_mean_squared_error == pytest.approx(math.sqrt(3))


@pytest.mark.parametrize(
    ("frequency", "label"),
    [(0, "0"), (1, "1"), (2, "2"), (3, "3-4"), (4, "3-4"), (5, "5-7"), (7, "5-7"), (8, "8+"), (99, "8+")],
)
def test_frequencies_fall_into_the_bins_of_the_field(frequency, label):
    """Each into one, with empty bins shown as 0."""
    histogram = Histogram([frequency], [1 if frequency else 0], [2], [3])
    bins = rows_of(validate(Holdout(histogram, 2, [1]), [2.0], 0.0), "orders by frequency")
    assert bins[label] == (6, 3, 3 * frequency)
    assert all(row == (0, 0, 0) for name, row in bins.items() if name != label)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(1, 50), st.integers(0, 20), st.floats(0, 30), st.floats(-50, 500)),
        min_size=1,
        max_size=20,
    )
)
def test_bins_add_up_to_totals(cells):
    """Nothing is lost or counted twice, of orders or of spend."""
    frequency, counts, orders, expected, spend = (np.array(column) for column in zip(*cells, strict=True))
    histogram = Histogram(frequency, np.where(frequency > 0, 5, 0), np.full(len(cells), 9), counts)
    holdout = Holdout(histogram, 30, orders, spend, np.abs(spend))
    found = validate(holdout, expected, 0.0, expected * 7)
    for name in ("orders", "spend"):
        bins = np.array(list(rows_of(found, f"{name} by frequency").values()))
        assert bins.sum(axis=0) == pytest.approx(rows_of(found, "total")[name], rel=1e-9, abs=1e-6)
    assert rows_of(found, "total")["orders"][1] == counts @ orders


def test_likelihood_of_the_hold_out_is_that_of_a_geometric_law():
    """NBD, r = 1, alpha + T = 20, 80 days: P(n) = 0.2 * 0.8^n; two customers with 3 orders, one with none."""
    holdout = Holdout(Histogram([0, 0], [0, 0], [1, 1], [2, 1]), 80, [3, 0])
    by_hand = 2 * math.log(0.2 * 0.8**3) + math.log(0.2)
    assert holdout_log_likelihood(Nbd((1, 19)), holdout) == pytest.approx(by_hand, rel=1e-12)


def test_what_is_impossible_stays_finite():
    """A million orders of somebody of whom none are expected must not end the comparison."""
    holdout = Holdout(Histogram([0], [0], [1000], [1]), 10, [3000])
    assert math.isfinite(holdout_log_likelihood(Nbd((1e-3, 1e4)), holdout))


def test_weeks_of_one_cohort_are_the_differences_of_its_expectation():
    """100 customers of day 3: nothing in week 1 but 4 days; and the running sum is the expectation since then."""
    model = BgNbd((0.5, 10, 0.8, 2.5))
    new = Histogram([0], [0], [0], [1])
    until = [100 * model.expected_orders(new, days)[0] for days in (4, 11, 18)]
    rows = by_week(model, [3], [100], [10, 20, 5])
    assert [row.bin for row in rows] == ["1", "2", "3"] * 2
    assert [row.expected for row in rows[:3]] == pytest.approx(np.diff(until, prepend=0))
    assert rows[3:] == tuple(
        Row("orders to week", week, pytest.approx(total), actual, None)
        for week, total, actual in zip("123", until, (10, 30, 35), strict=True)
    )


def test_who_comes_later_is_not_expected_before():
    """A cohort whose first order lies in week 3 adds nothing to weeks 1 and 2."""
    rows = by_week(Nbd((1, 10)), [14, 0], [50, 0], [0, 0, 0])
    assert [row.expected for row in rows[:3]] == pytest.approx([0, 0, 35])


def test_many_spans_are_read_off_a_curve():
    """700 cohorts over 150 weeks: by NBD customers order at r / alpha a day from their first day on."""
    chance = np.random.default_rng(1)
    first, counts = np.arange(700), chance.integers(1, 50, 700)
    rows = by_week(Nbd((0.5, 20)), first, counts, np.zeros(150))
    expected = [counts @ np.maximum(7 * (week + 1) - first, 0) * 0.025 for week in range(150)]
    assert [row.expected for row in rows[150:]] == pytest.approx(expected, rel=1e-9)
    curved = BgNbd((0.25, 4, 0.8, 2.5))
    few = by_week(curved, [0, 350], [1000, 500], np.zeros(150))  # 247 spans
    new = Histogram([0], [0], [0], [1])
    exact = [
        1000 * curved.expected_orders(new, days)[0] + 500 * curved.expected_orders(new, max(days - 350, 0))[0]
        for days in (7, 350, 364, 1050)
    ]
    assert [few[150 + week].expected for week in (0, 49, 51, 149)] == pytest.approx(exact, rel=1e-4)


def test_the_true_model_is_chosen_and_beats_the_naive_forecast():
    """Customers who stop: fitted on their past, BG/NBD explains the year after better than NBD does."""
    histogram, (frequency, recency, age, later) = population.bg_nbd((0.8, 20, 0.8, 2.5), 5000, 3, extra=180)
    holdout = Holdout(Histogram(frequency, recency, age, np.ones(5000, int)), 180, later)
    found = {}
    for key in ("nbd", "bg_nbd"):
        model = fit(key, histogram).model
        expected = model.expected_orders(holdout.histogram, 180)
        found[key] = validate(holdout, expected, holdout_log_likelihood(model, holdout))
    choice = choose(found)
    assert choice.model == "bg_nbd"
    assert "before nbd" in choice.why
    assert "is below the naive" in choice.why
    assert found["bg_nbd"].ratio == pytest.approx(1, abs=0.06)


def test_the_likelier_model_is_chosen_then_the_one_with_less_error():
    """A lead of 2 in log-likelihood decides; below that the error does."""
    one = validate(SMALL, np.array([1.5, 0.5]), -100.0)  # error 0.5
    other = validate(SMALL, np.array([2.0, 0.0]), -97.0)  # error 0.58
    assert choose({"one": one, "other": other}).model == "other"
    assert "by 3.0 of log-likelihood before one" in choose({"one": one, "other": other}).why
    near = replace(other, log_likelihood=-98.5)
    assert choose({"one": one, "other": near}).model == "one"
    assert "alike; one errs least" in choose({"one": one, "other": near}).why
    assert "only candidate" in choose({"one": one}).why


def test_a_model_that_is_no_better_than_the_naive_forecast_is_called_so():
    """The gate decides; the sentence must not hide it."""
    assert "is not below the naive" in choose({"one": validate(SMALL, np.array([9.0, 9.0]), -1.0)}).why


def test_hold_outs_that_cannot_be_are_refused():
    """With what is wrong."""
    histogram = Histogram([1], [1], [2], [1])
    for columns, message in (
        ({"days": 0, "orders": [1]}, "above 0"),
        ({"days": 5, "orders": [1, 2]}, "orders must be one finite number for each of 1 histories"),
        ({"days": 5, "orders": [-1]}, "whole numbers, 0 at least"),
        ({"days": 5, "orders": [1], "spend": [3.0]}, "together"),
        ({"days": 5, "orders": [1], "spend": [float("nan")], "mean_spend": [1.0]}, "spend must be one finite"),
    ):
        with pytest.raises(UserError, match=message):
            Holdout(histogram, **columns)
    with pytest.raises(UserError, match="without the spend"):
        validate(Holdout(histogram, 5, [1]), [1.0], 0.0, expected_spend=[1.0])
    with pytest.raises(UserError, match="no model"):
        choose({})
