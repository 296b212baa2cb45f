"""Matrices with holes: completion, the random index of the pattern, consistency and mends."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.scoring.ahp.consistency import consistency, mends
from orchestration.scoring.ahp.matrix import METHODS, completed, principal, weights
from orchestration.scoring.ahp.random_index import SCALE, TABLES, relabelled, simulated
from orchestration.scoring.hierarchy import AhpSettings, Hierarchy, weigh
from orchestration.scoring.judgements import comparison_matrix
from scoring.ahp.matrices import (
    holes,
    judge,
    judgements_of,
    matrix_of,
    positive_weights,
    ratios_of,
    reciprocal,
    without,
)


def pattern(size: int, missing: list[tuple[int, int]]) -> np.ndarray:
    return ~np.isnan(without(np.ones((size, size)), missing))


@settings(max_examples=50, deadline=None)
@given(st.data(), positive_weights)
def test_consistent_judgements_with_holes_give_their_weights_back_by_every_method(data, truth):
    """What is left out follows from the rest, so nothing is lost, and lambda max is n: CI and CR are 0."""
    matrix = without(ratios_of(truth), data.draw(holes(len(truth))))
    assert completed(matrix) == pytest.approx(ratios_of(truth), rel=1e-9)
    for method in METHODS:
        assert weights(matrix, method) == pytest.approx(truth / truth.sum(), abs=1e-12)
    assert principal(completed(matrix))[1] == pytest.approx(len(truth), abs=1e-9)


def test_harkers_own_example():
    """Harker (1987): 1 is twice 2, 2 is twice 3, 1 with 3 left out: weights 4/7, 2/7, 1/7 and lambda max 3."""
    matrix = matrix_of("1 2 - \n 1/2 1 2 \n - 1/2 1")
    assert weights(matrix) == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert consistency(matrix).lambda_max == pytest.approx(3)


def test_completion_is_close_to_the_optimal_one():
    """Bozóki, Fülöp and Rónyai (2010) minimise lambda max instead; in AHPy's example, c with d left out, both agree.

    Printed there: .3738, .3920, .0985, .1357.
    """
    matrix = matrix_of("1 1 5 2 \n 1 1 3 4 \n 1/5 1/3 1 - \n 1/2 1/4 - 1")
    assert weights(matrix) == pytest.approx([0.3738, 0.3920, 0.0985, 0.1357], abs=2e-3)


@settings(max_examples=15, deadline=None)
@given(st.data(), reciprocal(3, 6))
def test_holes_hold_the_ratios_of_the_very_weights_that_result(data, matrix):
    """Harker's definition, by another way: fill with any ratios, weigh by an eigensolver, fill again, until settled."""
    matrix = without(matrix, data.draw(holes(len(matrix))))
    known, filled = ~np.isnan(matrix), np.nan_to_num(matrix, nan=1.0)
    for _ in range(5_000):
        values, vectors = np.linalg.eig(filled)
        vector = np.abs(vectors[:, values.real.argmax()].real)
        following = np.where(known, matrix, vector[:, None] / vector[None, :])
        if np.allclose(following, filled, rtol=1e-12, atol=0):
            break
        filled = following
    assert completed(matrix) == pytest.approx(filled, rel=1e-6)
    assert principal(completed(matrix))[1] == pytest.approx(values.real.max(), abs=1e-8)


@pytest.mark.parametrize("size", [3, 4, 5, 6, 9])
def test_without_holes_the_simulation_gives_the_printed_random_indices(size):
    """Alonso and Lamata (2006) drew 100,000 matrices, twice ours: their error is below ours."""
    found = simulated(pattern(size, []))
    assert found.value == pytest.approx(TABLES["alonso_lamata"][size - 3], abs=4 * found.standard_error)
    assert found.standard_error < 0.01 * found.value


@pytest.mark.parametrize("size", [3, 4])
def test_the_random_index_of_a_circle_is_the_one_worked_out_by_hand(size):
    """Round a circle of n items only the product p of the ratios matters: lambda max is n - 2 + p^(1/n) + p^(-1/n).

    Over all products of n ratios of the scale the mean is exact.
    """
    products = np.array([np.prod(ratios) for ratios in itertools.product(SCALE, repeat=size)])
    exact = np.mean((products ** (1 / size) + products ** (-1 / size) - 2) / (size - 1))
    found = simulated(pattern(size, [(0, 2), (1, 3)][: 2 if size == 4 else 0]))
    assert found.value == pytest.approx(exact, abs=4 * found.standard_error)
    assert found.standard_error < 0.015 * exact


def test_a_chain_of_comparisons_cannot_contradict_itself():
    """Four items, three pairs: any ratios are consistent, whatever they are."""
    matrix = without(ratios_of([1, 9, 1 / 9, 3]), [(0, 2), (0, 3), (1, 3)])
    assert simulated(~np.isnan(matrix)).value == 0
    assert consistency(matrix).consistency_ratio == 0


def test_patterns_that_differ_in_the_order_of_items_share_one_random_index():
    """All patterns of five items: as many orders as there are graphs of five nodes, 34 (Harary, 1969)."""
    pairs = list(itertools.combinations(range(5), 2))
    graphs = [pattern(5, missing) for k in range(11) for missing in itertools.combinations(pairs, k)]
    assert len({relabelled(graph).tobytes() for graph in graphs}) == 34


def test_a_contradiction_with_a_hole_is_measured_by_the_index_of_its_pattern():
    """A circle of four, each twice the next, and the last twice the first: product 16, lambda max 2 + 2 + 1/2.

    CI = .5 / 3; against the index of the circle alone, not against the full matrix' .8816, which would flatter it.
    """
    circle = matrix_of("1 2 - 1/2 \n 1/2 1 2 - \n - 1/2 1 2 \n 2 - 1/2 1")
    found = consistency(circle)
    assert found.lambda_max == pytest.approx(4.5)
    assert found.consistency_ratio == pytest.approx((0.5 / 3) / simulated(~np.isnan(circle)).value)
    assert simulated(~np.isnan(circle)).value < 0.5 * TABLES["alonso_lamata"][1]
    assert found == consistency(circle, "saaty")


@settings(max_examples=20, deadline=None)
@given(st.data(), reciprocal(4, 6))
def test_mends_applied_in_order_end_in_a_matrix_that_passes(data, matrix):
    """With holes too; no hole is filled, and no comparison named that nothing contradicts."""
    matrix = without(matrix, data.draw(holes(len(matrix))))
    assume(consistency(matrix).consistency_ratio > 0.10)
    found = mends(matrix)
    for mend in found:
        assert not np.isnan(matrix[mend.row, mend.column])
        matrix[mend.row, mend.column], matrix[mend.column, mend.row] = mend.mended, 1 / mend.mended
        assert consistency(matrix).consistency_ratio == pytest.approx(mend.consistency_ratio)
    assert found[-1].consistency_ratio <= 0.10


def test_a_single_slip_is_found_beside_holes_and_a_bridge_is_not_blamed():
    """Weights 8:4:2:1:1; the last is compared with the first only; the first over the third is said 1/4 for 4.

    By way of the second and by way of the fourth the third is a quarter of the first: two against one.
    """
    matrix = without(ratios_of([8, 4, 2, 1, 1]), [(1, 4), (2, 4), (3, 4), (1, 3)])
    matrix[0, 2], matrix[2, 0] = 1 / 4, 4
    found = mends(matrix)
    assert (found[0].row, found[0].column) == (0, 2)
    assert found[0].mended == pytest.approx(4)
    assert (0, 4) not in {(mend.row, mend.column) for mend in found}


def test_untied_items_are_refused_in_words():
    """a and b, c and d: nothing says how the first two compare with the others."""
    said = [judge("ann", "process", *pair, 2) for pair in (("a", "b"), ("c", "d"))]
    with pytest.raises(UserError) as refused:
        comparison_matrix(tuple("abcd"), said, "row_over_column")
    assert "a; b | c; d" in refused.value.what
    assert refused.value.mend == "compare one of a; b with one of c; d"
    with pytest.raises(ValueError, match="tie"):
        completed(without(np.ones((2, 2)), [(0, 1)]))


def test_the_report_counts_what_was_completed_and_the_group_fills_its_experts_holes():
    """Ann left out x with z, Bea y with z: the group has no hole, and each alone none that cannot be filled."""
    flat = Hierarchy("flat", "top", {"top": tuple("xyz")})
    truth = ratios_of([4, 2, 1])
    said = judgements_of(without(truth, [(0, 2)]), "xyz", "ann") + judgements_of(without(truth, [(1, 2)]), "xyz", "bea")
    found = weigh(flat, said, AhpSettings("row_over_column"))
    assert [report.missing for report in found.reports] == [1, 1, 0]
    assert list(found.local.values()) == pytest.approx([4 / 7, 2 / 7, 1 / 7])
