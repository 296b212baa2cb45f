"""A group is named only where chance alone would hardly put it so far ahead."""

import pytest

from orchestration.scoring.standing_out import standing_out


def test_nine_cases_of_ten_stand_out_and_eight_do_not():
    """A third of the base: P(9 or more of 10) = 21 / 3^10 = .0004, P(8 or more) = 201 / 3^10 = .0034, above .01 / 3."""
    assert standing_out([1, 9, 0], [50, 50, 50]) == 1
    assert standing_out([1, 8, 1], [50, 50, 50]) is None


def test_it_is_the_rate_that_counts_and_not_the_number():
    """The largest region has the most of everything."""
    assert standing_out([100, 40], [1000, 100]) == 1
    assert standing_out([100, 10], [1000, 100]) is None


@pytest.mark.parametrize(("cases", "base"), [([], []), ([5], [10]), ([0, 0], [10, 10]), ([5, 0], [10, 0])])
def test_without_two_groups_or_any_case_nothing_stands_out(cases, base):
    """There is nobody to compare with."""
    assert standing_out(cases, base) is None
