"""Several experts: pooling their judgements or their weights, a simulated panel, spread of opinion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.scoring.ahp.consistency import consistency
from orchestration.scoring.ahp.experts import aggregate_judgements, aggregate_priorities, spread
from orchestration.scoring.ahp.matrix import weights
from orchestration.scoring.ahp.random_index import SCALE
from orchestration.scoring.hierarchy import GROUP, AhpSettings, Hierarchy, weigh
from scoring.ahp.matrices import judgements_of, matrix_of, ratios_of, reciprocal, without

FLAT = Hierarchy("flat", "top", {"top": tuple("ABCDEF")})


def test_judgements_are_averaged_geometrically():
    """4 and 1/4 make 1; twice the influence on the first, 4^(2/3) * 4^(-1/3) = 4^(1/3)."""
    four, quarter = matrix_of("1 4 \n 1/4 1"), matrix_of("1 1/4 \n 4 1")
    assert aggregate_judgements([four, quarter]) == pytest.approx(np.ones((2, 2)))
    assert aggregate_judgements([four, quarter], [2, 1])[0, 1] == pytest.approx(4 ** (1 / 3))


def test_a_pair_is_averaged_over_those_who_judged_it():
    """2 and 8 make 4 where both judged; 3 stands where one did, whatever his influence; nobody leaves a hole."""
    ann = matrix_of("1 2 3 \n 1/2 1 - \n 1/3 - 1")
    bea = matrix_of("1 8 - \n 1/8 1 - \n -   - 1")
    expected = matrix_of("1 4 3 \n 1/4 1 - \n 1/3 - 1")
    assert aggregate_judgements([ann, bea]) == pytest.approx(expected, nan_ok=True)
    assert aggregate_judgements([ann, bea], [1, 3])[0, 1:] == pytest.approx([2 ** (1 / 4) * 8 ** (3 / 4), 3])


def test_weights_are_averaged_geometrically_and_normalised():
    """(1/2, 1/2) and (1/10, 9/10): square roots of .05 and .45, one to three."""
    own = np.array([[0.5, 0.5], [0.1, 0.9]])
    assert aggregate_priorities(own) == pytest.approx([0.25, 0.75])
    assert aggregate_priorities(own, [1, 0]) == pytest.approx([0.5, 0.5])


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 6).flatmap(lambda size: st.lists(reciprocal(size, size), min_size=2, max_size=5)), st.data())
def test_by_row_means_both_ways_give_the_same_weights(matrices, data):
    """Means of logarithms over rows and over experts may change places (Barzilai and Golany, 1994)."""
    influence = [data.draw(st.floats(0.1, 10)) for _ in matrices]
    own = np.array([weights(matrix, "geometric_mean") for matrix in matrices])
    pooled = weights(aggregate_judgements(matrices, influence), "geometric_mean")
    assert aggregate_priorities(own, influence) == pytest.approx(pooled, abs=1e-12)


@pytest.mark.parametrize("method", ["geometric_mean", "eigenvector"])
@pytest.mark.parametrize("aggregation", ["judgements", "priorities"])
def test_a_panel_recovers_its_true_weights_within_the_error_of_its_noise(aggregation, method):
    """Each of K experts multiplies each of the n(n-1)/2 true ratios by exp(sd z), z standard normal.

    A log weight is then off by the mean of n - 1 such errors and a zero, averaged over the experts: its standard error
    is sd sqrt(n - 1) / (n sqrt K), for row means exactly, for the eigenvector to the first order of sd. Over 200 panels
    of 6 weights, 1,000 free values, the mean square of error over standard error is 1, give or take 3 sqrt(2 / 1000).
    """
    truth, experts, sd = np.array([0.30, 0.25, 0.20, 0.12, 0.08, 0.05]), 7, 0.2
    size, random = len(truth), np.random.default_rng(6)
    upper = np.triu_indices(size, 1)
    squares = []
    for _ in range(200):
        matrices = []
        for _ in range(experts):
            noise = np.zeros((size, size))
            noise[upper] = random.normal(0, sd, len(upper[0]))
            matrices.append(ratios_of(truth) * np.exp(noise - noise.T))
        if aggregation == "judgements":
            found = weights(aggregate_judgements(matrices), method)
        else:
            found = aggregate_priorities(np.array([weights(matrix, method) for matrix in matrices]))
        error = np.log(found / truth)
        squares.append((error - error.mean()) ** 2)
    # The mean is taken out, which leaves n - 1 of n free: the standard error above is of the centred log weight.
    standard_error = sd * np.sqrt(size - 1) / (size * np.sqrt(experts))
    assert np.mean(squares) / standard_error**2 == pytest.approx(1, abs=3 * np.sqrt(2 / 1000))


@pytest.mark.parametrize("aggregation", ["judgements", "priorities"])
def test_ten_who_throw_dice_are_refused_one_by_one(aggregation):
    """Judged as a group alone their noise averages out: the group passes here, as three in four such groups do."""
    random = np.random.default_rng(0)
    panel = []
    for _ in range(10):
        matrix = np.ones((6, 6))
        for i, j in zip(*np.triu_indices(6, 1), strict=True):
            matrix[i, j] = random.choice(SCALE)
            matrix[j, i] = 1 / matrix[i, j]
        panel.append(matrix)
    assert consistency(aggregate_judgements(panel)).consistency_ratio <= 0.10
    said = [one for number, matrix in enumerate(panel) for one in judgements_of(matrix, "ABCDEF", f"expert {number}")]
    found = weigh(FLAT, said, AhpSettings("row_over_column", aggregation=aggregation))
    refused = {report.expert for report in found.inconsistent()}
    assert refused - {GROUP} == {f"expert {number}" for number in range(10)}


def test_where_weights_are_pooled_the_group_is_as_consistent_as_its_experts_on_average():
    """It makes no comparisons of its own, and two who are sure of opposite things do not contradict themselves.

    Left out in turn, their pooled comparisons would form a circle: 2, 2 and 1/4 for 4, CR above .10.
    """
    flat = Hierarchy("flat", "top", {"top": tuple("xyz")})
    ann = without(ratios_of([4, 2, 1]), [(0, 2)])
    bea = matrix_of("1 - 1/4 \n - 1 1/2 \n 4 2 1")
    said = judgements_of(ann, "xyz", "ann") + judgements_of(bea, "xyz", "bea")
    judged = weigh(flat, said, AhpSettings("row_over_column"))
    weighed = weigh(flat, said, AhpSettings("row_over_column", aggregation="priorities"))
    assert [report.is_consistent for report in judged.reports] == [True, True, False]
    assert [report.is_consistent for report in weighed.reports] == [True, True, True]
    # Ann 4 : 2 : 1, Bea 1/4 : 1/2 : 1; geometric means 1 : 1 : 1.
    assert list(weighed.local.values()) == pytest.approx([1 / 3] * 3)


def test_the_groups_mean_consistency_is_weighted_and_only_its_experts_can_mend_it():
    """CR of one who goes round in a circle with weight 1, and of one without contradiction with weight 3: a quarter."""
    flat = Hierarchy("flat", "top", {"top": tuple("xyz")})
    circle = matrix_of("1 5 1/5 \n 1/5 1 5 \n 5 1/5 1")
    said = judgements_of(circle, "xyz", "ann") + judgements_of(ratios_of([4, 2, 1]), "xyz", "bea")
    settings = AhpSettings("row_over_column", aggregation="priorities", expert_weights={"ann": 1, "bea": 3})
    ann, bea, group = weigh(flat, said, settings).reports
    assert (ann.is_consistent, bea.is_consistent, group.is_consistent) == (False, True, False)
    assert group.consistency_ratio == pytest.approx(ann.consistency_ratio / 4)
    assert group.mends == ()


def test_spread_is_the_factor_by_which_experts_typically_differ():
    """.1 and .4 lie a factor 2 either side of .2, two of one opinion none; with influence 1 : 3, 4^(sqrt 3 / 4)."""
    assert spread(np.array([[0.1, 0.5], [0.4, 0.5]])) == pytest.approx([2, 1])
    assert spread(np.array([[0.1], [0.4]]), [1, 3]) == pytest.approx([4 ** (np.sqrt(3) / 4)])


def test_rows_show_the_spread_of_each_indicator_and_none_for_a_single_expert():
    """Two items: Ann .2 and .8, Bea .8 and .2, a factor 2 either side of .4; 4^(sqrt 3 / 4) with influence 1 : 3."""
    pair = Hierarchy("flat", "top", {"top": tuple("xy")})
    ann, bea = judgements_of(ratios_of([1, 4]), "xy", "ann"), judgements_of(ratios_of([4, 1]), "xy", "bea")
    settings = AhpSettings("row_over_column")
    assert [row["weight_spread"] for row in weigh(pair, ann + bea, settings).rows()] == pytest.approx([2, 2])
    assert [row["weight_spread"] for row in weigh(pair, ann, settings).rows()] == [None, None]
    influence = AhpSettings("row_over_column", expert_weights={"ann": 1, "bea": 3})
    assert weigh(pair, ann + bea, influence).spread["x"] == pytest.approx(4 ** (np.sqrt(3) / 4))


def test_an_unknown_aggregation_is_refused():
    """The accepted ones are named."""
    with pytest.raises(UserError, match="judgements, priorities"):
        AhpSettings("row_over_column", aggregation="vote")
