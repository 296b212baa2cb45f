"""The pictures of service quality say what their numbers say."""

import xml.etree.ElementTree as ElementTree

import pandas as pd

from orchestration.publishing.pictures import index_by_member, index_by_month
from orchestration.publishing.quality_pictures import index_lines, waterfall, weights_tree

NODES = pd.DataFrame(
    [
        ("process", "quality", 0.6, False),
        ("performance", "quality", 0.4, False),
        ("satisfaction", "performance", 0.4, True),
        ("speed", "process", 0.5, True),
        ("manner", "process", 0.1, True),
    ],
    columns=["indicator", "parent", "global_weight", "is_leaf"],
)
CHANGES = pd.DataFrame(
    [
        ("speed", 3.25, True),
        ("manner", -1.0, False),
        ("index", 2.25, True),
    ],
    columns=["indicator", "contribution", "is_more_than_noise"],
).assign(period="2026-Q2", period_before="2026-Q1", value=72.25, value_before=70.0)


def words(svg: str) -> list[str]:
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]


def test_the_tree_has_each_node_under_its_parent_the_heavier_first():
    """So that a reader sees where a branch's weight goes."""
    shown = words(weights_tree(NODES))
    names = ["Process", "Speed", "Manner", "Performance", "Satisfaction"]
    assert [word for word in shown if word in names] == names
    assert [word for word in shown if word[0].isdigit()] == ["60.0", "50.0", "10.0", "40.0", "40.0"]


def test_the_waterfall_goes_from_the_index_before_to_the_one_after():
    """Each step with its points and sign."""
    shown = words(waterfall(CHANGES))
    assert {"Index 2026-Q1", "70.0", "+3.2", "-1.0", "Index 2026-Q2"} <= set(shown)
    assert any(word in shown for word in ("72.2", "72.3"))


def test_a_step_of_nothing_has_no_sign():
    """-0.0 would look like a loss."""
    shown = words(waterfall(CHANGES.assign(contribution=[-0.04, 0.04, 0.0])))
    assert "0.0" in shown
    assert not {"-0.0", "+0.0"} & set(shown)


def test_a_step_that_may_be_chance_is_pale():
    """Its colour alone says so, beside the legend."""
    firm = CHANGES.assign(is_more_than_noise=True)
    assert waterfall(CHANGES).count("opacity: 0.4") == 1
    assert waterfall(firm).count("opacity: 0.4") == 0


def test_lines_of_tiers_break_where_a_month_is_missing():
    """Months are all on the axis; a line across a gap would invent an index."""
    lines = pd.DataFrame(
        [("gold", "2025-11", 70.0), ("gold", "2026-01", 72.0), ("lead", "2025-12", 60.0)],
        columns=["member", "month", "quality_index"],
    )
    shown = words(index_lines(lines))
    assert [word for word in shown if word in ("11", "12", "01")] == ["11", "12", "01"]
    assert {"■ Gold", "■ Lead"} <= set(shown)


def test_thin_months_are_hollow_and_the_number_is_that_of_the_year():
    """The last month of a zigzag is not where quality stands."""
    months = pd.DataFrame({"month": ["2026-01", "2026-02"], "quality_index": [49.0, 34.3], "is_thin": [False, True]})
    svg = index_by_month(months, 46.1)
    hollow = [drawn.count("fill-opacity: 0") for drawn in (svg, index_by_month(months.assign(is_thin=True), 46.1))]
    assert hollow == [1, 2]
    assert "46.1" in words(svg)
    assert "34.3" not in words(svg)


def test_a_member_has_its_rank_its_value_and_its_sample():
    """And what is small is named in the legend, where there is any."""
    members = pd.DataFrame(
        [("North", 71.25, 1, 1234, False), ("South", 70.5, 1, 12, True)],
        columns=["member", "quality_index", "rank", "sample_size", "is_small"],
    )
    shown = words(index_by_member(members, "Regions"))
    assert {"1  North", "n 1,234", "1  South", "70.5", "n 12"} <= set(shown)
    assert any("small sample" in word for word in shown)
    assert not any("small sample" in word for word in words(index_by_member(members[:1], "Regions")))
