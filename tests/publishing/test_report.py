"""The report stands alone, is the same for the same input, and says so where there is nothing to show."""

import re
import xml.etree.ElementTree as ElementTree

import duckdb
import pandas as pd
import pytest
from candidate import check, fill, load, manifest_of

from orchestration.publishing import findings, pictures, quality_findings, report

MANIFEST = manifest_of() | {
    "release_id": "20260701T020000Z-01234567",
    "published_at": "2026-07-01T02:00:00+00:00",
    "replaced": None,
}


@pytest.fixture
def warehouse():
    """An open warehouse with all marts."""
    with duckdb.connect() as connection:
        fill(connection)
        yield connection


@pytest.fixture(scope="module")
def page():
    """The report on a candidate of 50 customers."""
    with duckdb.connect() as connection:
        fill(connection)
        yield report.render(connection, MANIFEST, "marts")


def test_it_asks_nothing_of_any_other_place(page):
    """It is mailed, archived, and opened without a network."""
    page = page.replace("http://www.w3.org/", "")  # names of the SVG format, which nobody fetches
    assert not re.search(r"https?://|<script|<link|<img|@import|url\((?!#)", page)


def test_the_same_input_gives_the_same_page(page, warehouse):
    """A release can be compared byte by byte."""
    assert report.render(warehouse, MANIFEST, "marts") == page


def test_it_has_both_languages_and_every_picture(page):
    """Readers in two languages; eighteen pictures."""
    for heading in (
        "价值金字塔",
        "利润鲸鱼曲线",
        "当前价值与潜在价值",
        "最近购买与购买频率",
        "质量权重",
        "指数变动原因",
        "投诉趋势",
        "客户关系与投诉",
        "层级迁移",
        "客户分组方式",
        "行为群组",
        "终身价值模型",
        "检查",
    ):
        assert heading in page
    assert page.count("<svg") == 18
    assert "No data yet" not in page
    assert "by name" not in page
    assert "华东" in page


def test_the_totals_of_matrix_flow_and_causes_agree(page):
    """Of 193 customers 14 changed tier, by 7 lapses, 6 orders and one overtaken; 7 are new, one was held."""
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "14 of 193 customers changed tier; besides them 7 are new and 0 gone." in text
    assert "The margin of hysteresis held 1 where they were." in text
    assert "Customers: 14 changed tier, 7 new" in text
    assert "All who changed tier 层级变动合计 14 " in text
    assert "Since a year ago 与一年前相比" in text
    assert "1,000 of 1,000 customers changed tier" in text


def test_weights_and_consistency_are_those_of_the_index(page, warehouse):
    """Other hierarchies are published beside it, and say nothing of quality."""
    with findings.Marts(warehouse, "marts") as marts:
        assert set(findings.weights(marts, "customer_activity")["indicator"]) == {"search", "post"}
        assert set(findings.consistency(marts, "service_quality")["parent"]) == {
            "process"
        }  # two items cannot contradict
    assert "Process" in page
    assert "Customer activity" not in page
    assert "Search" not in page


def test_scheme_that_is_off_is_listed_with_its_reason(page):
    """Whoever misses it must not take it for empty."""
    table = page[page.index("客户分组方式") :]
    rows = [row for row in table[: table.index("</table>")].split("<tr>") if "<td>" in row]
    assert ["on <span" in row for row in rows] == [True, True, False]
    assert ["nothing is fed" in row for row in rows] == [False, True, True]


def test_ids_in_the_page_are_unique(page):
    """Pictures that share ids clip each other."""
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_names_in_the_data_cannot_become_markup(page):
    """A region may be called anything."""
    assert "<West>" not in page
    assert "西南 &amp; &lt;West&gt;" in page
    assert "Cost $5 $6" in page


def test_without_marts_it_says_so():
    """The first refresh of a company without complaints still has a report."""
    with duckdb.connect() as empty:
        page = report.render(empty, MANIFEST | {"loads": [], "checks": []}, "marts")
    assert page.count("No data yet") == 11
    assert "<svg" not in page


def test_a_company_of_orders_alone_is_told_which_feeds_are_missing(warehouse):
    """Weights of an index that nobody can work out, by experts of an example, would look like its own."""
    warehouse.execute("delete from marts.service_quality")
    warehouse.execute("delete from marts.service_quality_indicators")
    warehouse.execute("delete from marts.service_quality_changes")
    warehouse.execute("delete from marts.complaint_trends")
    orders = [one for one in MANIFEST["loads"] if one["feed"] == "orders"]
    page = report.render(warehouse, MANIFEST | {"loads": orders}, "marts")
    assert "No data yet: nothing has arrived of complaints and surveys" in page
    assert "缺少 complaints、surveys" in page
    assert "What quality is made of" not in page


def test_a_code_without_a_label_is_shown_as_words(page):
    """Categories are the company's own; `power_quality` is nobody's word."""
    assert "<td>Power quality</td>" in page


def test_each_scheme_says_how_many_are_in_its_largest_segments(page):
    """A rule alone does not say whether it is about three customers or three thousand."""
    assert "Lead 重铅客户 40 · Iron 铁质客户 7 · Gold 黄金客户 2 · Platinum 铂金客户 1" in page
    assert "Group 8 8 · Group 7 7 · Group 6 6 · Group 5 5 · Group 4 4 · Group 3 3 · 2 more" in page


def test_empty_marts_and_missing_columns_say_so(warehouse):
    """A mart may lack what a later version adds."""
    warehouse.execute("delete from marts.customer_value")
    warehouse.execute("delete from marts.complaint_trends")
    warehouse.execute("alter table marts.profit_curve drop column cumulative_profit_share")
    warehouse.execute("update marts.service_quality set quality_index = null")
    page = report.render(warehouse, MANIFEST, "marts")
    assert page.count("No data yet") == 6
    assert page.count("<svg") == 10


def test_rendering_leaves_the_connection_as_it_was(warehouse):
    """The warehouse's connection goes on to be used."""
    report.render(warehouse, MANIFEST, "marts")
    assert warehouse.execute("select current_schema()").fetchone() == ("main",)


def test_overrides_and_overridden_checks_show(warehouse):
    """Who let it pass, why, until when, and what the check had said."""
    failed = check("tier_shares_add_up", "scores.value_tiers", passed=False, observed=0.99, threshold=1)
    override = {
        "check": "scores.value_tiers:tier_shares_add_up",
        "reason": "Merger",
        "who": "J. Li",
        "until": "2026-07-31",
        "message": "The shares add up to 0.99.",
    }
    manifest = MANIFEST | {"checks": [failed | {"is_overridden": True}], "overrides": [override]}
    page = report.render(warehouse, manifest, "marts")
    assert "Failed 未通过 · overridden" in page
    overrides = page[page.index("人工放行") :]
    for told in ("scores.value_tiers:tier_shares_add_up", "Merger", "J. Li", "2026-07-31", "add up to 0.99"):
        assert told in overrides
    assert "what failed was let through by name" in overrides


def test_quarters_are_no_months_of_the_trend(warehouse):
    """`2026-Q2` is as long as `2026-06`: on the same axis the same complaints would be told twice."""
    warehouse.execute("insert into marts.service_quality values ('overall', 'overall', '2026-Q2', 99, 1.0)")
    warehouse.execute(
        "insert into marts.service_quality_indicators (dimension, member, period, indicator, value)"
        " values ('overall', 'overall', '2026-Q2', 'complaint_count', 99)"
    )
    with findings.Marts(warehouse, "marts") as marts:
        for trend in (quality_findings.index_by_month(marts), findings.complaints_by_month(marts)):
            assert len(trend) == 12
            assert trend["month"].max() == "2026-06"


def test_loads_are_summed_by_feed():
    """Rows of a feed add up over its loads, and each row has one outcome."""
    loads = [load("orders", "1", 10, 5, 2, 1, 1, 1, "2026-06-01"), load("orders", "2", 4, 4, 0, 0, 0, 0, "2026-06-03")]
    [feed] = report.loads_by_feed(loads)
    assert (feed["loads"], feed["source_rows"], feed["accepted"], feed["watermark"]) == (2, 14, 9, "2026-06-03")
    assert sum(feed[outcome] for outcome in report.OUTCOMES) == feed["source_rows"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(None, "–"), (0, "0"), (999_999, "999,999"), (12_345_678, "12.3M"), (-2.5e9, "-2.5B")],
)
def test_large_numbers_are_short(number, words):
    """A headline is read at a glance."""
    assert report.short(number) == words


def test_a_picture_is_a_file_of_its_own():
    """It is shown on the page of a run too, without the report's styles."""
    curve = pd.DataFrame({"customers_share": [0.2, 1.0], "profit_share": [1.2, 1.0]})
    svg = pictures.whale_curve(curve)
    ElementTree.fromstring(svg.replace("xlink:", ""))
    assert "20% of customers give 120%" in svg
    assert "var(--accent, #2d6a8a)" in svg
    assert pictures.whale_curve(curve) == svg


def test_words_are_in_the_readers_own_fonts():
    """The fonts of the machine that draws have no Chinese."""
    svg = pictures.complaint_trend(pd.DataFrame({"month": ["2026-01"], "per_100_orders": [1.5]}))
    assert re.findall("font-family: [^,]*", svg) == ["font-family: system-ui"]


def test_a_pyramid_without_value_has_no_bars_to_the_right():
    """Shares of a total that is not positive mean nothing."""
    tiers = pd.DataFrame({"value_tier": ["platinum", "lead"], "customers": [1, 9], "clv": [0.0, 0.0]})
    assert "90.0%" in pictures.pyramid(tiers)
