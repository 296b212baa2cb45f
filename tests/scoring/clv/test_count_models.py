"""The count models against plain integration over their mixing densities, published numbers and other formulas."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammaln, hyp2f1

from orchestration.errors import UserError
from orchestration.scoring.clv.bg_nbd import BgNbd, MbgNbd
from orchestration.scoring.clv.fitting import MODELS
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.nbd import Nbd
from orchestration.scoring.clv.pareto_nbd import ParetoNbd
from scoring.clv.mixing import Mixed

DROPPING_OUT = (BgNbd, MbgNbd, ParetoNbd)
SHAPES = st.floats(0.3, 6)
NEW = Histogram.of([0], [0], [0])


@st.composite
def histories(draw, highest=10):
    """One history of an age up to 100."""
    frequency = draw(st.integers(0, highest))
    age = draw(st.floats(0.5, 100))
    return frequency, draw(st.floats(0.01, 1)) * age if frequency else 0.0, age


@pytest.mark.parametrize("model", DROPPING_OUT)
@settings(max_examples=12, deadline=None)
@given(
    parameters=st.tuples(SHAPES, st.floats(1, 50), SHAPES, SHAPES),
    cells=st.lists(st.tuples(histories(), st.integers(1, 1000)), min_size=1, max_size=3),
)
def test_likelihoods_are_the_mixtures(model, parameters, cells):
    """To 1e-8 on random histograms, weighted by counts."""
    fitted = model(parameters)
    counts = [count for _, count in cells]
    histogram = Histogram(*np.array([history for history, _ in cells]).T, counts)
    expected = sum(count * np.log(Mixed(fitted, *history).likelihood) for history, count in cells)
    assert fitted.log_likelihood(histogram)[0] == pytest.approx(expected, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("model", DROPPING_OUT)
@settings(max_examples=12, deadline=None)
@given(
    parameters=st.tuples(SHAPES, st.floats(1, 50), SHAPES, SHAPES),
    history=histories(6),
    span=st.floats(1, 200),
    discount=st.sampled_from([0.0, 0.1, 3.0]),
)
def test_predictions_are_the_mixtures(model, parameters, history, span, discount):
    """P(alive), discounted orders and each probability of a number of orders, given a history."""
    fitted, mixed = model(parameters), Mixed(model(parameters), *history)
    histogram = Histogram.of(*([value] for value in history))
    assert fitted.p_alive(histogram)[0] == pytest.approx(mixed.p_alive, rel=1e-7, abs=1e-12)
    expected = mixed.orders(span, np.log1p(discount) / 365)
    assert fitted.discounted_orders(histogram, span, discount)[0] == pytest.approx(expected, rel=1e-7, abs=1e-12)
    chances = fitted.order_probabilities(histogram, span, 4)[0]
    assert chances == pytest.approx([mixed.chance(orders, span) for orders in range(5)], rel=1e-7, abs=1e-10)


@pytest.mark.parametrize("model", MODELS.values())
@settings(max_examples=12, deadline=None)
@given(
    logs=st.tuples(*[st.floats(-3, 4)] * 4),
    cells=st.lists(st.tuples(histories(300), st.integers(1, 1000)), min_size=1, max_size=6),
)
def test_gradients_are_those_of_finite_differences(model, logs, cells):
    """To 1e-5, by the logarithms of the parameters."""
    logs = np.array(logs[: len(model.names)])
    counts = [count for _, count in cells]
    histogram = Histogram(*np.array([history for history, _ in cells]).T, counts)
    value, gradient = model(tuple(np.exp(logs))).log_likelihood(histogram)
    gradient = gradient * np.exp(logs)
    for number in range(len(logs)):
        ends = []
        for side in (1e-4, -1e-4):
            moved = logs.copy()
            moved[number] += side
            ends.append(model(tuple(np.exp(moved))).log_likelihood(histogram)[0])
        slope = (ends[0] - ends[1]) / 2e-4
        assert gradient[number] == pytest.approx(slope, rel=1e-5, abs=1e-5 * (1 + abs(value) / 100))


def test_the_published_customer_of_bg_nbd():
    """26 repeats, the last in week 30.86 of 31: 25.76 more in 52 weeks at the parameters of Fader and Hardie."""
    best = Histogram.of([26], [216 / 7], [31], days_per_unit=7)
    fitted = BgNbd((0.2426, 4.4136, 0.7929, 2.4259), days_per_unit=7)
    assert fitted.expected_orders(best, 364)[0] == pytest.approx(25.757, abs=0.002)
    assert fitted.p_alive(best)[0] == pytest.approx(0.96885, abs=1e-5)


def test_the_published_customer_of_the_bg_nbd_note():
    """Fader, Hardie and Lee's spreadsheet note: two repeats, the last in week 30.43 of 38.86: 1.226 in 39 weeks."""
    one = Histogram.of([2], [30.43], [38.86], days_per_unit=7)
    fitted = BgNbd((0.243, 4.414, 0.793, 2.426), days_per_unit=7)
    assert fitted.expected_orders(one, 39 * 7)[0] == pytest.approx(1.226, abs=0.0005)


def test_one_time_buyers_are_alive_for_ever_under_bg_nbd_only():
    """A known trait of BG/NBD, for which MBG/NBD and Pareto/NBD are offered."""
    lost = Histogram.of([0], [0], [1000])
    assert BgNbd((0.5, 8, 0.5, 2)).p_alive(lost)[0] == 1
    assert MbgNbd((0.5, 8, 0.5, 2)).p_alive(lost)[0] < 0.3
    assert ParetoNbd((0.5, 8, 0.5, 20)).p_alive(lost)[0] < 0.3


def closed_form(parameters, frequency, recency, age, span):
    """BG/NBD's expected orders as Fader, Hardie and Lee print them (2005, eq. 10)."""
    r, alpha, a, b = parameters
    rate, third = r + frequency, a + b + frequency - 1
    fallen = (alpha + age) / (alpha + age + span)
    top = third / (a - 1) * (1 - fallen**rate * hyp2f1(rate, b + frequency, third, span / (alpha + age + span)))
    odds = a / (b + frequency - 1) * np.exp(rate * np.log((alpha + age) / (alpha + recency))) if frequency else 0.0
    return top / (1 + odds)


@pytest.mark.parametrize(
    "parameters",
    [(0.24, 4.4, 0.79, 2.4), (0.5, 3, 0.2, 0.3), (0.3, 0.01, 0.5, 0.4), (100, 300, 0.01, 0.02), (5, 5, 3, 0.01)],
)
@pytest.mark.parametrize("history", [(0, 0, 0), (0, 0, 30), (3, 10, 50), (50, 300, 400), (10_000, 9490, 9500)])
def test_expected_orders_hold_at_the_corners(parameters, history):
    """a + b < 1, age 0, 10,000 orders, a nearly homogeneous population: against the printed formula."""
    found = BgNbd(parameters).expected_orders(Histogram.of(*([value] for value in history)), 365)[0]
    assert found == pytest.approx(closed_form(parameters, *history, 365), rel=1e-8)


def over_pieces(function, begin, end):
    """Adaptive quadrature over 25 pieces that halve towards the beginning, where everything happens."""
    ends = [begin + (end - begin) * 2.0**-piece for piece in range(24, -1, -1)]
    return sum(quad(function, *each, epsabs=0, epsrel=1e-9)[0] for each in pairwise([begin, *ends]))


@pytest.mark.parametrize(
    "parameters",
    [(0.55, 10.6, 0.6, 11.7), (5, 0.01, 3, 2000), (0.01, 5, 0.02, 0.001), (2, 300, 8, 0.5), (100, 1000, 0.01, 1e5)],
)
@pytest.mark.parametrize(
    "history", [(0, 0, 3000), (3, 1, 5000), (50, 300, 300), (10_000, 900, 9500), (10_000, 9499, 9500)]
)
def test_pareto_nbd_holds_at_the_corners(parameters, history):
    """Long silences, 10,000 orders, shapes from .01 to 100: against adaptive quadrature over the moment of stopping."""
    r, alpha, s, beta = parameters
    x, last, age = history

    def log_going(moment):
        """ln of: alive until the moment, with all orders by then."""
        return -r * np.log1p(moment / alpha) - x * np.log(alpha + moment) - s * np.log1p(moment / beta)

    highest = log_going(last)
    alive = np.exp(log_going(age) - highest)
    gone = age > last and over_pieces(lambda u: s / (beta + u) * np.exp(log_going(u) - highest), last, age)
    model, histogram = ParetoNbd(parameters), Histogram.of(*([value] for value in history))
    expected = gammaln(r + x) - gammaln(r) + highest + np.log(alive + gone)
    assert model.log_likelihood(histogram)[0] == pytest.approx(expected, rel=1e-10)
    assert model.p_alive(histogram)[0] == pytest.approx(alive / (alive + gone), rel=1e-8, abs=1e-12)


def test_a_chance_to_stop_with_a_of_one_is_no_hole():
    """The printed formula divides by a - 1; its neighbours must agree with what we say between them."""
    history = Histogram.of([3], [10], [50])
    near = [closed_form((2, 10, a, 5), 3, 10, 50, 365) for a in (1 - 1e-4, 1 + 1e-4)]
    assert BgNbd((2, 10, 1, 5)).expected_orders(history, 365)[0] == pytest.approx(np.mean(near), rel=1e-7)


@pytest.mark.parametrize("model", [Nbd((0.5, 8)), *(kind((0.5, 8, 0.6, 2)) for kind in DROPPING_OUT)])
def test_discounted_orders_are_the_sum_over_short_intervals(model):
    """100 slices, short ones first, each discounted from its middle: (1 + d)^(-days / 365)."""
    histogram = Histogram.of([0, 0, 3, 90], [0, 0, 10, 390], [0, 60, 50, 400])
    edges = 730 * np.linspace(0, 1, 101) ** 2
    until = np.array([model.expected_orders(histogram, days) for days in edges])
    middle = (edges[1:] + edges[:-1]) / 2
    summed = (np.diff(until, axis=0) * 1.1 ** (-middle[:, None] / 365)).sum(axis=0)
    assert model.discounted_orders(histogram, 730, 0.1) == pytest.approx(summed, rel=1e-5)


@pytest.mark.parametrize("model", [Nbd((0.5, 8)), *(kind((0.5, 8, 0.6, 2)) for kind in DROPPING_OUT)])
def test_probabilities_sum_to_one_and_their_mean_is_the_expectation(model):
    """The distribution and the expectation are computed in unlike ways."""
    histogram = Histogram.of([0, 0, 3, 9], [0, 0, 10, 45], [0, 60, 50, 50])
    chances = model.order_probabilities(histogram, 30, 600)
    assert chances.sum(axis=1) == pytest.approx(1, abs=1e-7)
    assert chances @ np.arange(601) == pytest.approx(model.expected_orders(histogram, 30), rel=1e-4)


@pytest.mark.parametrize("model", [Nbd((0.5, 8)), *(kind((0.5, 8, 0.6, 2)) for kind in DROPPING_OUT)])
def test_the_unit_of_time_is_part_of_the_model(model):
    """Weeks instead of days: the same answers with parameters in weeks, an error with those in days."""
    days = Histogram.of([0, 4], [0, 28], [70, 35])
    weeks = Histogram.of([0, 4], [0, 4], [10, 5], days_per_unit=7)
    scaled = tuple(
        value / 7 if name in ("alpha", "beta") else value
        for name, value in zip(model.names, model.parameters, strict=True)
    )
    found = type(model)(scaled, days_per_unit=7).discounted_orders(weeks, 365, 0.1)
    assert found == pytest.approx(model.discounted_orders(days, 365, 0.1), rel=1e-12)
    with pytest.raises(UserError, match="unit of time"):
        model.expected_orders(weeks, 365)


@pytest.mark.parametrize("kind", MODELS.values())
def test_parameters_that_are_none_are_refused(kind):
    """Of the wrong number, 0 or not finite."""
    for parameters in ((1.0,), (0.0,) * len(kind.names), (float("nan"),) * len(kind.names)):
        with pytest.raises(UserError, match="above 0"):
            kind(parameters)


def test_no_days_ahead_no_orders():
    """And a negative horizon is an error, not a negative value."""
    assert BgNbd((0.5, 8, 0.6, 2)).expected_orders(NEW, 0) == 0
    with pytest.raises(UserError, match="days"):
        BgNbd((0.5, 8, 0.6, 2)).expected_orders(NEW, -1)
