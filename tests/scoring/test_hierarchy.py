"""From judgements to weights down a tree: orientation, refusals, consistency of each expert, rows."""

import re

import numpy as np
import pytest
from hypothesis import given, settings

from orchestration.errors import UserError
from orchestration.scoring.hierarchy import GROUP, AhpSettings, Hierarchy, weigh
from orchestration.scoring.judgements import comparison_matrix
from scoring.ahp.matrices import WORKED, judge, judgements_of, reciprocal

READ = AhpSettings(orientation="row_over_column")
SERVICE = Hierarchy("service", "quality", {"quality": ("process", "performance"), "process": ("a", "b", "c")})


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


@pytest.mark.parametrize("aggregation", ["judgements", "priorities"])
def test_both_orientations_read_to_the_same_weights_when_stated(aggregation):
    """The worked case, written either way round and said so."""
    flat = Hierarchy("flat", "top", {"top": tuple("ABCDEF")})
    rows = weigh(flat, judgements_of(WORKED, "ABCDEF"), AhpSettings("row_over_column", aggregation=aggregation))
    columns = weigh(flat, judgements_of(WORKED.T, "ABCDEF"), AhpSettings("column_over_row", aggregation=aggregation))
    assert list(rows.local.values()) == pytest.approx([0.061, 0.091, 0.289, 0.252, 0.057, 0.249], abs=5e-4)
    assert columns.local == pytest.approx(rows.local, abs=1e-12)


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
        *("consistency_ratio", "experts", "weight_spread", "method", "is_leaf"),
    ]
    assert SERVICE.branch("a") == "process"
    assert found.inconsistent() == ()


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


def test_the_changes_that_mend_the_worked_case_are_told_as_it_was_judged_and_lead_below_the_limit():
    """The file writes later items first, and column over row; the method book wants advice that works in order."""
    flat = Hierarchy("flat", "top", {"top": tuple("ABCDEF")})
    read = AhpSettings(orientation="column_over_row")
    said = {("FEDCBA"[i], "FEDCBA"[j]): WORKED[5 - j][5 - i] for i in range(6) for j in range(i + 1, 6)}

    def weighed():
        return weigh(flat, [judge("ann", "top", *pair, ratio, "flat") for pair, ratio in said.items()], read)

    changes = weighed().reports[0].mends
    for change in changes:
        assert change.consistency_ratio <= 0.10 or change != changes[-1]
        assert said[change.item_a, change.item_b] == pytest.approx(1 / change.said)
        said[change.item_a, change.item_b] = 1 / change.implied
        assert weighed().reports[0].consistency_ratio == pytest.approx(change.consistency_ratio)
    assert weighed().inconsistent() == ()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ([("a", "b", 2)], r"a; b \| c$"),
        ([("a", "b", 2), ("b", "c", 2), ("a", "c", 2), ("b", "a", 0.5)], "b with a is judged twice$"),
        ([("a", "b", 2), ("b", "c", 2), ("a", "c", 2), ("b", "a", 2)], "b with a .* contradict"),
        ([("a", "b", 0)], "a with b is 0"),
        ([("a", "b", -3)], "a with b is -3"),
        ([("a", "b", float("nan"))], "a with b is nan"),
        ([("a", "b", 1e-7)], "a with b is 1e-07"),
        ([("a", "b", float("inf"))], "a with b is inf"),
        ([("a", "d", 2)], "'d'"),
        ([("a", "a", 1)], "a is compared with itself"),
    ],
)
def test_judgements_that_cannot_be_used_are_refused_by_name(wrong, named):
    """Untied, double, contradictory, zero, negative, not a number, a slip of the pen, unknown, with itself."""
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
