"""Fitting: known parameters are found again, hard data end in a named status, and what must not matter does not."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.scoring.clv.decision import AUTO, CANDIDATES, Past, decide
from orchestration.scoring.clv.fitting import MODELS, fit
from orchestration.scoring.clv.gamma_gamma import Spending
from orchestration.scoring.clv.histogram import Histogram
from scoring.clv import population

DROPPING_OUT = ("pareto_nbd", "bg_nbd", "mbg_nbd")


def recovered(found, true):
    """Each logarithm within 4.5 standard errors of the truth, and those errors not vague."""
    errors = np.array(list(found.report.standard_errors.values())) / found.model.parameters
    return (np.abs(np.log(found.model.parameters) - np.log(true)) < 4.5 * errors).all() and (errors < 0.5).all()


@pytest.mark.parametrize("modified", [False, True])
@pytest.mark.parametrize(
    "true",
    [
        (0.25, 20, 0.8, 2.5),  # like CDNOW
        (3, 60, 0.5, 4),  # rates alike
        (0.6, 8, 0.2, 0.3),  # a + b < 1
        (0.2, 30, 1.5, 0.6),  # few come back
        (1.5, 15, 12, 80),  # chances to stop alike
        (0.8, 4, 0.1, 3),  # many orders
    ],
)
def test_bg_nbd_parameters_are_found_again(true, modified):
    """On 30,000 customers simulated event by event, and so is what they order in the year after."""
    histogram, (*histories, later) = population.bg_nbd(true, 30_000, 7, modified=modified, extra=365)
    found = fit("mbg_nbd" if modified else "bg_nbd", histogram)
    assert found.report.status == "converged"
    assert recovered(found, true)
    expected = found.model.expected_orders(Histogram(*histories, np.ones(30_000, int)), 365)
    assert abs(later.sum() - expected.sum()) < 5 * (later - expected).std() * math.sqrt(30_000)


@pytest.mark.parametrize("true", [(0.55, 30, 0.6, 60), (3, 60, 2, 300), (0.3, 10, 0.3, 15)])
def test_pareto_nbd_parameters_are_found_again(true):
    """On 20,000 customers simulated event by event, and so is what they order in the year after."""
    histogram, (*histories, later) = population.pareto_nbd(true, 20_000, 11, extra=365)
    found = fit("pareto_nbd", histogram)
    assert recovered(found, true)
    expected = found.model.expected_orders(Histogram(*histories, np.ones(20_000, int)), 365)
    assert abs(later.sum() - expected.sum()) < 5 * (later - expected).std() * math.sqrt(20_000)


def poisson_orders():
    chance = np.random.default_rng(1)
    ages = np.floor(chance.uniform(50, 400, 3000))
    return Histogram.of(*population.orders_until(chance, np.full(3000, 0.02), (ages, np.inf))[:2], ages)


HARD = {
    "no drop-out": lambda: population.pareto_nbd((1.5, 40, 0, 1), 3000, 3)[0],
    "plain Poisson": poisson_orders,
    "almost all one-time buyers": lambda: population.bg_nbd((0.03, 20, 1, 1), 5000, 2, modified=True)[0],
    "a + b < 1": lambda: population.bg_nbd((0.5, 8, 0.2, 0.3), 4000, 4)[0],
    "counts to 10,000": lambda: Histogram.of(
        [0, 3, 900, 10_000, 9000], [0, 50, 390, 400, 100], [300, 90, 400, 400, 400]
    ),
    "ten customers": lambda: population.bg_nbd((0.5, 8, 0.5, 2), 10, 6)[0],
    "one customer": lambda: Histogram.of([3], [5], [10]),
    "nobody came back": lambda: Histogram.of([0, 0], [0, 0], [10, 20]),
    "the first day": lambda: Histogram.of([0], [0], [0], [50]),
    "one and the same history": lambda: Histogram.of([1], [10], [10], [20]),
    "all stopped at once": lambda: Histogram.of([0, 1], [0, 3], [400, 400], [50, 50]),
    "a tiny unit of time": lambda: Histogram.of([2, 0, 4], [5e-6, 0, 3e-5], [5e-5, 4e-5, 3.3e-5]),
}
EXPECTED = {
    "no drop-out": "nbd",
    "plain Poisson": "nbd",
    "almost all one-time buyers": "bg_nbd",
    "a + b < 1": "bg_nbd",
    "nobody came back": "nbd",
    "the first day": "nbd",
}


def all_finite(value) -> bool:
    """No NaN and no infinity anywhere within."""
    if isinstance(value, dict):
        return all(all_finite(each) for each in value.values())
    return not isinstance(value, float) or math.isfinite(value)


def ends_well(histogram):
    """Finite numbers, a named status and a sentence from each model by itself."""
    for key in MODELS:
        found = fit(key, histogram)
        assert all_finite(asdict(found.report))
        assert found.report.status in ("converged", "boundary", "vague", "no_repeats")
        assert found.report.note
        if found.model:
            alive = found.model.p_alive(histogram)
            assert ((alive >= 0) & (alive <= 1)).all()
            orders = found.model.discounted_orders(histogram, 365, 0.1)
            assert (np.isfinite(orders) & (orders >= 0)).all()


@pytest.mark.parametrize("name", HARD)
def test_hard_data_end_in_finite_numbers_and_a_named_status(name):
    """Never NaN, never an exception, never silent."""
    ends_well(HARD[name]())


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.floats(0.01, 1), st.floats(0.1, 1000), st.integers(1, 10_000)),
        min_size=1,
        max_size=6,
    )
)
def test_any_histogram_ends_in_finite_numbers_and_a_named_status(drawn):
    """A few random histories shared by many customers lie at every edge of every model."""
    frequency, share, age, counts = np.array(drawn).T
    ends_well(Histogram(frequency, np.where(frequency > 0, share * age, 0.0), age, counts.astype(int)))


@pytest.mark.parametrize("name", EXPECTED)
def test_the_candidates_end_where_the_data_allow(name):
    """The first that the data support, in their order; who is left is named with the reason."""
    decided = decide(Past(HARD[name](), Spending([], [], [])), None, AUTO, {})
    assert decided.count.report.model == EXPECTED[name]
    if name in ("no drop-out", "plain Poisson"):
        for key in CANDIDATES:
            assert f"{key} was left: nothing shows that customers stop buying" in decided.why


@pytest.mark.parametrize("key", MODELS)
def test_the_previous_parameters_do_not_change_the_answer(key):
    """They are one start among fixed ones: the same optimum to 1e-6 from near and from far."""
    histogram, _ = population.bg_nbd((0.5, 20, 0.8, 2.5), 3000, 3, modified=True)
    alone = fit(key, histogram)
    for factors in ((1.01, 0.99, 1.02, 0.98), (30, 0.01, 50, 0.02), (0.02, 40, 0.03, 60)):
        values = (value * factor for value, factor in zip(alone.model.parameters, factors, strict=False))
        again = fit(key, histogram, type(alone.model)(tuple(values)))
        assert again.model.parameters == pytest.approx(alone.model.parameters, rel=1e-6)
        assert again.report.log_likelihood == pytest.approx(alone.report.log_likelihood, abs=1e-6)


@pytest.mark.parametrize("key", MODELS)
def test_weeks_and_days_give_the_same_model(key):
    """Only alpha and beta change, by 7; the previous parameters may be in the other unit."""
    days, _ = population.bg_nbd((0.5, 20, 0.8, 2.5), 2000, 3, modified=True)
    weeks = Histogram(days.frequency, days.recency / 7, days.age / 7, days.counts, days_per_unit=7)
    by_days = fit(key, days)
    by_weeks = fit(key, weeks, by_days.model)
    assert by_weeks.model.expected_orders(weeks, 365) == pytest.approx(
        by_days.model.expected_orders(days, 365), rel=1e-6
    )
    for name, value in by_weeks.report.parameters.items():
        factor = 7 if name in ("alpha", "beta") else 1
        assert value * factor == pytest.approx(by_days.report.parameters[name], rel=1e-6)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000), key=st.sampled_from(list(MODELS)))
def test_neither_order_nor_splitting_of_rows_changes_anything(seed, key):
    """Rows shuffled, and the customers of a history spread over two rows."""
    histogram, _ = population.bg_nbd((0.5, 20, 0.8, 2.5), 500, 3, modified=True)
    doubled = Histogram(histogram.frequency, histogram.recency, histogram.age, histogram.counts + 1)
    rows = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(doubled)), 2))
    later = np.zeros(len(rows), int)
    later[np.unique(rows, return_index=True)[1]] = 1
    counts = np.where(later == 1, 1, histogram.counts[rows])
    split = Histogram(doubled.frequency[rows], doubled.recency[rows], doubled.age[rows], counts)
    one, other = fit(key, doubled), fit(key, split)
    assert other.model.parameters == pytest.approx(one.model.parameters, rel=1e-6)
    assert other.report.log_likelihood == pytest.approx(one.report.log_likelihood, rel=1e-12)
    orders = one.model.expected_orders(doubled, 365)
    assert one.model.expected_orders(split, 365) == pytest.approx(orders[rows], rel=1e-9)


def test_a_large_histogram_is_fitted_on_all_its_customers():
    """Starts are tried on a sample; the end is the optimum of everybody, where the gradient vanishes."""
    histogram, _ = population.bg_nbd((0.5, 20, 0.8, 2.5), 20_000, 3)
    found = fit("bg_nbd", histogram)
    assert len(histogram) > 7000
    _, gradient = found.model.log_likelihood(histogram)
    assert np.abs(gradient * found.model.parameters).max() < 1e-7 * histogram.customers
    assert found.report.customers == 20_000


def test_standard_errors_are_those_of_repeated_samples():
    """Spread of 40 simulated fits against the error that one of them states, within a third."""
    fits = [fit("bg_nbd", population.bg_nbd((0.8, 20, 1, 3), 4000, seed)[0]) for seed in range(40)]
    spread = np.std(np.log([found.model.parameters for found in fits]), axis=0)
    stated = np.mean(
        [np.array(list(found.report.standard_errors.values())) / found.model.parameters for found in fits], axis=0
    )
    assert stated == pytest.approx(spread, rel=0.33)


def test_an_unknown_model_is_refused():
    """With the accepted names."""
    with pytest.raises(UserError, match="pareto_nbd, bg_nbd, mbg_nbd, nbd"):
        fit("gamma", Histogram.of([1], [1], [2]))
