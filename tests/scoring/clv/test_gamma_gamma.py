"""Spend per order: the expectation, the fit, and what happens where the population has no finite mean."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gamma as gamma_law

from orchestration.errors import UserError
from orchestration.scoring.clv.gamma_gamma import GammaGamma, Spending, fit_spend
from orchestration.scoring.clv.histogram import InvalidHistory

CDNOW = GammaGamma((6.2496, 3.7442, 15.4435))


def customers(parameters, number, seed):
    """Simulated repeat customers: 1 to 9 repeats each, means of Gamma orders."""
    p, q, gamma = parameters
    chance = np.random.default_rng(seed)
    frequency = chance.integers(1, 10, number)
    mean = chance.gamma(p * frequency) / (frequency * chance.gamma(q, 1 / gamma, number))
    return Spending(frequency, mean, np.ones(number))


def test_the_published_population_mean():
    """CDNOW: 35.17 per order, which is what a customer without repeats is expected to spend."""
    assert CDNOW.population_mean == pytest.approx(35.17, abs=0.01)
    assert CDNOW.expected_spend([0], [float("nan")])[0] == CDNOW.population_mean


def test_the_expectation_by_hand():
    """p (gamma + x m) / (p x + q - 1) with (2, 3, 10) and two repeats of 20: 2 * 50 / 6."""
    assert GammaGamma((2, 3, 10)).expected_spend([2], [20])[0] == pytest.approx(100 / 6)


@settings(max_examples=12, deadline=None)
@given(
    parameters=st.tuples(st.floats(0.5, 20), st.floats(0.5, 20), st.floats(0.5, 50)),
    frequency=st.integers(1, 30),
    mean=st.floats(0.5, 100),
)
def test_the_likelihood_is_the_mixture(parameters, frequency, mean):
    """A mean of x Gamma(p, nu) orders, nu ~ Gamma(q, gamma), integrated over nu, to 1e-8."""
    p, q, gamma = parameters
    peak = (p * frequency + q) / (gamma + frequency * mean)

    def density(scaled):
        nu = scaled * peak
        own = gamma_law.pdf(mean, p * frequency, scale=1 / (nu * frequency))
        return own * gamma_law.pdf(nu, q, scale=1 / gamma) * peak

    parts = [0, 0.2, 0.5, 1, 2, 4, 20]
    mixed = sum(quad(density, *ends, epsabs=0, epsrel=1e-11)[0] for ends in pairwise(parts))
    mixed += quad(density, 20, np.inf)[0]
    found, _ = GammaGamma(parameters).log_likelihood(Spending([frequency], [mean], [3]))
    assert found == pytest.approx(3 * np.log(mixed), rel=1e-7, abs=1e-7)


@settings(max_examples=12, deadline=None)
@given(st.tuples(*[st.floats(-3, 4)] * 3))
def test_the_gradient_is_that_of_finite_differences(logs):
    """To 1e-5, by the logarithms of the parameters."""
    spending = customers((4, 3, 20), 20, 1)
    logs = np.array(logs)
    value, gradient = GammaGamma(tuple(np.exp(logs))).log_likelihood(spending)
    for number in range(3):
        ends = []
        for side in (1e-4, -1e-4):
            moved = logs.copy()
            moved[number] += side
            ends.append(GammaGamma(tuple(np.exp(moved))).log_likelihood(spending)[0])
        slope = (ends[0] - ends[1]) / 2e-4
        assert gradient[number] * np.exp(logs[number]) == pytest.approx(slope, rel=1e-5, abs=1e-7 * abs(value))


@pytest.mark.parametrize("true", [(6, 4, 15), (1, 3, 100), (50, 2.5, 0.2), (3, 30, 200)])
def test_parameters_are_found_again(true):
    """Each logarithm within 4.5 standard errors, and the population's mean within 3 %."""
    found = fit_spend(customers(true, 20_000, 5))
    errors = np.array(list(found.report.standard_errors.values())) / found.model.parameters
    assert found.report.status == "converged"
    assert (np.abs(np.log(found.model.parameters) - np.log(true)) < 4.5 * errors).all()
    p, q, gamma = true
    assert found.model.population_mean == pytest.approx(p * gamma / (q - 1), rel=0.03)


def test_without_a_finite_mean_the_observed_one_counts_as_one_order_more():
    """q of 0.8 would make every expectation negative or infinite."""
    spending = customers((4, 0.8, 20), 5000, 1)
    found = fit_spend(spending)
    assert found.report.parameters["q"] == pytest.approx(0.8, rel=0.1)
    assert (found.report.status, found.report.boundary) == ("boundary", "no_finite_mean")
    mean = spending.observed_mean
    assert found.model.expected_spend([0, 1, 3], [0, 10, 10]) == pytest.approx([mean, (mean + 10) / 2, (mean + 30) / 4])


def test_a_mean_far_from_the_observed_one_is_not_believed():
    """q just above 1: finite, but many times what anybody was seen to spend on average."""
    spending = customers((4, 1.03, 20), 5000, 2)
    found = fit_spend(spending)
    p, q, gamma = found.report.parameters.values()
    assert q > 1
    assert p * gamma / (q - 1) > 3 * spending.observed_mean
    assert found.report.boundary == "no_finite_mean"
    assert found.model.population_mean == pytest.approx(spending.observed_mean)


def test_a_model_without_a_mean_refuses_to_expect():
    """It could only answer with a negative number."""
    assert GammaGamma((4, 0.8, 20)).population_mean is None
    with pytest.raises(UserError, match="no finite mean"):
        GammaGamma((4, 0.8, 20)).expected_spend([1], [10])


@pytest.mark.parametrize(
    ("spending", "case"),
    [
        (Spending([1, 2, 3], [10, 10, 10], [50, 50, 50]), "steady_spenders, alike_spenders"),
        (Spending([3], [5], [1]), "steady_spenders, alike_spenders"),
        (Spending([1, 2], [1e-9, 1e9], [1, 1]), None),
    ],
)
def test_odd_spending_ends_in_finite_expectations(spending, case):
    """Subscriptions of one price, one customer, a cent beside a billion."""
    found = fit_spend(spending)
    expected = found.model.expected_spend([0, 1, 1000], [0, 5, 5])
    assert (np.isfinite(expected) & (expected > 0)).all()
    assert case in (None, found.report.boundary)


def test_a_mean_below_zero_counts_as_zero():
    """Refunds above the sales must not make later orders worth less than nothing."""
    assert (CDNOW.expected_spend([2, 40], [-500, -500]) > 0).all()


def test_nobody_to_learn_from_is_said():
    """The caller has no spend per order then, but a word for why."""
    found = fit_spend(Spending([], [], []))
    assert (found.model, found.report.status) == (None, "no_spending")


def test_the_previous_parameters_do_not_change_the_answer():
    """The same optimum to 1e-6 from a far start."""
    spending = customers((6, 4, 15), 2000, 5)
    alone = fit_spend(spending)
    for previous in ((0.01, 40, 1000), (300, 0.3, 0.1)):
        assert fit_spend(spending, GammaGamma(previous)).model.parameters == pytest.approx(
            alone.model.parameters, rel=1e-6
        )


@pytest.mark.parametrize(
    "broken",
    [([0], [5], [1]), ([1], [0], [1]), ([1], [5], [0]), ([1.5], [5], [1]), ([1], [np.nan], [1]), ([1, 2], [5], [1])],
)
def test_spending_that_nobody_has_is_refused(broken):
    """By row and reason."""
    with pytest.raises(InvalidHistory):
        Spending(*broken)
