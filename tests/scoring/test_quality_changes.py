"""Before and after: changes by indicator that add up, with intervals that find what moved and not what did not."""

import numpy as np
import pandas as pd
import pytest

from orchestration.scoring.hierarchy import AhpSettings, Hierarchy, weigh
from orchestration.scoring.quality import Scale, decide_index, indicators_sql
from orchestration.scoring.quality_changes import Cell, Measured, compare, consecutive_changes, period_before
from orchestration.scoring.shrinkage import decide_shrinkage

FULL = Scale(0, 100)


def cell(period, values, weights, error=1.0, has_index=True):
    measured = {name: Measured(value, value, error, weights[name], FULL) for name, value in values.items()}
    return Cell("region", "north", period, measured, has_index)


def by_name(changes):
    return {change.indicator: change for change in changes}


def test_two_periods_are_compared_on_what_both_have():
    """May lacks manner: (0.3 x 20 - 0.4 x 10) / 0.7, and not 67 less 54.3."""
    may = cell("2026-05", {"speed": 60, "satisfaction": 50}, {"speed": 3 / 7, "satisfaction": 4 / 7})
    june = cell(
        "2026-06",
        {"speed": 80, "manner": 90, "satisfaction": 40},
        {"speed": 0.3, "manner": 0.3, "satisfaction": 0.4},
    )
    found = by_name(compare(june, may))
    assert set(found) == {"speed", "satisfaction", "index"}
    assert found["speed"].contribution == pytest.approx(6 / 0.7)
    assert found["satisfaction"].contribution == pytest.approx(-4 / 0.7)
    assert found["index"].change == pytest.approx(2 / 0.7)
    assert found["index"].value - found["index"].value_before == pytest.approx(2 / 0.7)


def test_contributions_add_up_to_the_change_of_the_index():
    """What the waterfall stacks is the step between its ends; also where scores are clipped."""
    names = [f"i{at}" for at in range(15)]
    random = np.random.default_rng(0)
    weights = dict(zip(names, random.dirichlet(np.ones(15)), strict=True))
    before, after = (cell(when, dict(zip(names, random.uniform(-20, 120, 15), strict=True)), weights) for when in "ab")
    *steps, index = compare(after, before)
    assert sum(step.contribution for step in steps) == pytest.approx(index.change, abs=1e-9)


def test_the_interval_is_that_of_the_normal_law():
    """Two errors of 3 and 4 make one of 5: 1.96 x 5 to either side; the 2,000 draws of the index are off by less."""
    before = Cell("region", "north", "a", {"speed": Measured(50, 50, 3, 1, FULL)}, True)
    after = Cell("region", "north", "b", {"speed": Measured(60, 60, 4, 1, FULL)}, True)
    speed, index = compare(after, before)
    assert (speed.low, speed.high) == pytest.approx((10 - 9.8, 10 + 9.8), abs=1e-3)
    assert (index.low, index.high) == pytest.approx((speed.low, speed.high), abs=1)


def test_noise_is_judged_on_the_change_as_measured():
    """50 to 70 as measured, drawn to 52 and 58: the index moves by 6, and 20 ± 1.96 x 5 leaves out zero."""
    before = Cell("region", "north", "a", {"speed": Measured(52, 50, 3, 1, FULL)}, True)
    after = Cell("region", "north", "b", {"speed": Measured(58, 70, 4, 1, FULL)}, True)
    speed, index = compare(after, before)
    assert (speed.change, speed.contribution, speed.raw_change) == (6, 6, 20)
    assert (index.change, index.raw_change) == (6, 20)
    assert speed.low == pytest.approx(20 - 9.8, abs=1e-3)
    assert index.is_more_than_noise


def test_clipping_does_not_push_the_interval_off_the_change():
    """Ten indicators at their targets: draws only fall below, and yet the change as measured is within."""
    names = "abcdefghij"
    weights = dict.fromkeys(names, 0.1)
    before = cell("x", dict.fromkeys(names, 50), weights, error=0.01)
    *_, index = compare(cell("y", dict.fromkeys(names, 100), weights, error=5), before)
    assert index.low < index.raw_change < index.high
    assert index.raw_change == pytest.approx(50)


def test_no_change_is_called_more_than_noise_one_time_in_twenty():
    """4,000 pairs of the same truth: 5 per cent, give or take 1."""
    random = np.random.default_rng(1)
    called = 0
    for at in range(1000):
        before, after = (
            cell(
                f"{when}{at}",
                dict(zip("abcd", 50 + random.standard_normal(4), strict=True)),
                dict.fromkeys("abcd", 0.25),
            )
            for when in "xy"
        )
        called += sum(bool(one.is_more_than_noise) for one in compare(after, before)[:-1])
    assert called / 4000 == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize("members", [24, 300])
def test_intervals_hold_the_truth_whatever_the_number_of_members(engine, members):
    """One member of 24 or of 300 moves by 20 and the others stay: all the same, 95 of 100 intervals hold the truth.

    The values that are told are drawn towards the whole's, the mover's back by most of its way; the interval is of
    the change as measured, through the statements of the refresh. 200 companies, as dimensions; of each the member
    that moves and one of the others.
    """
    companies = 200
    random = np.random.default_rng(members)
    truth = 60 + 3 * random.standard_normal((companies, 1, members)) + np.zeros((1, 2, 1))
    truth[:, 1, 0] += 20
    error = 30 / np.sqrt(60)
    values = truth + error * random.standard_normal(truth.shape)
    company, when, member = (place.ravel() for place in np.indices(truth.shape))
    groups = pd.DataFrame(
        {
            "dimension": [f"d{one}" for one in company],
            "member": [f"m{one}" for one in member],
            "period": [f"2026-0{1 + one}" for one in when],
            "value": values.ravel(),
            "sample_size": 60,
        }
    )
    wholes = pd.DataFrame({"dimension": "overall", "member": "all", "period": ["2026-01", "2026-02"], "value": 60.0})
    frame = pd.concat([groups, wholes.assign(sample_size=60 * members)]).assign(indicator="speed", variance=900.0)
    tree = Hierarchy("service", "service", {"service": ("speed",)})
    decided = decide_index(weigh(tree, [], AhpSettings("row_over_column")), {"speed": FULL}, 0.5, None, None)
    engine.connection.register("measured_cells", frame)
    engine.connection.register("decided", decide_shrinkage(frame, 30))
    statement = f"select * from ({indicators_sql(decided, 'measured_cells', 'decided')}) where member in ('m0', 'm1')"
    # Without contributions, as in cells below the coverage floor: what is drawn for the index takes most of the time.
    found = consecutive_changes(engine.connection.execute(statement).df().assign(contribution=np.nan))
    for member, moved in (("m0", 20), ("m1", 0)):
        speed = found[(found["member"] == member) & (found["indicator"] == "speed")]
        within = speed["change_low"].le(moved) & speed["change_high"].ge(moved)
        assert within.mean() == pytest.approx(0.95, abs=0.04)
        assert abs(speed["change"] - speed["raw_change"]).mean() > 1


def test_without_an_index_indicators_still_compare():
    """A cell below the coverage floor has no index to change, and no contributions to it."""
    before = cell("2026-05", {"speed": 60}, {"speed": 1}, has_index=False)
    speed, index = compare(cell("2026-06", {"speed": 90}, {"speed": 1}), before)
    assert (speed.change, speed.contribution, speed.is_more_than_noise) == (30, None, True)
    assert (index.change, index.low, index.is_more_than_noise) == (None, None, None)


def test_the_same_cells_give_the_same_interval_whatever_is_beside_them():
    """Marts repeat row for row, and the command line says what the mart says."""
    before, after = cell("a", {"speed": 50}, {"speed": 1}), cell("b", {"speed": 55}, {"speed": 1})
    beside = cell("b", {"manner": 1, "speed": 55}, {"manner": 0.5, "speed": 0.5})
    assert by_name(compare(after, before))["speed"].low == by_name(compare(beside, before))["speed"].low


@pytest.mark.parametrize(
    ("period", "before"),
    [
        ("2026-06", "2026-05"),
        ("2026-01", "2025-12"),
        ("2026-Q3", "2026-Q2"),
        ("2026-Q1", "2025-Q4"),
        ("last_365_days", None),
    ],
)
def test_each_month_and_quarter_follows_one(period, before):
    """A year has twelve of the one and four of the other."""
    assert period_before(period) == before


def test_consecutive_periods_are_compared_and_a_gap_is_not():
    """May follows April; July follows no June that is there."""
    rows = [
        {
            "dimension": "region",
            "member": "north",
            "period": period,
            "indicator": "speed",
            "value": 50.0,
            "raw_value": 50.0,
            "raw_standard_error": 1.0,
            "weight": 1.0,
            "score": 50.0,
            "contribution": 50.0,
            "floor_value": 0.0,
            "target_value": 100.0,
        }
        for period in ("2026-04", "2026-05", "2026-07", "last_365_days")
    ]
    found = consecutive_changes(pd.DataFrame(rows))
    assert list(found[["period", "period_before", "indicator"]].itertuples(index=False, name=None)) == [
        ("2026-05", "2026-04", "speed"),
        ("2026-05", "2026-04", "index"),
    ]


def test_without_cells_there_are_no_changes():
    """A company that feeds orders alone; the table keeps its types."""
    assert dict(consecutive_changes(pd.DataFrame(columns=["dimension", "member", "period"])).dtypes.astype(str)) == {
        **dict.fromkeys(("dimension", "member", "period", "period_before", "indicator"), "string"),
        **dict.fromkeys(
            ("value", "value_before", "change", "contribution", "raw_change", "change_low", "change_high"), "float64"
        ),
        "is_more_than_noise": "boolean",
    }
