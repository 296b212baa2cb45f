"""One complete matrix: the worked case, weights, consistency, and what mends it."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.scoring.ahp.consistency import consistency, mends
from orchestration.scoring.ahp.matrix import METHODS, principal, weights
from scoring.ahp.matrices import WORKED, matrix_of, positive_weights, ratios_of, reciprocal


@pytest.mark.parametrize(
    ("method", "printed"),
    [
        ("normalised_columns", [0.064, 0.096, 0.280, 0.247, 0.059, 0.255]),
        ("eigenvector", [0.061, 0.091, 0.289, 0.252, 0.057, 0.249]),
        ("geometric_mean", [0.062, 0.084, 0.286, 0.255, 0.058, 0.255]),
    ],
)
def test_the_worked_case_gives_its_printed_weights(method, printed):
    """Six indicators A-F, to the three digits printed (methods 6.6)."""
    assert [round(weight, 3) for weight in weights(WORKED, method).tolist()] == printed


def test_the_worked_case_is_too_inconsistent_to_accept():
    """lambda max 6.8485; CR .136 by Alonso and Lamata, .137 by Saaty: both above .10."""
    assert round(consistency(WORKED).lambda_max, 4) == 6.8485
    assert round(consistency(WORKED).consistency_ratio, 3) == 0.136
    assert round(consistency(WORKED, "saaty").consistency_ratio, 3) == 0.137


def test_the_worked_cases_column_sums_are_the_sources():
    """The sums are all that is left of the printed matrix: 16, 14, 4.542, 3.667, 22.5, 4.292."""
    assert WORKED.sum(axis=0) == pytest.approx([16, 14, 4.542, 3.667, 22.5, 4.292], abs=5e-4)


def test_saatys_three_by_three_example():
    """Rows (1, 3, 5), (1/3, 1, 3), (1/5, 1/3, 1): lambda max 3.0385, so CI .0193, CR .033 by Saaty's .58."""
    matrix = matrix_of("1 3 5 \n 1/3 1 3 \n 1/5 1/3 1")
    found = consistency(matrix, "saaty")
    assert found.lambda_max == pytest.approx(3.0385, abs=5e-5)
    assert found.consistency_ratio == pytest.approx(0.0332, abs=5e-5)


@settings(max_examples=50, deadline=None)
@given(positive_weights)
def test_consistent_judgements_give_their_weights_back_by_every_method(truth):
    """Where nobody contradicts himself there is nothing to average away, and CR is 0."""
    matrix = ratios_of(truth)
    for method in METHODS:
        assert weights(matrix, method) == pytest.approx(truth / truth.sum(), abs=1e-12)
        assert weights(matrix.T, method) == pytest.approx((1 / truth) / (1 / truth).sum(), abs=1e-12)
    assert consistency(matrix).consistency_ratio == pytest.approx(0, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(reciprocal(), st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(matrix, random):
    """Listed otherwise, each item keeps its weight, and the whole its consistency."""
    order = list(range(len(matrix)))
    random.shuffle(order)
    listed = matrix[np.ix_(order, order)]
    for method in METHODS:
        assert weights(listed, method) == pytest.approx(weights(matrix, method)[order], abs=1e-12)
    assert consistency(listed).consistency_ratio == pytest.approx(consistency(matrix).consistency_ratio, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(reciprocal(), st.floats(0.1, 10))
def test_an_item_said_to_be_k_times_as_important_throughout_gets_k_times_the_weight(matrix, factor):
    """Against every other item alike: its odds grow by k, no contradiction is added.

    Normalised columns do not have this property, which is one reason why they are not the default.
    """
    grown = matrix.copy()
    grown[0, 1:] *= factor
    grown[1:, 0] /= factor
    for method in ("eigenvector", "geometric_mean"):
        before, after = weights(matrix, method), weights(grown, method)
        assert after[0] / after[1:] == pytest.approx(factor * before[0] / before[1:], rel=1e-9)
    assert consistency(grown).consistency_ratio == pytest.approx(consistency(matrix).consistency_ratio, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(reciprocal())
def test_turned_round_a_matrix_is_as_consistent_and_its_weights_are_turned_round(matrix):
    """'How much less important' contradicts itself as much as 'how much more'.

    Row means give reciprocal weights; the eigenvector does for three items (for more, left and right may differ).
    """
    assert consistency(matrix.T).lambda_max == pytest.approx(consistency(matrix).lambda_max, abs=1e-9)
    for method, block in (("geometric_mean", matrix), ("eigenvector", matrix[:3, :3])):
        turned = 1 / weights(block, method)
        assert weights(block.T, method) == pytest.approx(turned / turned.sum(), abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(reciprocal())
def test_the_eigenvector_agrees_with_an_eigensolver(matrix):
    """numpy's eig is an independent way to the same vector."""
    values, vectors = np.linalg.eig(matrix)
    vector = np.abs(vectors[:, values.real.argmax()].real)
    assert weights(matrix) == pytest.approx(vector / vector.sum(), abs=1e-10)
    assert consistency(matrix).lambda_max == pytest.approx(values.real.max(), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(reciprocal())
def test_mends_applied_in_order_end_in_a_matrix_that_passes(matrix):
    """An expert who follows the message must be accepted in the end, and is asked no more than that."""
    assume(consistency(matrix).consistency_ratio > 0.10)
    found = mends(matrix)
    assert all(mend.consistency_ratio > 0.10 for mend in found[:-1])
    for mend in found:
        assert max(mend.mended, 1 / mend.mended) in range(1, 10)
        matrix[mend.row, mend.column], matrix[mend.column, mend.row] = mend.mended, 1 / mend.mended
        assert consistency(matrix).consistency_ratio == pytest.approx(mend.consistency_ratio)
    assert found[-1].consistency_ratio <= 0.10


def test_a_single_slip_is_the_worst_comparison_and_its_mend_is_the_truth():
    """Weights 8:4:2:1, with the first over the last said 1/8 for 8: that one is named first."""
    matrix = ratios_of([8, 4, 2, 1])
    matrix[0, 3], matrix[3, 0] = 1 / 8, 8
    worst = mends(matrix)[0]
    assert (worst.row, worst.column, worst.ratio) == (0, 3, 1 / 8)
    assert worst.mended == pytest.approx(8)
    assert worst.consistency_ratio == pytest.approx(0, abs=1e-9)


def test_a_matrix_that_passes_needs_no_mend():
    """Nobody is asked to change a judgement that is accepted."""
    assert mends(np.ones((4, 4))) == []


def test_random_indices_end_where_their_tables_end():
    """Saaty's goes to ten items; guessing an eleventh would let anything pass."""
    assert consistency(np.ones((15, 15))).consistency_ratio == 0
    for size, table in ((11, "saaty"), (16, "alonso_lamata"), (3, "donegan_dodd")):
        with pytest.raises(UserError):
            consistency(np.ones((size, size)), table)


def test_two_items_cannot_contradict_each_other():
    """CR is 0 for n <= 2, where the random index is 0."""
    assert consistency(np.array([[1, 9], [1 / 9, 1]])).consistency_ratio == 0


def test_contradictions_of_any_size_are_weighed_and_mended():
    """Ratios of a million round a circle settle one by one, some after others have gathered rounding again.

    By another way: numpy's eigenvalues; and there is advice for such a matrix as for any other.
    """
    matrix = np.ones((4, 4))
    matrix[np.triu_indices(4, 1)] = (1e-6, 1e-6, 1e6, 1e-6, 1, 1e-6)
    matrix[np.tril_indices(4, -1)] = 1 / matrix.T[np.tril_indices(4, -1)]
    assert principal(matrix)[1] == pytest.approx(np.linalg.eigvals(matrix).real.max())
    assert mends(matrix)
