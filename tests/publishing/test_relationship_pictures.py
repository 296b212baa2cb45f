"""The pictures of relationships and complaints say what their numbers say."""

import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest

from orchestration.publishing.drawing import WIDTH, text_width
from orchestration.publishing.labels import Labels
from orchestration.publishing.relationship_findings import HURTS
from orchestration.publishing.relationship_pictures import category_trends, loyalty_map, response_band, where_it_hurts

CELLS = pd.DataFrame(
    [(0, 0, "saboteur", 1), (0, 15, "captive", 2), (15, 0, "mercenary", 3), (15, 15, "advocate", 14)],
    columns=["across", "up", "loyalty_type", "customers"],
)
RATES = pd.DataFrame(
    [("outage", "2026-03", 2.5), ("outage", "2026-05", 1.25), ("billing", "2026-04", 0.75)],
    columns=["category", "month", "per_100_orders"],
)
ALERT, GOLD = "fill: var(--alert", "fill: var(--gold"


def words(svg: str) -> list[str]:
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]


def test_the_four_types_have_their_counts_and_shares():
    """1, 2, 3 and 14 of 20 customers, under their names in both languages."""
    labels = Labels({("loyalty_type", "advocate"): ("Advocate", "传播者")})
    shown = words(loyalty_map(CELLS, 0.625, 0.5, labels))
    assert {"1 · 5.0%", "2 · 10.0%", "3 · 15.0%", "14 · 70.0%"} <= set(shown)
    assert {"Advocate 传播者", "Saboteur", "Captive", "Mercenary", "darkest 最深: 14"} <= set(shown)


def test_the_cut_lines_have_their_values():
    """They are configured; a reader sees what made a customer satisfied."""
    assert {"0.7", "0.4"} <= set(words(loyalty_map(CELLS, 0.7, 0.4)))


def test_a_type_that_nobody_is_of_shows_none():
    """Four corners always, so that two maps compare."""
    assert "0 · 0.0%" in words(loyalty_map(CELLS[:3], 0.625, 0.5))


def test_each_category_has_its_highest_and_its_latest_rate():
    """Outage fell from 2.5 to 1.25; billing had none in the latest month."""
    shown = words(category_trends(RATES))
    assert {"Outage", "2.50", "1.25", "Billing", "0.75", "0.00"} <= set(shown)


def test_a_change_that_is_more_than_noise_is_marked_by_its_direction():
    """One month that rose and one that fell; without changes nothing is marked."""
    changes = pd.DataFrame(
        [("outage", "2026-03", True), ("outage", "2026-05", False)], columns=["category", "month", "is_rise"]
    )
    plain, marked = category_trends(RATES), category_trends(RATES, changes)
    for colour in (ALERT, GOLD):
        assert plain.count(colour) == 0
        assert marked.count(colour) == 2  # the bar and its word below


def test_the_band_has_the_promise_and_the_share_that_kept_it():
    """April has no answer: it stays on the axis, without a share."""
    months = pd.DataFrame(
        [("2026-03", 5.0, 30.0, 0.8), ("2026-05", 6.0, 20.0, 0.95)],
        columns=["month", "median_time", "p90_time", "within_promise_share"],
    )
    shown = words(response_band(months, 24))
    assert "■ promise 承诺 24 h" in shown
    assert [word for word in shown if word in ("80", "95")] == ["80", "95"]
    assert {"03", "04", "05"} <= {word[:2] for word in shown}


def test_regions_have_a_rate_for_each_thing_that_hurts():
    """30 late of 200 orders are 15.0 per 100; where nobody answered there is no rate."""
    regions = pd.DataFrame(
        [("西南", 30, 20, 5, 200, 3, 12), ("Cost $5 $6", 4, 2, 0, 100, 0, 0)],
        columns=[
            "member",
            "late_deliveries_last_365_days",
            "complaints_last_365_days",
            "green_channel_breaches",
            "orders_last_365_days",
            "profitable_but_dissatisfied",
            "answering_customers",
        ],
    )
    shown = words(where_it_hurts(regions))
    assert [word for word in shown if word in ("西南", "Cost $5 $6")] == ["西南", "Cost $5 $6"]
    assert [word for word in shown if word[0].isdigit() or word == "–"] == [
        *("15.0", "4.0"),
        *("10.0", "2.0"),
        *("2.5", "0.0"),
        *("25.0", "–"),
    ]


def test_a_long_name_of_a_region_is_cut():
    """Drawn in full it would leave the picture, or push the columns into each other."""
    counts = [name for hurt in HURTS for name in (hurt.cases, hurt.base)]
    regions = pd.DataFrame([{"member": "Southwest and plateau"} | dict.fromkeys(counts, 1)])
    assert "Southwest a…" in words(where_it_hurts(regions))


def test_a_month_without_orders_has_no_rate():
    """It is not a month without complaints."""
    rates = pd.DataFrame(
        [("outage", "2026-03", 2.5), ("outage", "2026-04", None)], columns=["category", "month", "per_100_orders"]
    )
    shown = words(category_trends(rates))
    assert "–" in shown
    assert "0.00" not in shown


@pytest.mark.parametrize("count", [5, 31])
def test_the_title_of_the_regions_fits_the_picture(count):
    """What stands beyond the right edge is cut off; titles are set in 11.5 points."""
    counts = [name for hurt in HURTS for name in (hurt.cases, hurt.base)]
    regions = pd.DataFrame([{"member": f"r{number}"} | dict.fromkeys(counts, 1) for number in range(count)])
    (title,) = [word for word in words(where_it_hurts(regions)) if word.startswith("Where it hurts")]
    assert text_width(title, 11.5) <= WIDTH
