"""Silence: who is quiet for longer than chance explains."""

from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import gamma

from orchestration.errors import UserError
from orchestration.scoring.silence import (
    CV2_STEP,
    GapSummary,
    SilenceSettings,
    fit_silence,
    gap_summary_sql,
    silence_sql,
)

# 1,000 gaps of 60 days on average at random moments (cv2 = 1); first gaps alike: mean 60, mean square 2 * 60^2.
RANDOM = GapSummary(1000, 60_000, 900.0, 900, 500, 30_000, 500 * 7200)


def quiet(days, gaps=(), spread=0.0):
    """A customer with these gaps, `spread` the standard deviation over the mean, silent for `days`."""
    mean = sum(gaps) / len(gaps) if gaps else None
    return {
        "order_days": len(gaps) + 1,
        "frequency": len(gaps),
        "recency_days": sum(gaps),
        "mean_gap_days": mean,
        "sd_gap_days": spread * mean if len(gaps) > 1 else None,
        "days_since_last_order": days,
    }


def judged(engine, customers, summary=RANDOM, settings=None):
    engine.customers(customers)
    return sorted(engine.rows(silence_sql(fit_silence(summary, settings))), key=lambda row: row["customer_id"])


@pytest.mark.parametrize("population_mean", [14, 60, 120, 365])
@pytest.mark.parametrize("gaps", [10, 30])
def test_a_regular_weekly_buyer_is_flagged_by_day_22(engine, population_mean, gaps):
    """However rarely others buy; a baseline that waits two years for everybody is of no use to a manager."""
    summary = GapSummary(1000, 1000 * population_mean, 900.0, 900, 500, 30_000, 500 * 7200)
    today, day_22 = judged(engine, [quiet(7, [7] * gaps), quiet(22, [7] * gaps)], summary)
    assert (today["is_silent"], day_22["is_silent"]) == (False, True)


def test_a_one_time_buyer_is_judged_by_the_populations_first_gap(engine):
    """Random first gaps of 60 days: the 99 % quantile of an exponential is 60 * ln(100) = 276.3 days."""
    early, late = judged(engine, [quiet(276), quiet(277)])
    assert early["silence_limit_days"] == pytest.approx(276.31, abs=0.01)
    assert (early["is_silent"], late["is_silent"]) == (False, True)


def test_a_limit_follows_by_hand(engine):
    """Four gaps of 30 with cv2 .25 in a population of 60 and 1, k = 1.

    c' = (4*.25 + 1) / (3 + 1) = .5; m = (120 + .5*60) / 4.5 = 33.333; variation .5 * (1 + 1/5) = .6.
    """
    (row,) = judged(engine, [quiet(0, [30] * 4, spread=0.5)])
    exact = gamma.ppf(0.99, 1 / 0.6, scale=0.6 * 100 / 3)
    assert exact <= row["silence_limit_days"] <= exact * CV2_STEP


def test_without_orders_nobody_is_called_silent(engine):
    """Someone who never bought cannot have stopped."""
    (row,) = judged(engine, [{"order_days": 0}])
    assert (row["silence_limit_days"], row["is_silent"]) == (None, None)


def test_without_any_gap_in_the_population_nothing_is_claimed(engine):
    """In a company's first days nobody has come back yet; null says that it is not known."""
    (row,) = judged(engine, [quiet(500)], GapSummary(0, 0, 0.0, 0, 0, 0, 0))
    assert (row["silence_limit_days"], row["is_silent"]) == (None, None)


def test_few_healthy_customers_with_three_gaps_are_flagged(engine):
    """Three times the own mean would flag (1 + 3/3)^-3 = 12.5 % of random buyers; here it is below half."""
    draws = np.random.default_rng(7)
    gaps = np.ceil(draws.exponential(60, size=(2000, 3))).astype(int)
    following = np.ceil(draws.exponential(60, size=2000)).astype(int)
    spread = gaps.std(axis=1) / gaps.mean(axis=1)
    rows = judged(
        engine,
        [
            quiet(int(days), [int(gap) for gap in own], float(cv)) | {"customer_id": f"c{number:04}"}
            for number, (days, own, cv) in enumerate(zip(following, gaps, spread, strict=True))
        ],
    )
    assert np.mean([row["is_silent"] for row in rows]) < 0.06


def test_longer_and_less_regular_gaps_are_given_more_time(engine):
    """A limit that fell with the spread would call the irregular silent first."""
    steady, uneven, slow = judged(engine, [quiet(0, [30] * 5, 0.1), quiet(0, [30] * 5, 1.0), quiet(0, [60] * 5, 0.1)])
    assert steady["silence_limit_days"] < uneven["silence_limit_days"]
    assert steady["silence_limit_days"] < slow["silence_limit_days"]
    factors = [factor for _, factor in fit_silence(RANDOM).factors]
    assert factors == sorted(factors)


def test_the_summary_counts_gaps_between_order_days(engine):
    """One customer on days 0, 10, 40 (gaps 10, 30: cv2 .25, n = 2); one on day 0 alone; one on days 0, 4."""
    first = date(2025, 1, 1)
    engine.fill(
        "facts.order_days",
        {"customer_id": "varchar", "ordered_date": "date"},
        [
            {"customer_id": who, "ordered_date": first + timedelta(day)}
            for who, day in [("a", 0), ("a", 10), ("a", 40), ("b", 0), ("c", 0), ("c", 4)]
        ],
    )
    start = {"first_ordered_at": "2025-01-01 12:00:00"}
    engine.customers(
        [
            quiet(0, [10, 30], 0.5) | start | {"customer_id": "a"},
            quiet(0) | start | {"customer_id": "b"},
            quiet(0, [4]) | start | {"customer_id": "c"},
        ]
    )
    summary = GapSummary(**engine.rows(gap_summary_sql())[0])
    assert summary == GapSummary(3, 44, 0.5, 1, 2, 14, 116)


def test_columns_are_those_of_scores_silence(engine):
    """Also where nothing is known yet."""
    engine.customers([])
    for summary in (RANDOM, GapSummary(0, 0, 0.0, 0, 0, 0, 0)):
        assert engine.types(silence_sql(fit_silence(summary))) == {
            "customer_id": "VARCHAR",
            "silence_limit_days": "DOUBLE",
            "is_silent": "BOOLEAN",
        }


@pytest.mark.parametrize("wrong", [{"chance": 0}, {"chance": 1}, {"prior_gaps": 0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    """A chance of 0 waits for ever; k = 0 divides by zero for a customer with one gap."""
    with pytest.raises(UserError):
        SilenceSettings(**wrong)
