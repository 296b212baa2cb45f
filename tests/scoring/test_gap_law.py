"""The law of gaps: limits against other implementations, and what a fit finds again."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import betaprime

from orchestration.scoring.gap_law import SHAPES, SPREAD, GapLaw, fit_gap_law, limit_days
from scoring.buyers import Buyers


def law_of(usual_gap, shape, horizon=1e9):
    """A population that is known to be of one pair."""
    return GapLaw(np.array([usual_gap]), np.array([shape]), np.array([1.0]), 0.1, 0.1, horizon)


def fitted(told):
    gaps, days = told["frequency"], told["recency_days"]
    logs = (gaps * told["mean_log_gap_days"]).fillna(0)
    return fit_gap_law(gaps, days, logs, told["days_since_last_order"])


@pytest.fixture(scope="module")
def mixed():
    return fitted(Buyers(2000, [1, 16], 30).on(730))


@pytest.mark.parametrize("shape", [0.5, 1.0, 4.0, 64.0])
@pytest.mark.parametrize(("gaps", "days"), [(0, 0), (1, 12), (10, 300)])
def test_the_limit_is_where_both_chances_fall_to_one_percent(shape, gaps, days):
    """SciPy's beta prime gives the chance of a longer gap, its numerical integral the share of days beyond."""
    [limit] = limit_days(law_of(40.0, shape), [gaps], [days], [gaps * 3.0], 0.01)
    gap = betaprime(shape, SPREAD + gaps * shape, scale=(SPREAD - 1) * 40 / shape + days)
    beyond, _ = quad(gap.sf, limit, np.inf, epsrel=1e-9)
    assert max(gap.sf(limit), beyond / gap.mean()) == pytest.approx(0.01, rel=0.005)


def test_days_that_nobody_can_have_been_quiet_for_are_not_counted():
    """In a company of 200 days a present gap cannot be older: 5 % of the gaps that end by then, or of their days."""
    [limit] = limit_days(law_of(40.0, 0.5, horizon=200.0), [0], [0], [0], 0.05)
    gap = betaprime(0.5, SPREAD, scale=(SPREAD - 1) * 40 / 0.5)
    share = quad(gap.sf, limit, 200)[0] / quad(gap.sf, 0, 200)[0]
    ends_by_then = (gap.sf(limit) - gap.sf(200)) / gap.cdf(200)
    assert max(ends_by_then, share) == pytest.approx(0.05, rel=0.005)


def test_nobody_is_given_longer_than_there_is_history():
    """A rare buyer may need ten years; in a company of two, who ordered once at its beginning can still be missed."""
    [limit] = limit_days(law_of(2000.0, 0.5, horizon=730.0), [0], [0], [0], 0.01)
    assert limit < 730


def test_a_buyer_at_random_moments_is_given_four_and_a_half_usual_gaps():
    """exp(-4.605) = 1 %: nobody can be called silent sooner; E[ln] of an exponential is ln(mean) - .5772."""
    logs = 5000 * (np.log(10) - 0.577216)
    [limit] = limit_days(law_of(10.0, 1.0), [5000], [50_000], [logs], 0.01)
    assert limit == pytest.approx(46.05, rel=0.005)


def test_a_fit_finds_who_is_regular_and_how_often_buyers_stop(mixed):
    """Half of them are random, half of shape 16; one in twenty stops after each order."""
    assert mixed.share_of(0, 2) == pytest.approx(0.5, abs=0.06)
    assert mixed.share_of(8, 32) == pytest.approx(0.5, abs=0.06)
    assert mixed.stops_after_later == pytest.approx(0.05, abs=0.01)
    assert mixed.median_usual_gap() == pytest.approx(30, rel=0.3)  # places lie a factor 1.6 apart


def test_quiet_days_teach_the_law_about_gaps_that_have_not_ended():
    """Half a year of buyers each 90 days: the gaps that have ended are short, and those who are quiet have not left."""
    law = fitted(Buyers(2000, [1], 90, stops=0.02, days=180).on(180))
    assert law.weights @ law.usual_gaps == pytest.approx(90 * np.exp(0.7**2 / 2), rel=0.25)
    assert law.stops_after_first < 0.1


def test_shares_add_up_and_no_pair_is_impossible(mixed):
    """What the population has not shown may still come."""
    assert mixed.weights.sum() == pytest.approx(1)
    assert mixed.weights.min() > 0
    assert len(mixed.weights) % len(SHAPES) == 0


@pytest.mark.parametrize(
    ("gaps", "days", "logs", "quiet"),
    [
        ([0], [0], [0], [0]),
        ([1], [3000], [np.log(3000)], [9000]),
        ([20, 20], [20, 20], [0, 0], [0, 1]),
        ([5000], [5000], [0], [1]),
        ([10] * 50, [300] * 50, [10 * np.log(30)] * 50, [15] * 50),
        ([0] * 50, [0] * 50, [0] * 50, range(50)),
        ([2], [3651], [np.log(3650)], [1]),
    ],
    ids=["one new buyer", "huge gaps", "daily", "5,000 gaps", "all alike", "no gaps", "a day and ten years"],
)
def test_any_population_has_finite_limits(gaps, days, logs, quiet):
    """A company's first days hold one buyer, or ten alike."""
    law = fit_gap_law(gaps, days, logs, quiet)
    limits = limit_days(law, [*gaps, 0, 1, 10], [*days, 0, 30, 70], [*logs, 0, np.log(30), 10 * np.log(7)], 0.01)
    assert np.isfinite(limits).all()
    assert (limits > 0).all()
