"""How far a weight can move before the ranking of groups changes."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration.scoring.ahp import sensitivity
from orchestration.scoring.ahp.sensitivity import StableRange


def stable_ranges(indices, weights):
    """Branches that are leaves themselves."""
    return sensitivity.stable_ranges(indices, weights, np.arange(np.shape(indices)[1]))


def test_two_regions_change_places_where_their_lines_cross():
    """North 80 and 40, south 60 and 60, weights .6 and .4: 64 against 60; level at t = 1/2, where both have 60."""
    first, second = stable_ranges(np.array([[80, 40], [60, 60]]), np.array([0.6, 0.4]))
    assert (first.lowest, first.highest) == (pytest.approx(0.5), 1)
    assert (first.swapped_below, first.swapped_above) == ((0, 1), None)
    # The same crossing seen from the other branch: it may grow from .4 to .5.
    assert (second.lowest, second.highest) == (0, pytest.approx(0.5))
    assert (second.swapped_below, second.swapped_above) == (None, (0, 1))


def test_other_branches_are_rescaled_in_proportion():
    """Weights .5, .3, .2; the others share what is left 3 : 2.

    Group 0 has 60 on all; group 1 has 70, 40 and 65, so 35 + 12 + 13 = 60 less 0: tilted to 72 on the first, 61.
    On the first branch t: 72 t + (1 - t)(.6 x 40 + .4 x 65 = 50) = 60 at t = 10/22.
    """
    found = stable_ranges(np.array([[60, 60, 60], [72, 40, 65]]), np.array([0.5, 0.3, 0.2]))[0]
    assert found.lowest == pytest.approx(10 / 22)
    assert found.swapped_below == (1, 0)
    assert found.highest == 1


def test_one_group_better_on_every_branch_keeps_its_place_at_any_weight():
    """Leads of 20 and 30 would meet at t = 3 and t = -2, which are no weights; a single group has no rival."""
    for indices in ([[80, 70], [60, 40]], [[80, 70]]):
        for found in stable_ranges(np.array(indices), np.array([0.6, 0.4])):
            assert (found.lowest, found.highest, found.swapped_below, found.swapped_above) == (0, 1, None, None)


def test_groups_that_lie_close_change_places_as_well():
    """Leads of .001 and -.002, weights .9 and .1: level at t = 2/3."""
    found = stable_ranges(np.array([[50.001, 50], [50, 50.002]]), np.array([0.9, 0.1]))[0]
    assert found.lowest == pytest.approx(2 / 3, abs=1e-9)


def test_groups_that_are_level_today_are_parted_by_any_move_unless_alike():
    """70 and 50, 58 and 68, both 62 at .6 and .4: no room at all; two that are alike on every branch never part."""
    level = stable_ranges(np.array([[70, 50], [58, 68]]), np.array([0.6, 0.4]))[0]
    assert (level.lowest, level.highest) == (pytest.approx(0.6), pytest.approx(0.6))
    alike = stable_ranges(np.array([[70.1, 50.3], [70.1, 50.3]]), np.array([0.6, 0.4]))[0]
    assert alike == StableRange(0, 0.6, 0.0, 1.0, None, None)


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(2, 5), st.integers(2, 4))
def test_within_its_range_the_ranking_holds_and_just_beyond_it_does_not(data, groups, branches):
    """By another way: rank again at weights inside and outside, the others rescaled."""
    indices = np.array([[data.draw(st.integers(0, 100)) for _ in range(branches)] for _ in range(groups)], dtype=float)
    shares = np.array([data.draw(st.integers(1, 9)) for _ in range(branches)], dtype=float)
    weights = shares / shares.sum()
    overall = np.sort(indices @ weights)
    assume(np.diff(overall).min() > 1e-6)

    def ranking(branch: int, weight: float) -> list[int]:
        moved = weights * (1 - weight) / (1 - weights[branch])
        moved[branch] = weight
        return np.argsort(indices @ moved).tolist()

    for found in stable_ranges(indices, weights):
        today = ranking(found.branch, found.weight)
        for end in (found.lowest, found.highest):
            assert ranking(found.branch, end + 1e-6 * (found.weight - end)) == today
        if found.swapped_below and found.lowest > 1e-6:
            assert ranking(found.branch, found.lowest - 1e-7) != today
        if found.swapped_above and found.highest < 1 - 1e-6:
            assert ranking(found.branch, found.highest + 1e-7) != today


@pytest.mark.parametrize(
    ("indices", "weights"),
    [
        ([[50, 50]], [1.0]),
        ([[50, np.inf]], [0.5, 0.5]),
        ([[np.nan, np.nan]], [0.5, 0.5]),
        ([[50, 50]], [0.7, 0.7]),
        ([[50, 50]], [1.0, 0.0]),
        ([[50], [50]], [1.0]),
    ],
)
def test_what_cannot_be_ranked_is_refused(indices, weights):
    """Shapes that do not fit, no number, weights beyond one, a weight of nothing, one branch alone."""
    with pytest.raises(ValueError, match=r"fit|finite|sum to 1"):
        stable_ranges(np.array(indices), np.array(weights))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(2, 4), st.lists(st.integers(1, 3), min_size=2, max_size=3))
def test_groups_that_lack_leaves_are_ranked_by_the_index_over_what_they_have(data, groups, sizes):
    """By brute force: the published index, weight x score over the weight of the leaves at hand, at 400 weights."""
    branches = np.repeat(np.arange(len(sizes)), sizes)
    weights = np.array([data.draw(st.integers(1, 9)) for _ in branches], dtype=float)
    weights /= weights.sum()
    scores = np.array(
        [[data.draw(st.one_of(st.just(np.nan), st.integers(0, 100))) for _ in branches] for _ in range(groups)],
        dtype=float,
    )
    assume((~np.isnan(scores)).any(axis=1).all())

    def indices(branch: int, weight: float) -> np.ndarray:
        own = branches == branch
        moved = np.where(own, weights * weight / weights[own].sum(), weights * (1 - weight) / weights[~own].sum())
        present = np.where(np.isnan(scores), 0, moved)
        return (present * np.nan_to_num(scores)).sum(axis=1) / present.sum(axis=1)

    today = indices(0, weights[branches == 0].sum())
    assume(np.diff(np.sort(today)).min() > 1e-6)
    order = np.argsort(today)
    for found in sensitivity.stable_ranges(scores, weights, branches):
        for weight in np.linspace(1e-6, 1 - 1e-6, 400):
            gaps = np.diff(indices(found.branch, weight)[order])
            if found.lowest + 1e-7 < weight < found.highest - 1e-7:
                assert gaps.min() > -1e-9
        ends = [(found.lowest, -1)] if found.swapped_below else []
        ends += [(found.highest, 1)] if found.swapped_above else []
        for end, side in ends:
            at_end = indices(found.branch, end) if 1e-6 < end < 1 - 1e-6 else None
            if at_end is not None:
                first, second = found.swapped_below if side < 0 else found.swapped_above
                assert at_end[first] == pytest.approx(at_end[second], abs=1e-6)
