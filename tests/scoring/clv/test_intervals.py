"""Intervals: their ends against the exact law and against simulation, coverage, and a transform that finds them out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, norm

from orchestration.errors import UserError
from orchestration.scoring.clv.bg_nbd import BgNbd, MbgNbd
from orchestration.scoring.clv.fitting import fit
from orchestration.scoring.clv.gamma_gamma import GammaGamma, Spending, fit_spend
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.intervals import chances, intervals, randomised_transform, value_of
from orchestration.scoring.clv.nbd import Nbd
from orchestration.scoring.clv.pareto_nbd import ParetoNbd
from orchestration.scoring.clv.plausible import Point, plausible
from scoring.clv import population
from scoring.clv.test_clv_fitting import HARD

MODELS = [Nbd((0.8, 30)), BgNbd((0.8, 30, 0.6, 4)), MbgNbd((0.8, 30, 0.6, 4)), ParetoNbd((0.8, 30, 0.6, 100))]
# Ways to be a customer, and the model that knows them.
POPULATIONS = {
    "like CDNOW": ("bg_nbd", lambda seed, size: population.bg_nbd((0.25, 20, 0.8, 2.5), size, seed, extra=365)),
    "few stop": ("bg_nbd", lambda seed, size: population.bg_nbd((1.5, 30, 0.1, 3), size, seed, extra=365)),
    "one-time buyers": (
        "mbg_nbd",
        lambda seed, size: population.bg_nbd((0.6, 10, 1, 0.8), size, seed, modified=True, extra=365),
    ),
    "stop at any moment": (
        "pareto_nbd",
        lambda seed, size: population.pareto_nbd((0.6, 15, 0.6, 60), size, seed, extra=365),
    ),
    "never stop": ("nbd", lambda seed, size: population.pareto_nbd((1.5, 40, 0, 1), size, seed, extra=365)),
}
SPEND = GammaGamma((4.0, 4.0, 30.0))


@pytest.fixture(scope="module", params=POPULATIONS)
def lived(request):
    """A fit, a row for each customer's history, and the order days of the year after."""
    key, simulated = POPULATIONS[request.param]
    histogram, (frequency, recency, age, later) = simulated(4, 5000)
    return fit(key, histogram), Histogram(frequency, recency, age, np.ones(5000, int)), later


def test_the_ends_are_those_of_a_geometric_law():
    """NBD, r = 1, alpha + T = 20 days, 80 ahead: P(N > n) = 0.8^(n+1), first below 0.9 at 0, below 0.1 at 10."""
    found = intervals(Point(Nbd((1, 19))), Histogram([0], [0], [1], [1]), 80)
    assert (found.orders_low[0], found.orders_high[0]) == (0, 10)
    wider = intervals(Point(Nbd((1, 19))), Histogram([0], [0], [1], [1]), 80, share=0.9)  # 0.8^14 = 0.044 is below 0.05
    assert (wider.orders_low[0], wider.orders_high[0]) == (0, 13)


@pytest.mark.parametrize("model", MODELS)
def test_on_few_ages_the_ends_are_exact(model):
    """No more than a tenth lies below the low end or above the high one, and neither could be nearer."""
    histogram = Histogram(
        [0, 0, 1, 3, 12, 12, 30], [0, 0, 5, 60, 90, 400, 390], [0, 300, 9, 90, 400, 402, 400], [1] * 7
    )
    found = intervals(Point(model), histogram, 365)
    for end, chance in ((found.orders_low, 0.1), (found.orders_high, 0.9)):
        fewer, same = chances([Point(model)], histogram, 365, end)
        assert (fewer < chance + 1e-9).all()
        assert (fewer + same >= chance - 1e-9).all()


@pytest.mark.parametrize("model", MODELS)
def test_tables_err_by_less_than_a_third_of_a_hundredth(model):
    """Any age to 2,000 days, frequencies to 300: the chance beyond an end against the exact law."""
    chance = np.random.default_rng(2)
    often = np.minimum(chance.geometric(0.015, 1000) - 1, 299)
    frequency = np.concatenate((often, np.minimum(chance.geometric(0.2, 2000) - 1, 20)))
    age = np.concatenate((chance.uniform(300, 2000, 1000), chance.uniform(21, 730, 2000)))
    recency = np.where(frequency > 0, chance.uniform(0.4, 1, 3000) * age, 0)
    histogram = Histogram(frequency, recency, age, np.ones(3000, int))
    found = intervals(Point(model), histogram, 365)
    misplaced = 0
    for end, aim in ((found.orders_low, 0.1), (found.orders_high, 0.9)):
        fewer, same = chances([Point(model)], histogram, 365, end)
        assert (fewer < aim + 0.0033).all()
        assert (fewer + same > aim - 0.0033).all()
        misplaced += np.mean((fewer > aim) | (fewer + same < aim)) / 2
    assert misplaced < 0.02


@pytest.mark.parametrize("history", [(0, 0, 200), (2, 90, 100), (9, 280, 300), (60, 300, 310)])
def test_spend_is_the_simulated_sum_of_orders(history):
    """Orders drawn from their law, each spending at the customer's own, unknown rate: a tenth falls beyond each end."""
    model, mean, draws = BgNbd((0.8, 30, 0.6, 4)), 50.0, 400_000
    histogram = Histogram(*([value] for value in history), [1])
    found = intervals(Point(model, SPEND), histogram, 365)
    low, high = (
        value_of(end, SPEND, histogram.frequency, np.array([mean]), 0.5, 0.9)[0]
        for end in (found.spend_low, found.spend_high)
    )
    chance = np.random.default_rng(8)
    orders = chance.choice(301, draws, p=_normed(model.order_probabilities(histogram, 365, 300)[0]))
    p, q, gamma = SPEND.parameters
    rates = chance.gamma(p * history[0] + q, 1 / (gamma + history[0] * mean), draws)
    value = np.where(orders > 0, chance.gamma(p * np.maximum(orders, 1)) / rates, 0.0) * 0.5 * 0.9
    assert np.mean(value > high) == pytest.approx(0.1, abs=0.004)
    if low:
        assert np.mean(value < low) == pytest.approx(0.1, abs=0.004)
    else:
        assert np.mean(value == 0) >= 0.1


def test_four_in_five_customers_at_least_are_within(lived):
    """Order days and spend of a simulated year ahead, after fitting, and about a tenth beyond either end at most."""
    found, histogram, later = lived
    chance = np.random.default_rng(5)
    p, q, gamma = SPEND.parameters
    x = histogram.frequency
    rates = chance.gamma(q, 1 / gamma, len(x))
    mean = np.where(x > 0, chance.gamma(p * np.maximum(x, 1)) / rates / np.maximum(x, 1), 0.0)
    spent = np.where(later > 0, chance.gamma(p * np.maximum(later, 1)) / rates, 0.0)
    spending = Spending(x[x > 0], mean[x > 0], np.ones(int((x > 0).sum())))
    money = fit_spend(spending)
    ends = intervals(Point(found.model, money.model), histogram, 365, plausible(found, money))
    values = (value_of(end, money.model, x, mean, 1.0, 1.0) for end in (ends.spend_low, ends.spend_high))
    for came, (low, high) in ((later, (ends.orders_low, ends.orders_high)), (spent, values)):
        assert np.mean((came >= low) & (came <= high)) >= 0.8
        assert np.mean(came < low) < 0.11
        assert np.mean(came > high) < 0.11


@pytest.fixture(scope="module")
def transform(lived):
    found, histogram, later = lived
    return randomised_transform([Point(found.model)], histogram, 365, later, 1)


def test_the_transform_is_uniform(transform):
    """The laws are right as a whole, which coverage of a discrete interval cannot show."""
    assert kstest(transform, "uniform").pvalue > 0.001


@pytest.mark.parametrize("width", [0.8, 1.2])
def test_the_transform_finds_intervals_that_are_a_fifth_off(transform, width):
    """Laws whose normal scores are drawn together or apart by 20 %: uniformity is rejected, in each population."""
    distorted = norm.cdf(norm.ppf(transform) / width)
    assert kstest(distorted, "uniform").pvalue < 1e-6


def test_the_transform_finds_the_wrong_model():
    """Customers who stop, by a model in which nobody does."""
    histogram, (frequency, recency, age, later) = population.bg_nbd((0.8, 20, 0.8, 2.5), 5000, 4, extra=365)
    wrong = fit("nbd", histogram).model
    each = Histogram(frequency, recency, age, np.ones(5000, int))
    assert kstest(randomised_transform([Point(wrong)], each, 365, later, 1), "uniform").pvalue < 1e-6


@pytest.mark.parametrize("key", ["bg_nbd", "pareto_nbd", "nbd"])
def test_points_spread_as_the_standard_errors_say(key):
    """Mean and variance of each parameter's logarithm over the points are those of the fit's report."""
    histogram, _ = population.bg_nbd((0.8, 20, 1, 3), 8000, 1)
    found = fit(key, histogram)
    points = plausible(found)
    weights = [point.weight for point in points]
    logs = np.log([point.model.parameters for point in points])
    fitted = np.log(found.model.parameters)
    errors = np.array(list(found.report.standard_errors.values())) / found.model.parameters
    assert sum(weights) == pytest.approx(1)
    assert weights @ logs == pytest.approx(fitted, abs=0.1 * errors.min())
    assert np.sqrt(weights @ (logs - fitted) ** 2) == pytest.approx(errors, rel=0.02)


def test_points_stand_for_draws_of_the_parameters():
    """300 customers: the law over the points is that over 2,000 draws from the normal law of Laplace."""
    histogram, _ = population.bg_nbd((0.8, 20, 1, 3), 300, 1)
    found = fit("nbd", histogram)
    points = plausible(found)
    fitted = np.log(found.model.parameters)
    moves = np.log([point.model.parameters for point in points]) - fitted
    drawn = fitted + np.random.default_rng(3).multivariate_normal([0, 0], moves.T @ moves / len(points), 2000)
    one = Histogram([2], [30], [60], [1])
    averaged = np.mean([Nbd(tuple(np.exp(logs))).order_probabilities(one, 365, 40)[0] for logs in drawn], axis=0)
    pointed = sum(point.weight * point.model.order_probabilities(one, 365, 40)[0] for point in points)
    assert np.abs(np.cumsum(pointed) - np.cumsum(averaged)).max() < 0.003


def test_no_point_is_one_that_the_data_refuse():
    """Along a ridge the likelihood is no parabola: no point costs more than twice what that says, half an axis each."""
    histogram = HARD["ten customers"]()
    found = fit("bg_nbd", histogram)
    points = plausible(found)
    for point in points:
        cost = found.report.log_likelihood - point.model.log_likelihood(histogram)[0]
        assert cost <= len(points) / 2 + 1e-9


def test_spend_that_was_not_found_by_likelihood_is_taken_as_it_is():
    """A fitted mean that is not believable gives way to the observed one, of which no likelihood says how far to go."""
    found = fit("nbd", population.bg_nbd((0.8, 20, 1, 3), 40, 2)[0])
    means = np.random.default_rng(1).pareto(0.5, 200) + 1
    money = fit_spend(Spending(np.ones(200), means, np.ones(200)))
    assert "no_finite_mean" in money.report.boundary
    assert [point.model for point in plausible(found, money)] == [point.model for point in plausible(found)]
    assert {point.spend for point in plausible(found, money)} == {money.model}


def test_uncertain_parameters_count_for_few_customers_only():
    """The same 40 histories, once each and 100,000 times each: the ends are those of the law over all points."""
    few, _ = population.bg_nbd((0.8, 20, 1, 3), 40, 2)
    many = Histogram(few.frequency, few.recency, few.age, few.counts * 100_000)
    of_many, of_few = fit("nbd", many), fit("nbd", few)
    assert intervals(Point(of_many.model), many, 365, plausible(of_many)).points == 1
    around = plausible(of_few)
    found = intervals(Point(of_few.model), few, 365, around)
    assert found.points == len(around) > 1
    for end, aim in ((found.orders_low, 0.1), (found.orders_high, 0.9)):
        fewer, same = chances(around, few, 365, end)
        assert (fewer < aim + 1e-9).all()
        assert (fewer + same > aim - 1e-9).all()


def test_equal_points_count_as_often_as_they_come():
    """A bound may put several points at one place: together they are that one."""
    few, _ = population.bg_nbd((0.8, 20, 1, 3), 40, 2)
    halves = [Point(Nbd((0.8, 20.0)), SPEND, 0.5) for _ in range(2)]
    whole, parted = (intervals(Point(Nbd((0.8, 20.0)), SPEND), few, 365, around) for around in (None, halves))
    assert parted.points == 1
    assert (parted.orders_high == whole.orders_high).all()


@pytest.mark.parametrize("name", HARD)
def test_hard_data_have_intervals_too(name):
    """Finite, 0 at least, and the right way round, for each model of the chain that can be fitted."""
    histogram = HARD[name]()
    for key in ("bg_nbd", "nbd"):
        if (fitted := fit(key, histogram)).model is not None:
            around = [replace(point, spend=SPEND) for point in plausible(fitted)]
            found = intervals(Point(fitted.model, SPEND), histogram, 365, around)
            for low, high in ((found.orders_low, found.orders_high), (found.spend_low, found.spend_high)):
                assert ((low >= 0) & (low <= high) & np.isfinite(high)).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), model=st.sampled_from(MODELS))
def test_the_order_of_rows_changes_nothing(seed, model):
    """Rows are put together by frequency within, and must come back to their places."""
    histogram, _ = population.bg_nbd((0.8, 20, 1, 3), 60, 2)
    rows = np.random.default_rng(seed).permutation(len(histogram))
    straight, mixed = (intervals(Point(model, SPEND), cells, 90) for cells in (histogram, histogram.rows(rows)))
    for name in ("orders_low", "orders_high", "spend_low", "spend_high"):
        assert getattr(mixed, name) == pytest.approx(getattr(straight, name)[rows], rel=1e-9)


def test_shares_and_orders_that_cannot_be_are_refused():
    """With the rule."""
    histogram = Histogram([1], [1], [2], [1])
    for share, days in ((0, 10), (1, 10), (0.8, 0), (0.8, float("nan"))):
        with pytest.raises(UserError, match="above 0"):
            intervals(Point(Nbd((1, 1))), histogram, days, share=share)
    for orders in ([-1], [1, 2]):
        with pytest.raises(UserError, match="0 or more"):
            chances([Point(Nbd((1, 1)))], histogram, 10, np.array(orders))


def _normed(chances):
    return chances / chances.sum()
