"""The histogram: what no customer can have is refused by its row, and equal histories are one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.scoring.clv.histogram import Histogram, InvalidHistory

GOOD = {"frequency": [0, 2], "recency": [0, 5], "age": [7, 9], "counts": [3, 1]}


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"frequency": [0, 1.5]}, "whole"),
        ({"frequency": [0, -1]}, "whole"),
        ({"frequency": [0, 2e6]}, "at most"),
        ({"recency": [0, 10]}, "between 0 and age"),
        ({"recency": [0, -1]}, "between 0 and age"),
        ({"recency": [0, 0]}, "if and only if"),
        ({"frequency": [0, 0]}, "if and only if"),
        ({"age": [7, np.nan]}, "finite"),
        ({"age": [7, np.inf]}, "finite"),
        ({"counts": [3, 0]}, "1 at least"),
        ({"counts": [3, 1.5]}, "whole"),
        ({"counts": [3, np.nan]}, "whole"),
    ],
)
def test_an_impossible_history_is_refused_by_row_and_reason(broken, says):
    """A bad row would give a finite, wrong answer; row 1 is the broken one in each case."""
    with pytest.raises(InvalidHistory, match=f"(?s){says}.*row 1") as refused:
        Histogram(**GOOD | broken)
    assert isinstance(refused.value, ValueError)
    assert isinstance(refused.value, UserError)


@pytest.mark.parametrize("broken", [{"age": [7]}, {"age": [[7, 9]]}, {"age": ["x", "y"]}, {"days_per_unit": 0}])
def test_columns_that_do_not_fit_are_refused(broken):
    """Before any arithmetic spreads one column over another."""
    with pytest.raises(InvalidHistory):
        Histogram(**GOOD | broken)


def test_an_empty_histogram_is_refused():
    """There is nothing to learn from."""
    with pytest.raises(InvalidHistory, match="empty"):
        Histogram.of([], [], [])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_equal_histories_become_one_row_and_no_customer_is_lost(drawn):
    """Against a dictionary of histories."""
    histories = [(x, tx if x else 0, (tx if x else 0) + more) for x, tx, more in drawn]
    expected = {}
    for history in histories:
        expected[history] = expected.get(history, 0) + 1
    found = Histogram.of(*zip(*histories, strict=True))
    rows = zip(found.frequency, found.recency, found.age, found.counts, strict=True)
    assert [((x, tx, age), count) for x, tx, age, count in rows] == sorted(expected.items())


def test_a_sample_keeps_the_shares_of_the_customers():
    """Every tenth in order: 900 of 1,000 stay 90 of 100, whatever the order of the rows."""
    many = np.arange(1, 101)
    mixed = Histogram.of(
        np.concatenate(([0], many)), np.concatenate(([0], many)), np.full(101, 200), np.r_[900, np.full(100, 1)]
    )
    sampled = mixed.sample(100)
    assert sampled.customers == 100
    assert sampled.counts[sampled.frequency == 0].sum() == 90
    turned = mixed.rows(np.arange(len(mixed))[::-1]).sample(100)
    assert sorted(turned.frequency) == sorted(sampled.frequency)
