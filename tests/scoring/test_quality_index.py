"""The service quality index: scores, renormalised weights, coverage, and contributions that add up."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.scoring.hierarchy import AhpSettings, Hierarchy, weigh
from orchestration.scoring.judgements import Judgement
from orchestration.scoring.quality import Scale, decide_index, index_sql, indicators_sql, score

COLUMNS = {
    "dimension": "varchar",
    "member": "varchar",
    "period": "varchar",
    "indicator": "varchar",
    "value": "double",
    "sample_size": "bigint",
    "variance": "double",
}
SHRINKAGE = {
    **dict.fromkeys(("dimension", "period", "indicator"), "varchar"),
    **dict.fromkeys(("whole_value", "usual_variance"), "double"),
    "members": "bigint",
    **dict.fromkeys(("true_variance", "mean_square_error"), "double"),
}
CHILDREN = {
    "quality": ("process", "performance"),
    "process": ("speed", "manner"),
    "performance": ("satisfaction", "complaints"),
}
SCALES = {
    "speed": Scale(0, 100),
    "manner": Scale(50, 90),
    "satisfaction": Scale(0, 100),
    "complaints": Scale(10, 0),
}


def weighed(process_over_performance=1.5, first_over_second=1.0):
    """Process .6 and performance .4 by default, each with two equal leaves: .3, .3, .2, .2."""
    said = [("quality", "process", "performance", process_over_performance)]
    said += [
        ("process", "speed", "manner", first_over_second),
        ("performance", "satisfaction", "complaints", first_over_second),
    ]
    return weigh(
        Hierarchy("service", "quality", CHILDREN),
        [Judgement("ann", "service", *one) for one in said],
        AhpSettings("row_over_column"),
    )


def measured(engine, values, decided=None, member="all"):
    """Indicators and the index of one cell with these values."""
    rows = [
        {"dimension": "overall", "member": member, "period": "2025-06", "indicator": name, "value": value}
        for name, value in values.items()
    ]
    engine.fill("facts.service_indicators", COLUMNS, rows)
    engine.fill("scores.quality_shrinkage", SHRINKAGE, [])
    decided = decided or decide_index(weighed(), SCALES)
    indicators = {row["indicator"]: row for row in engine.rows(indicators_sql(decided))}
    (index,) = engine.rows(index_sql(decided)) or [None]
    return indicators, index


@pytest.mark.parametrize(
    ("value", "scale", "expected"),
    [
        (75, Scale(50, 90), 62.5),
        (40, Scale(50, 90), 0),
        (95, Scale(50, 90), 100),
        (2, Scale(10, 0), 80),
        (12, Scale(10, 0), 0),
    ],
)
def test_a_score_lies_on_the_line_from_floor_to_target(engine, value, scale, expected):
    """A floor above the target means that less is better; beyond either end it is clipped."""
    assert score(value, scale) == expected
    indicators, _ = measured(engine, {"manner": value}, decide_index(weighed(), SCALES | {"manner": scale}))
    assert indicators["manner"]["score"] == expected


def test_the_index_follows_by_hand(engine):
    """Scores 80, 50, 60, 80 at .3, .3, .2, .2: 24 + 15 + 12 + 16 = 67; process 65, performance 70."""
    indicators, index = measured(engine, {"speed": 80, "manner": 70, "satisfaction": 60, "complaints": 2})
    assert {name: row["contribution"] for name, row in indicators.items()} == pytest.approx(
        {"speed": 24, "manner": 15, "satisfaction": 12, "complaints": 16}
    )
    assert index["quality_index"] == pytest.approx(67)
    assert index["process_index"] == pytest.approx(65)
    assert index["performance_index"] == pytest.approx(70)
    assert index["coverage"] == 1


def test_a_missing_indicator_gives_its_weight_to_the_others(engine):
    """Without complaints .8 is present: (24 + 15 + 12) / .8 = 63.75; performance is satisfaction alone."""
    for values in ({"complaints": None}, {}):
        indicators, index = measured(engine, {"speed": 80, "manner": 70, "satisfaction": 60} | values)
        assert index["quality_index"] == pytest.approx(63.75)
        assert index["coverage"] == pytest.approx(0.8)
        assert index["performance_index"] == pytest.approx(60)
        assert indicators["speed"]["weight"] == pytest.approx(0.375)
    assert "complaints" not in indicators


def test_below_half_the_weight_there_is_no_index(engine):
    """Performance alone is .4: its own index stands, the whole is unknown and so are contributions to it."""
    indicators, index = measured(engine, {"satisfaction": 60, "complaints": 2, "speed": None})
    assert index["quality_index"] is None
    assert index["process_index"] is None
    assert index["performance_index"] == pytest.approx(70)
    assert index["coverage"] == pytest.approx(0.4)
    assert {row["contribution"] for row in indicators.values()} == {None}
    assert indicators["satisfaction"]["score"] == 60


def test_exactly_half_the_weight_is_enough(engine):
    """The floor is what must be reached: at equal branches process alone is .5."""
    decided = decide_index(weighed(process_over_performance=1), SCALES)
    _, index = measured(engine, {"speed": 80, "manner": 70}, decided)
    assert index["quality_index"] == pytest.approx(65)


def test_a_cell_without_any_value_has_coverage_zero(engine):
    """Null, not 0: nothing was measured."""
    _, index = measured(engine, {"speed": None})
    assert (index["coverage"], index["quality_index"], index["process_index"]) == (0, None, None)


def test_indicators_outside_the_tree_are_left_out(engine):
    """Another hierarchy may use them."""
    indicators, index = measured(engine, {"weather": 5})
    assert (indicators, index) == ({}, None)


# The engine may stay: every example replaces its table.
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries({name: st.none() | st.floats(-50, 150) for name in SCALES}),
    st.floats(1 / 9, 9),
    st.floats(1 / 9, 9),
)
def test_contributions_add_up_to_an_index_within_bounds(engine, values, branches, leaves):
    """Whatever the weights: what the chart stacks is the number above it."""
    decided = decide_index(weighed(branches, leaves), SCALES)
    indicators, index = measured(engine, values, decided)
    if index["quality_index"] is None:
        assert index["coverage"] < 0.5
        return
    given_parts = [row["contribution"] for row in indicators.values() if row["contribution"] is not None]
    assert sum(given_parts) == pytest.approx(index["quality_index"], abs=1e-9)
    assert sum(row["weight"] or 0 for row in indicators.values()) == pytest.approx(1, abs=1e-9)
    for name in ("quality_index", "process_index", "performance_index"):
        assert index[name] is None or 0 <= index[name] <= 100


def test_columns_are_those_of_the_two_tables(engine):
    """Marts read these names and types."""
    engine.fill("facts.service_indicators", COLUMNS, [])
    engine.fill("scores.quality_shrinkage", SHRINKAGE, [])
    decided = decide_index(weighed(), SCALES, process=None)
    text, number = "VARCHAR", "DOUBLE"
    assert engine.types(indicators_sql(decided)) == {
        **dict.fromkeys(("dimension", "member", "period", "indicator", "parent"), text),
        **dict.fromkeys(("value", "raw_value", "standard_error", "raw_standard_error"), number),
        "sample_size": "BIGINT",
        "is_small_sample": "BOOLEAN",
        **dict.fromkeys(("floor_value", "target_value", "score", "weight", "contribution"), number),
    }
    assert engine.types(index_sql(decided)) == {
        **dict.fromkeys(("dimension", "member", "period"), text),
        **dict.fromkeys(("quality_index", "process_index", "performance_index", "coverage"), number),
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"scales": {"speed": Scale(0, 1)}},
        {"scales": SCALES | {"weather": Scale(0, 1)}},
        {"scales": SCALES, "process": "speed"},
        {"scales": SCALES, "coverage_floor": 1.5},
    ],
)
def test_scales_and_branches_must_fit_the_tree(asked):
    """A leaf without floor and target, one too many, a branch that is not at the top."""
    with pytest.raises(UserError):
        decide_index(weighed(), **asked)


def test_a_scale_needs_two_ends():
    """Floor and target alike would divide by zero."""
    with pytest.raises(UserError):
        Scale(5, 5)
