"""AHP: the worked case, consistency, orientation, refusals, and weights down a tree."""

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.scoring import ahp
from orchestration.scoring.hierarchy import GROUP, AhpSettings, Hierarchy, weigh
from orchestration.scoring.judgements import Judgement, comparison_matrix

WORKED = np.array(
    [
        [float(Fraction(cell)) for cell in row.split()]
        for row in (
            "1   1  1/4 1/2 1/2 1/6",
            "1   1  1/8 1/2 1   1",
            "4   8  1   1/2 6   1",
            "2   2  2   1   6   1",
            "2   1  1/6 1/6 1   1/8",
            "6   1  1   1   8   1",
        )
    ]
)
READ = AhpSettings(orientation="row_over_column")
SERVICE = Hierarchy("service", "quality", {"quality": ("process", "performance"), "process": ("a", "b", "c")})


def judge(expert, parent, item_a, item_b, ratio, hierarchy="service"):
    return Judgement(expert, hierarchy, parent, item_a, item_b, ratio)


def judgements_of(matrix, items, expert="ann", parent="top", hierarchy="flat"):
    return [
        judge(expert, parent, items[i], items[j], matrix[i][j], hierarchy)
        for i in range(len(items))
        for j in range(i + 1, len(items))
    ]


consistent = st.lists(st.floats(0.05, 20), min_size=1, max_size=10).map(np.array)
saaty = st.sampled_from([1 / 9, 1 / 7, 1 / 5, 1 / 3, 1 / 2, 1, 2, 3, 5, 7, 9])


@st.composite
def reciprocal(draw):
    size = draw(st.integers(3, 8))
    matrix = np.ones((size, size))
    for i in range(size):
        for j in range(i + 1, size):
            matrix[i, j] = draw(saaty)
            matrix[j, i] = 1 / matrix[i, j]
    return matrix


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
    assert [round(weight, 3) for weight in ahp.weights(WORKED, method).tolist()] == printed


def test_the_worked_case_is_too_inconsistent_to_accept():
    """lambda max 6.8485; CR .136 by Alonso and Lamata, .137 by Saaty: both above .10."""
    assert round(ahp.consistency(WORKED).lambda_max, 4) == 6.8485
    assert round(ahp.consistency(WORKED).consistency_ratio, 3) == 0.136
    assert round(ahp.consistency(WORKED, "saaty").consistency_ratio, 3) == 0.137


def test_the_worked_cases_column_sums_are_the_sources():
    """The sums are all that is left of the printed matrix: 16, 14, 4.542, 3.667, 22.5, 4.292."""
    assert WORKED.sum(axis=0) == pytest.approx([16, 14, 4.542, 3.667, 22.5, 4.292], abs=5e-4)


def test_saatys_three_by_three_example():
    """Rows (1, 3, 5), (1/3, 1, 3), (1/5, 1/3, 1): lambda max 3.0385, so CI .0193, CR .033 by Saaty's .58."""
    matrix = np.array([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]])
    found = ahp.consistency(matrix, "saaty")
    assert found.lambda_max == pytest.approx(3.0385, abs=5e-5)
    assert found.consistency_ratio == pytest.approx(0.0332, abs=5e-5)


@settings(max_examples=50, deadline=None)
@given(consistent)
def test_consistent_judgements_give_their_weights_back_by_every_method(weights):
    """Where nobody contradicts himself there is nothing to average away, and CR is 0."""
    weights = weights / weights.sum()
    matrix = weights[:, None] / weights[None, :]
    for method in ahp.METHODS:
        assert ahp.weights(matrix, method) == pytest.approx(weights, abs=1e-12)
    assert ahp.consistency(matrix).consistency_ratio == pytest.approx(0, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(reciprocal())
def test_the_eigenvector_agrees_with_an_eigensolver(matrix):
    """numpy's eig is an independent way to the same vector."""
    values, vectors = np.linalg.eig(matrix)
    vector = np.abs(vectors[:, values.real.argmax()].real)
    assert ahp.weights(matrix) == pytest.approx(vector / vector.sum(), abs=1e-10)
    assert ahp.consistency(matrix).lambda_max == pytest.approx(values.real.max(), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(reciprocal())
def test_orientation_transposes_the_matrix(matrix):
    """Reading a file the wrong way round turns every weight upside down, so it is never guessed."""
    items = [f"i{number}" for number in range(len(matrix))]
    said = judgements_of(matrix, items)
    rows = comparison_matrix(items, said, "row_over_column")
    assert rows == pytest.approx(matrix)
    assert comparison_matrix(items, said, "column_over_row") == pytest.approx(matrix.T)
    with pytest.raises(UserError, match="row_over_column"):
        comparison_matrix(items, said, "guess")


@settings(max_examples=25, deadline=None)
@given(reciprocal())
def test_mends_applied_in_order_end_in_a_matrix_that_passes(matrix):
    """An expert who follows the message must be accepted in the end."""
    assume(ahp.consistency(matrix).consistency_ratio > 0.10)
    found = ahp.mends(matrix)
    for mend in found:
        matrix[mend.row, mend.column], matrix[mend.column, mend.row] = mend.mended, 1 / mend.mended
        assert ahp.consistency(matrix).consistency_ratio == pytest.approx(mend.consistency_ratio)
    assert found[-1].consistency_ratio <= 0.10


def test_a_single_slip_is_the_worst_comparison_and_its_mend_is_the_truth():
    """Weights 8:4:2:1, with the first over the last said 1/8 for 8: that one is named first."""
    truth = np.array([8.0, 4, 2, 1])
    matrix = truth[:, None] / truth[None, :]
    matrix[0, 3], matrix[3, 0] = 1 / 8, 8
    worst = ahp.mends(matrix)[0]
    assert (worst.row, worst.column, worst.ratio) == (0, 3, 1 / 8)
    assert worst.mended == pytest.approx(8)
    assert worst.consistency_ratio == pytest.approx(0, abs=1e-9)


def test_a_matrix_that_passes_needs_no_mend():
    """Nobody is asked to change a judgement that is accepted."""
    assert ahp.mends(np.ones((4, 4))) == []


def test_random_indices_end_where_their_tables_end():
    """Saaty's goes to ten items; guessing an eleventh would let anything pass."""
    assert ahp.consistency(np.ones((15, 15))).consistency_ratio == 0
    for size, table in ((11, "saaty"), (16, "alonso_lamata"), (3, "donegan_dodd")):
        with pytest.raises(UserError):
            ahp.consistency(np.ones((size, size)), table)


def test_two_items_cannot_contradict_each_other():
    """CR is 0 for n <= 2, where the random index is 0."""
    assert ahp.consistency(np.array([[1, 9], [1 / 9, 1]])).consistency_ratio == 0


def test_experts_are_averaged_geometrically():
    """4 and 1/4 make 1; twice the weight on the first, 4^(2/3) * 4^(-1/3) = 4^(1/3)."""
    four, quarter = np.array([[1, 4], [0.25, 1]]), np.array([[1, 0.25], [4, 1]])
    assert ahp.aggregate([four, quarter]) == pytest.approx(np.ones((2, 2)))
    assert ahp.aggregate([four, quarter], [2, 1])[0, 1] == pytest.approx(4 ** (1 / 3))


def test_weights_multiply_down_the_tree_and_siblings_sum_to_one():
    """Process is 1.5 times performance: .6 and .4; under process 4 : 2 : 1 of .6."""
    found = weigh(
        SERVICE,
        [
            judge("ann", "quality", "process", "performance", 1.5),
            judge("ann", "process", "a", "b", 2),
            judge("ann", "process", "b", "c", 2),
            judge("ann", "process", "c", "a", 0.25),
        ],
        READ,
    )
    rows = {row["indicator"]: row for row in found.rows()}
    assert rows["process"]["local_weight"] == pytest.approx(0.6)
    assert rows["performance"]["is_leaf"]
    assert not rows["process"]["is_leaf"]
    assert rows["a"]["global_weight"] == pytest.approx(0.6 * 4 / 7)
    assert [rows[node]["level"] for node in ("process", "a")] == [1, 2]
    assert sum(rows[node]["local_weight"] for node in "abc") == pytest.approx(1, abs=1e-12)
    assert sum(row["global_weight"] for row in rows.values() if row["is_leaf"]) == pytest.approx(1, abs=1e-12)
    assert list(rows["a"]) == [
        *("hierarchy", "indicator", "parent", "level", "local_weight", "global_weight"),
        *("consistency_ratio", "experts", "method", "is_leaf"),
    ]
    assert SERVICE.branch("a") == "process"
    found.refuse_inconsistent()


def test_each_expert_is_judged_and_not_only_the_group():
    """Two who contradict themselves in opposite ways average out to a perfect group: it hides nothing here."""
    flat = Hierarchy("flat", "top", {"top": ("x", "y", "z")})
    circle = np.array([[1, 5, 1 / 5], [1 / 5, 1, 5], [5, 1 / 5, 1]])
    said = judgements_of(circle, "xyz", "bea") + judgements_of(circle.T, "xyz", "ann")
    found = weigh(flat, said, READ)
    assert [(report.expert, report.is_consistent) for report in found.reports] == [
        ("ann", False),
        ("bea", False),
        (GROUP, True),
    ]
    assert len(found.consistency_rows()) == 3
    with pytest.raises(UserError, match="ann"):
        found.refuse_inconsistent()


def test_the_refusal_names_three_comparisons_in_the_words_of_the_file():
    """The file writes later items first, and column over row; followed to the letter the message must help."""
    flat = Hierarchy("flat", "top", {"top": tuple("ABCDEF")})
    read = AhpSettings(orientation="column_over_row")
    said = {("FEDCBA"[i], "FEDCBA"[j]): WORKED[5 - j][5 - i] for i in range(6) for j in range(i + 1, 6)}

    def weighed():
        return weigh(flat, [judge("ann", "top", *pair, ratio, "flat") for pair, ratio in said.items()], read)

    with pytest.raises(UserError) as refused:
        weighed().refuse_inconsistent()
    named = re.findall(r"(\w) with (\w): (\S+) becomes (\S+) \(CR (\S+)\)", refused.value.mend)
    assert len(named) == 3
    for item_a, item_b, judged, mended, ratio in named:
        assert said[item_a, item_b] == pytest.approx(float(judged), abs=1e-4)
        said[item_a, item_b] = float(mended)
        assert weighed().reports[0].consistency_ratio == pytest.approx(float(ratio), abs=1e-3)
    weighed().refuse_inconsistent()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ([("a", "b", 2), ("a", "c", 2)], "b with c"),
        ([("a", "b", 2), ("b", "c", 2), ("a", "c", 2), ("b", "a", 0.5)], "b with a is judged twice$"),
        ([("a", "b", 2), ("b", "c", 2), ("a", "c", 2), ("b", "a", 2)], "b with a .* contradict"),
        ([("a", "b", 0)], "a with b is 0"),
        ([("a", "b", -3)], "a with b is -3"),
        ([("a", "b", float("nan"))], "a with b is nan"),
        ([("a", "b", 1e-320)], "a with b"),
        ([("a", "d", 2)], "'d'"),
        ([("a", "a", 1)], "a is compared with itself"),
    ],
)
def test_judgements_that_cannot_be_used_are_refused_by_name(wrong, named):
    """Missing, double, contradictory, zero, negative, not a number, unknown, with itself."""
    said = [judge("ann", "process", *one) for one in wrong]
    with pytest.raises(UserError) as refused:
        comparison_matrix(("a", "b", "c"), said, "row_over_column")
    assert "ann" in refused.value.where
    assert re.search(named, refused.value.what)


@pytest.mark.parametrize(
    ("said", "expert_weights"),
    [
        ([], None),
        ([judge("ann", "process", "a", "b", 2, "other")], None),
        ([judge("ann", "nothing", "a", "b", 2)], None),
        ([judge("ann", "quality", "process", "performance", 2)], {"bea": 1}),
    ],
)
def test_a_tree_that_cannot_be_weighed_is_refused(said, expert_weights):
    """Nobody judged, another hierarchy, an unknown parent, an expert without weight."""
    with pytest.raises(UserError):
        weigh(SERVICE, said, AhpSettings("row_over_column", expert_weights=expert_weights))


@pytest.mark.parametrize(
    "children",
    [
        {"top": ("a", "a")},
        {"top": ("a", "b"), "a": ("b",)},
        {"top": ("a",), "lost": ("b",)},
        {"top": ("a",), "a": ()},
        {"top": ("a",), "a": ("top",)},
        {"other": ("a",)},
    ],
)
def test_a_hierarchy_that_is_no_tree_is_refused(children):
    """Twice under one, under two parents, out of reach, without children, in a circle, without its root."""
    with pytest.raises(UserError):
        Hierarchy("broken", "top", children)


def test_an_only_child_needs_no_judgement():
    """There is nothing to compare it with; its weight is all of its parent's."""
    found = weigh(Hierarchy("line", "top", {"top": ("only",)}), [], READ)
    assert found.rows()[0]["global_weight"] == 1
    assert found.rows()[0]["experts"] == 0
