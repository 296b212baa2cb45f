"""Contract customers: the published cohorts, the edges, and discounted renewals by hand."""

import numpy as np
import pytest
from scipy.special import betaln

from orchestration.scoring.clv.histogram import InvalidHistory
from orchestration.scoring.clv.retention import Renewals, ShiftedBetaGeometric, fit_retention

# Fader and Hardie 2007, table 1: per mille still there after 1 .. 7 renewals.
REGULAR = [631, 468, 382, 326, 289, 262, 241]
HIGH_END = [869, 743, 653, 593, 551, 517, 491]


def cohort(survivors):
    """A thousand customers: those who left after 0 .. 6 renewals, and those who are left after 7."""
    left = -np.diff([1000, *survivors])
    return Renewals([*range(7), 7], [True] * 7 + [False], [*left, survivors[-1]])


@pytest.mark.parametrize(("survivors", "a", "b"), [(REGULAR, 0.704, 1.182), (HIGH_END, 0.668, 3.806)])
def test_the_published_cohorts(survivors, a, b):
    """The printed parameters."""
    found = fit_retention(cohort(survivors))
    assert found.report.status == "converged"
    assert found.model.parameters == pytest.approx((a, b), abs=6e-4)


def test_the_likelihood_is_that_of_beta_functions():
    """Left after n renewals: B(a + 1, b + n) / B(a, b); still there: B(a, b + n) / B(a, b)."""
    a, b = 0.8, 2.5
    expected = 3 * (betaln(a + 1, b + 4) - betaln(a, b)) + 2 * (betaln(a, b + 6) - betaln(a, b))
    found, _ = ShiftedBetaGeometric((a, b)).log_likelihood(Renewals([4, 6], [True, False], [3, 2]))
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_gradient_is_that_of_finite_differences():
    """To 1e-6."""
    data, (a, b) = cohort(REGULAR), (0.8, 2.5)
    _, gradient = ShiftedBetaGeometric((a, b)).log_likelihood(data)

    def value(first, second):
        return ShiftedBetaGeometric((first, second)).log_likelihood(data)[0]

    slopes = [(value(a + 1e-5, b) - value(a - 1e-5, b)) / 2e-5, (value(a, b + 1e-5) - value(a, b - 1e-5)) / 2e-5]
    assert gradient == pytest.approx(slopes, rel=1e-6)


def test_retention_rises_though_nobody_changes():
    """(b + n) / (a + b + n): with a = b = 1, half renew first, then two thirds, then three quarters."""
    assert ShiftedBetaGeometric((1, 1)).retention([0, 1, 2]) == pytest.approx([1 / 2, 2 / 3, 3 / 4])
    assert ShiftedBetaGeometric((1, 1)).survival(3) == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])


def test_discounted_renewals_by_hand():
    """a = b = 1, renewed once: 2/3 and 2/4 are there for the next two; half-yearly, 21 % a year is 10 % a period."""
    found = ShiftedBetaGeometric((1, 1)).discounted_renewals([1], 2, 0.21, 2)
    assert found[0] == pytest.approx(2 / 3 / 1.1 + 2 / 4 / 1.21)


@pytest.mark.parametrize(
    ("data", "case"),
    [
        (Renewals([3, 5], [False, False], [40, 60]), "no_drop_out"),
        (Renewals([0], [True], [100]), "all_stop_at_once"),
        (Renewals([0, 9], [True, False], [50, 50]), "stop_at_once_or_never"),
        (Renewals([0, 1, 2, 3], [True, True, True, False], [500, 250, 125, 125]), "alike_chances_to_stop"),
    ],
)
def test_the_edges_have_names(data, case):
    """Nobody left, all left, left at once or never, a constant rate of leaving."""
    found = fit_retention(data)
    assert found.report.status == "boundary"
    assert case in found.report.boundary
    kept = found.model.discounted_renewals([0, 5], 36, 0.1, 12)
    assert ((kept >= 0) & (kept <= 36)).all()


@pytest.mark.parametrize(
    "broken",
    [([], [], []), ([-1], [True], [1]), ([1.5], [True], [1]), ([1], [2], [1]), ([1], [True], [0]), ([1], [1], [1, 2])],
)
def test_renewals_that_nobody_has_are_refused(broken):
    """By row and reason."""
    with pytest.raises(InvalidHistory):
        Renewals(*broken)
