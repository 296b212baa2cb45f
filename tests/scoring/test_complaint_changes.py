"""Complaints of three months against the twelve before: the exact test, what widens it, and what thin data say."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from orchestration.errors import UserError
from orchestration.scoring.complaint_changes import (
    COLUMNS,
    compared,
    complaint_changes,
    conditional_test,
    dispersion,
    more_than_noise,
)

AS_OF = dt.date(2026, 6, 15)
MONTHS = [month.start_time for month in pd.period_range("2025-01", "2026-06", freq="M")]
LEAST = np.nextafter(0.05, 1)


def of_one_pair(later, before, exposure, exposure_before):
    """One pair of counts: p, low, high."""
    found = conditional_test(np.array([later], float), np.array([before], float), exposure, exposure_before)
    return tuple(float(values[0]) for values in found)


def feeds(counts, orders=1000, months=MONTHS):
    """The two frames of a company with these complaints by category, a number each month from the first on."""
    rows = [
        (month, category, count)
        for category, values in counts.items()
        for month, count in zip(months, values, strict=True)
        if count
    ]
    return (
        pd.DataFrame(rows, columns=["month", "category", "complaints"]),
        pd.DataFrame({"month": months, "orders": np.broadcast_to(orders, len(months))}),
    )


def latest(frame, category="all"):
    """The row of a category in the month of as_of."""
    [row] = frame[(frame["month"] == MONTHS[-1]) & (frame["category"] == category)].to_dict("records")
    return row


def test_three_of_three_in_half_of_the_exposure_is_one_in_four():
    """By hand: all three fall into one half with (1/2)^3, on either side."""
    p_value, low, high = of_one_pair(3, 0, 100, 100)
    assert p_value == pytest.approx(2 * 0.5**3)
    # The share p with p^3 = .025 is the lower end; nothing before leaves the ratio open upwards.
    share = 0.025 ** (1 / 3)
    assert low == pytest.approx(share / (1 - share))
    assert np.isnan(high)


def test_nothing_later_is_a_ratio_of_0_with_an_upper_end():
    """By hand: (1 - p)^4 = .025."""
    p_value, low, high = of_one_pair(0, 4, 100, 100)
    share = 1 - 0.025 ** (1 / 4)
    assert (p_value, low, high) == pytest.approx((2 * 0.5**4, 0, share / (1 - share)))


def test_the_published_comparison_of_two_rates_has_its_published_interval():
    """R's example of poisson.test: 11 in 800 against 21 in 3011 has the interval 0.8584 to 4.2773."""
    _, low, high = of_one_pair(11, 21, 800, 3011)
    assert (low, high) == pytest.approx((0.8584264, 4.2772659), rel=1e-6)


@pytest.mark.parametrize(("later", "before"), [(0, 1), (1, 0), (7, 30), (30, 30), (2, 90), (400, 1000)])
def test_tails_and_interval_are_those_of_the_binomial(later, before):
    """SciPy's binomial test, one tail each, and its Clopper-Pearson interval."""
    p_value, low, high = of_one_pair(later, before, 300, 1200)
    tails = [stats.binomtest(later, later + before, 0.2, side).pvalue for side in ("less", "greater")]
    assert p_value == pytest.approx(min(1, 2 * min(tails)))
    ends = stats.binomtest(later, later + before, 0.2).proportion_ci(method="exact")
    assert low == pytest.approx(ends.low / (1 - ends.low) * 4)
    if before:
        assert high == pytest.approx(ends.high / (1 - ends.high) * 4)


def test_the_interval_leaves_out_1_where_the_test_says_so():
    """Two answers to one question must not differ; also of counts divided by a dispersion."""
    random = np.random.default_rng(5)
    later, before = random.integers(1, 60, 2000) / 1.7, random.integers(1, 240, 2000) / 1.7
    p_value, low, high = conditional_test(later, before, 250.0, 1000.0)
    assert ((p_value < 0.05) == ((low > 1) | (high < 1))).all()


def test_counts_that_vary_more_than_chance_widen_the_interval():
    """By hand: 12 months of 0 and 20 in turn, each 10 from their mean of 10, give 12 x 100 / 10 = 120 over 13."""
    counts = np.array([[0, 20] * 6 + [10, 10, 10], [10] * 15])
    found = dispersion(counts, np.full(15, 100))
    assert found == pytest.approx([120 / 13 * (2.160369 / 1.959964) ** 2, 1.0], rel=1e-5)
    frame = compared(counts, np.full(15, 100))
    assert frame["rate_ratio"].tolist() == [1.0, 1.0]
    assert frame["rate_ratio_high"][0] > 2 * frame["rate_ratio_high"][1]


@pytest.mark.parametrize("variance", [1, 3])
@pytest.mark.parametrize("monthly", [2, 20])
def test_no_change_is_called_one_at_most_one_time_in_twenty(variance, monthly):
    """4,000 companies of the same rate throughout, the variance of their counts once or three times the mean.

    One in twenty has a standard error of .35 per cent.
    """
    random = np.random.default_rng(11)
    orders = random.integers(500, 1500, 15)
    found = compared(drawn(random, monthly * orders / 1000, variance), orders)
    assert (found["p_value"] <= 0.05).mean() <= 0.05 + 3 * 0.0035


@pytest.mark.parametrize("variance", [1, 3])
def test_a_doubling_is_found(variance):
    """Twenty complaints a month become forty: four in five times, where counts cluster too."""
    random = np.random.default_rng(12)
    expected = np.array([20.0] * 12 + [40.0] * 3)
    found = compared(drawn(random, expected, variance), np.full(15, 1000))
    assert (found["p_value"] <= 0.05).mean() > 0.8


def drawn(random, expected, variance):
    """Counts of 4,000 companies: Poisson, or negative binomial with so many times its variance."""
    shape = (4000, len(expected))
    if variance == 1:
        return random.poisson(expected, shape)
    return random.negative_binomial(expected / (variance - 1), 1 / variance, shape)


def test_many_categories_do_not_make_one_of_them_a_change():
    """Benjamini and Hochberg by hand: of four, .01 x 4 is .04 and .03 x 4 / 2 is .06; all together are judged alone."""
    p_value = pd.Series([0.01, 0.03, 0.2, 0.9, 0.05, LEAST, np.nan])
    is_all = pd.Series([False, False, False, False, True, True, False])
    assert more_than_noise(p_value, is_all).tolist() == [True, False, False, False, True, False, pd.NA]


def test_a_month_has_three_months_against_the_twelve_before():
    """By hand: April to June have 2 + 2 + 8, the year before 12 x 2, over 3 x 100 and 12 x 100 orders."""
    complaints, orders = feeds({"price": [9, 9, 9] + [2] * 14 + [8]}, orders=100)
    row = latest(complaint_changes(complaints, orders, AS_OF), "price")
    assert (row["complaints"], row["complaints_before"], row["orders"], row["orders_before"]) == (12, 24, 300, 1200)
    assert row["rate_ratio"] == pytest.approx((12 / 300) / (24 / 1200))


def test_a_month_that_has_not_ended_counts_as_far_as_it_has_gone():
    """Half a month has half of the orders and half of the complaints: the rate is the same."""
    complaints, orders = feeds({"price": [10] * 17 + [5]}, orders=[100] * 17 + [50])
    assert latest(complaint_changes(complaints, orders, AS_OF))["rate_ratio"] == pytest.approx(1)


def test_each_complaint_is_in_its_category_and_in_all():
    """What is shown for all is what the categories add up to, in each of twelve months."""
    complaints, orders = feeds({"price": range(18), "manner": [3, 0] * 9})
    found = complaint_changes(complaints, orders, AS_OF)
    sums = found.assign(is_all=found["category"] == "all").groupby(["month", "is_all"])["complaints"].sum().unstack()
    assert sums.index.tolist() == MONTHS[-12:]
    assert (sums[True] == sums[False]).all()
    assert sums.loc[MONTHS[-1], True] == 15 + 16 + 17 + 3


def test_a_history_of_less_than_fifteen_months_compares_nothing():
    """A feed that began last spring had no complaints before because nobody wrote them down."""
    complaints, orders = feeds({"price": [0] * 4 + [5] * 14})
    found = complaint_changes(complaints, orders, AS_OF)
    assert set(found["no_ratio_reason"]) == {"short_history"}
    assert found["rate_ratio"].isna().all()
    assert found["is_more_than_noise"].isna().all()
    complaints, orders = feeds({"price": [0] * 3 + [5] * 15})
    assert latest(complaint_changes(complaints, orders, AS_OF))["rate_ratio"] == pytest.approx(1)


def test_months_without_orders_compare_nothing():
    """A rate per order needs orders, in both periods."""
    complaints, orders = feeds({"price": [5] * 18}, orders=[100] * 15 + [0] * 3)
    row = latest(complaint_changes(complaints, orders, AS_OF))
    assert (row["no_ratio_reason"], pd.isna(row["is_more_than_noise"])) == ("no_orders", True)


def test_a_new_category_has_no_ratio_and_a_verdict():
    """Thirty complaints of what nobody complained of before are a change, though no ratio tells how great."""
    complaints, orders = feeds({"price": [5] * 18, "smoke": [0] * 15 + [10] * 3})
    row = latest(complaint_changes(complaints, orders, AS_OF), "smoke")
    assert (row["no_ratio_reason"], row["is_more_than_noise"]) == ("none_before", True)
    assert np.isnan(row["rate_ratio"])
    assert np.isnan(row["rate_ratio_high"])
    assert row["rate_ratio_low"] > 1


def test_a_company_without_complaints_says_so():
    """One row a month, not an empty table that looks like a failure."""
    complaints, orders = feeds({})
    found = complaint_changes(complaints, orders, AS_OF)
    assert found["category"].tolist() == ["all"] * 12
    assert latest(found)["no_ratio_reason"] == "no_complaints"
    nothing = complaint_changes(complaints, orders.iloc[:0], AS_OF)
    assert set(nothing["no_ratio_reason"]) == {"no_orders"}
    assert nothing.dtypes.astype(str).to_dict() == found.dtypes.astype(str).to_dict()
    assert list(nothing) == list(COLUMNS)


def test_a_category_called_all_is_refused_with_what_to_do():
    """It would be taken for all categories together."""
    complaints, orders = feeds({"all": [5] * 18})
    with pytest.raises(UserError, match=r"mapping of the feed in sources\.yml"):
        complaint_changes(complaints, orders, AS_OF)
