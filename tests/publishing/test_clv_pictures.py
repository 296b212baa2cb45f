"""The pictures of the lifetime value model say what its numbers say, and bear numbers that are not there."""

import re
import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest

from orchestration.publishing import clv_pictures
from orchestration.publishing.drawing import COLOURS

HOLDOUT = {
    "days": 14,
    "rows": [
        {"kind": "total", "bin": "orders", "expected": 3.0, "actual": 4.0, "naive": 5.0},
        {"kind": "orders by frequency", "bin": "0", "expected": 1.0, "actual": 2.0, "naive": 0.0},
        {"kind": "orders by frequency", "bin": "8+", "expected": 2.0, "actual": 2.0, "naive": 5.0},
        {"kind": "orders by week", "bin": "1", "expected": 1.0, "actual": 1.0, "naive": None},
        {"kind": "orders by week", "bin": "2", "expected": 2.0, "actual": 3.0, "naive": None},
        {"kind": "orders to week", "bin": "1", "expected": 1.0, "actual": 1.0, "naive": None},
        {"kind": "orders to week", "bin": "2", "expected": 3.0, "actual": 4.0, "naive": None},
    ],
    "transform": [0.1] * 10,
}
HISTORIES = {
    "age_days": 365,
    "horizon_days": 180,
    "rows": [
        {"frequency": 0, "days_since_last_order": 365, "p_alive": 0.25, "expected_orders": 0.04},
        {"frequency": 3, "days_since_last_order": 30, "p_alive": 0.914, "expected_orders": 2.46},
        {"frequency": 3, "days_since_last_order": 90, "p_alive": 1.0, "expected_orders": 12.3},
    ],
}


def words(svg: str) -> list[str]:
    """Every text that the picture shows."""
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]


def heights(svg: str, role: str) -> list[float]:
    """Heights of the bars in the colour of a role, from left to right."""
    found = []
    for path in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path"):
        if f"fill: var(--{role}, {COLOURS[role]})" in path.get("style"):
            ups = [float(up) for up in re.findall(r"[ML] [\d.]+ ([\d.]+)", path.get("d"))]
            found.append(max(ups) - min(ups))
    return found


def bins(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["bin", "expected", "actual", "naive"])


def test_all_pictures_of_a_model_are_drawn_from_what_the_mart_holds():
    """The report and the page of a run show the same six."""
    found = clv_pictures.model_pictures(HOLDOUT, HISTORIES)
    assert list(found) == [
        "orders_to_week",
        "orders_by_week",
        "orders_by_frequency",
        "transform",
        "p_alive",
        "expected_orders",
    ]
    for svg in found.values():
        ElementTree.fromstring(svg)
    assert clv_pictures.model_pictures(HOLDOUT, HISTORIES) == found


def test_a_model_without_hold_out_and_histories_has_no_picture():
    """Simple lifetime value expects nothing of a single history."""
    assert clv_pictures.model_pictures(None, None) == {}
    assert clv_pictures.model_pictures({"days": 14, "rows": []}, {"age_days": 9, "horizon_days": 9, "rows": []}) == {}


def test_calibration_has_a_bar_for_each_forecast_in_each_bin_as_high_as_its_number():
    """One compares heights, so they are in the ratio of the numbers: 10 to 20, and 30 above 40."""
    svg = clv_pictures.orders_by_frequency(bins(("0", 10.0, 20.0, 0.0), ("8+", 30.0, 40.0, 80.0)))
    low, high = heights(svg, "accent")[:2]
    assert high / low == pytest.approx(3, rel=1e-4)
    low, high = heights(svg, "gold")[:2]
    assert high / low == pytest.approx(2, rel=1e-4)
    assert {"0", "8+", "■ Expected 预测", "■ Actual 实际", "■ Past rate continues 沿用过去"} <= set(words(svg))
    assert "Order days in the hold-out" in words(svg)


@pytest.mark.parametrize(
    "frame",
    [
        bins(("0", 1.0, None, 2.0), ("1", 3.0, 1.0, None)),
        bins(("0", 5.0, 4.0, 3.0)),
        bins(("0", 0.0, 0.0, 0.0), ("1", 0.0, 0.0, 0.0)),
        bins(("0", None, None, None)),
    ],
    ids=["unknown numbers", "one bin", "nobody came", "nothing known"],
)
def test_calibration_bears_what_is_not_there(frame):
    """A hold-out may be empty in any bin."""
    numbers = frame.astype(dict.fromkeys(("expected", "actual", "naive"), float))
    assert "nan" not in clv_pictures.orders_by_frequency(numbers).lower()


@pytest.mark.parametrize(("highest", "unit"), [(9_000, ""), (21_000, "k"), (30_000_000, "M")])
def test_counts_of_one_axis_share_one_unit(highest, unit):
    """5,000 below 10k would be read as more."""
    svg = clv_pictures.orders_by_frequency(bins(("bin", 0.0, float(highest), 0.0)))
    counts = [word for word in words(svg) if re.fullmatch(r"[1-9][\d,.]*[kM]?", word)]
    assert len(counts) > 1
    assert all(re.sub(r"[\d,.]", "", count) == unit for count in counts)


def weeks(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["expected", "actual"]).astype(float)


def test_tracking_marks_where_the_hold_out_begins():
    """Before it the model had seen what it is compared with."""
    frame = weeks(*[(week, week) for week in range(1, 11)])
    assert "hold-out 验证期" in words(clv_pictures.orders_to_week(frame, 21))
    assert "hold-out 验证期" not in words(clv_pictures.orders_to_week(frame, 70))


def test_tracking_tells_the_running_total_from_the_week_alone():
    frame = weeks((1, 1), (3, 4))
    assert "Order days after the first, running total" in words(clv_pictures.orders_to_week(frame, 14))
    assert "Order days after the first, by week" in words(clv_pictures.orders_by_week(frame, 14))
    assert "Week 周" in words(clv_pictures.orders_by_week(frame, 14))


@pytest.mark.parametrize(
    "frame",
    [weeks((0, 0), (0, 0)), weeks((5, 4)), weeks((1, None), (2, None)), weeks((None, None))],
    ids=["empty weeks", "one week", "actual not known", "nothing known"],
)
def test_tracking_bears_what_is_not_there(frame):
    """A young shop has weeks without an order."""
    assert "nan" not in clv_pictures.orders_by_week(frame, 7).lower()


def test_the_transform_has_ten_bars_and_the_line_of_a_right_forecast():
    """Bars above the line at both ends tell that the forecast is too narrow."""
    svg = clv_pictures.transform([0.2, *[0.075] * 8, 0.2])
    bars = heights(svg, "soft")
    assert len(bars) == 10
    assert bars[0] / bars[1] == pytest.approx(0.2 / 0.075, rel=1e-4)
    assert any("10% each if the forecast is right" in text for text in words(svg))
    assert "15" in words(svg)  # per cent, upward


def test_the_transform_bears_a_single_full_tenth():
    """A hold-out of one customer."""
    assert len(heights(clv_pictures.transform([1.0, *[0.0] * 9]), "soft")) == 10


def test_p_alive_shows_a_percentage_in_each_cell_that_can_be():
    """Cells that cannot be stay empty: 3 of the 6 here."""
    svg = clv_pictures.p_alive(pd.DataFrame(HISTORIES["rows"]), 365)
    assert len(heights(svg, "accent")) == 3
    assert {"25", "91", "100"} <= set(words(svg))
    assert {"0", "3", "30", "90", "365"} <= set(words(svg))
    assert "of customers whose first was 365 days ago 首单于365天前" in words(svg)


def test_expected_orders_show_the_horizon_and_three_signs_at_most():
    """2.46 is 2.5, 12.3 is 12, 0.04 is 0.0."""
    svg = clv_pictures.expected_orders(pd.DataFrame(HISTORIES["rows"]), 365, 180)
    assert "Expected orders in the next 180 days" in words(svg)
    assert {"2.5", "12", "0.0"} <= set(words(svg))


def test_a_heat_map_is_deepest_where_its_value_is_highest():
    """12.3 of 12.3 is the full depth, 2.46 a fifth of it."""
    svg = clv_pictures.expected_orders(pd.DataFrame(HISTORIES["rows"]), 365, 180)
    depths = sorted(float(depth) for depth in re.findall(r"; opacity: ([\d.]+)", svg))
    assert depths[-2] / depths[-1] == pytest.approx(0.2, rel=1e-3)


def test_heat_maps_bear_what_is_not_there():
    """A boundary case may expect no order of anybody."""
    rows = pd.DataFrame({"frequency": [1], "days_since_last_order": [2], "p_alive": [None], "expected_orders": [0.0]})
    rows = rows.astype({"p_alive": float})
    assert "–" in words(clv_pictures.p_alive(rows, 3))
    assert "0.0" in words(clv_pictures.expected_orders(rows, 3, 30))


def test_days_of_four_digits_are_told_at_every_second_column():
    """Side by side they would run into each other."""
    days = range(1000, 1016)
    rows = pd.DataFrame({"frequency": 1, "days_since_last_order": days, "p_alive": 0.5})
    shown = set(words(clv_pictures.p_alive(rows, 2000)))
    assert {str(day) for day in days if day % 2 == 0} <= shown
    assert "1001" not in shown
