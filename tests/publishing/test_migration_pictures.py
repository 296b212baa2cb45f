"""The flow between tiers and its causes say what the marts say."""

import re
import xml.etree.ElementTree as ElementTree

import duckdb
import pandas as pd
import pytest
from candidate import fill

from orchestration.publishing import findings
from orchestration.publishing.labels import Labels
from orchestration.publishing.migration_pictures import counts, tier_flow, title

COLUMNS = ["from_segment", "to_segment", "customers"]
MOVES = pd.DataFrame(
    [("lead", "lead", 800), ("gold", "iron", 3), ("iron", "gold", 1), ("new", "lead", 4), ("lead", "gone", 2)],
    columns=COLUMNS,
)
LABELS = Labels({("value_tier", "gold"): ("Gold", "黄金客户"), ("segment", "gone"): ("Gone", "消失")})


@pytest.fixture
def marts():
    with duckdb.connect() as connection:
        fill(connection)
        with findings.Marts(connection, "marts") as asked:
            yield asked


def words(svg: str) -> list[str]:
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]


def test_each_tier_says_how_many_left_and_came():
    """Those who stay are not drawn: 800 of them would leave nothing to see of the ten who moved."""
    shown = words(tier_flow(MOVES, LABELS))
    assert shown.count("Gold · 3") == shown.count("Gold · 1") == 1
    assert {"Iron · 1", "New · 4", "Lead · 2", "Iron · 3", "Lead · 4", "Gone · 2", "黄金客户", "消失"} <= set(shown)
    assert not any("800" in text for text in shown)


def test_flows_are_as_thick_as_customers_are_many():
    """Three times the customers is three times the height."""
    heights = {}
    for path in re.findall(r'<path d="([^"]*C[^"]*z)', tier_flow(MOVES).replace("\n", " ")):
        ys = [float(y) for _, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]
        heights[len(heights)] = ys[4] - ys[3]
    assert sorted(round(height / min(heights.values())) for height in heights.values()) == [1, 2, 3, 4]


def test_nobody_moved_is_no_picture():
    """A quiet month."""
    assert tier_flow(MOVES.head(1)) is None


def test_causes_come_with_the_value_that_moved(marts):
    """Seven lapsed: 2,000 before and 500 now. Who is new or was held did not move, and comes last."""
    causes = findings.move_causes(marts).to_dict("records")
    lapse = {"cause": "lapse", "customers": 7, "clv_before": 2000, "clv": 500, "change": -1500}
    assert causes[0] == {"kind": "moved"} | lapse
    told = [(row["kind"], row["cause"], row["customers"]) for row in causes]
    assert told[1:] == [
        ("moved", "new_orders", 6),
        ("moved", "peers_moved", 1),
        ("new", "new_customer", 7),
        ("held", "held_by_margin", 1),
    ]


def test_moved_new_and_gone_are_counted_apart():
    """800 stayed, 3 and 1 moved: 4 of 804; two who are gone were in lead, and count as neither."""
    assert counts(MOVES) == {"compared": 804, "moved": 4, "new": 4, "gone": 2}
    assert title(MOVES) == "Customers: 4 changed tier, 4 new, 2 gone"
    assert title(MOVES.iloc[1:3]) == "Customers: 4 changed tier"
