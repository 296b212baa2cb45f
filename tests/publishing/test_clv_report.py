"""The report says how good the published model's forecast was, or why that is not known."""

import copy
import json

import duckdb
import pytest
from candidate import fill
from test_clv_pictures import HISTORIES, HOLDOUT
from test_report import MANIFEST

from orchestration.publishing import findings, report

HEADING = "预测有多准"
COMPARED = HOLDOUT | {
    "from": "2026-04-01",
    "until": "2026-06-30",
    "days": 91,
    "customers": 4000,
    "rows": [
        {"kind": "total", "bin": "orders", "expected": 1200.4, "actual": 1600.0, "naive": 1950.0},
        {"kind": "ratio", "bin": "orders", "expected": 0.7503, "actual": None, "naive": 1.2188},
        {"kind": "root mean squared error", "bin": "orders", "expected": 1.234, "actual": None, "naive": 1.567},
        *HOLDOUT["rows"][1:],
    ],
    "interval": {"share": 0.8, "within": 0.912, "below": 0.03, "above": 0.058},
}
SPEND = [
    {"kind": "total", "bin": "spend", "expected": 3_210_000.0, "actual": 0.0, "naive": 5.0},
    {"kind": "ratio", "bin": "spend", "expected": None, "actual": None, "naive": None},
]


@pytest.fixture
def warehouse():
    """A warehouse whose published model has no hold-out, beside a published model of spend."""
    with duckdb.connect() as connection:
        fill(connection)
        connection.execute("alter table marts.clv_model add column holdout varchar")
        connection.execute("alter table marts.clv_model add column histories varchar")
        connection.execute(
            "insert into marts.clv_model by name select 'gamma_gamma' as model, true as is_published,"
            " 'converged' as fit_status, 'Money.' as fit_note, 200 as customers"
        )
        yield connection


def give(connection, **columns) -> None:
    """Write into the published model of order counts."""
    for name, value in columns.items():
        connection.execute(f"update marts.clv_model set {name} = $1 where model = 'MBG/NBD'", [json.dumps(value)])


def section(page: str) -> str:
    """What the page says of the forecast."""
    return page.split(HEADING)[1].split("</section>")[0]


def test_the_hold_out_is_told_in_numbers(warehouse):
    """Totals, their ratio, the naive forecast, the error and the interval decide whether one trusts it."""
    give(warehouse, holdout=COMPARED)
    told = section(report.render(warehouse, MANIFEST, "marts"))
    for words in ("MBG/NBD", "Chosen: the best likelihood", "2026-04-01 to 2026-06-30", "91 days", "4,000 customers"):
        assert words in told
    for number in ("1,200", "1,600", "0.75", "1.22", "1.23", "1.57", "91.2%", "3.0%", "5.8%", "80 % interval"):
        assert number in told
    assert "Spend" not in told
    assert "uncalibrated" not in told


def test_the_pictures_of_the_model_are_in_the_page(warehouse):
    """Six of the model, beside those of the company."""
    give(warehouse, holdout=COMPARED, histories=HISTORIES)
    page = report.render(warehouse, MANIFEST, "marts")
    assert section(page).count("<svg") == 6
    assert page.count("<svg") > 6


def test_without_a_hold_out_it_says_so_and_why(warehouse):
    """What nobody tried must not look as if it were known."""
    told = section(report.render(warehouse, MANIFEST, "marts"))
    assert "MBG/NBD</b> was not tried on a hold-out, so its values are uncalibrated" in told
    assert "Chosen: the best likelihood" in told
    assert "<table" not in told
    assert "<svg" not in told


def test_without_a_published_model_there_is_no_section(warehouse):
    warehouse.execute("update marts.clv_model set is_published = false")
    assert HEADING not in report.render(warehouse, MANIFEST, "marts")


def test_marts_and_columns_that_are_not_there_tell_nothing():
    """A release of an earlier version has neither."""
    with duckdb.connect() as connection:
        with findings.Marts(connection, "main") as marts:
            assert findings.published_model(marts) is None
            assert findings.holdout(marts) is None
        fill(connection)
        with findings.Marts(connection, "marts") as marts:
            assert findings.published_model(marts)["model"].tolist() == ["MBG/NBD"]
            assert findings.holdout(marts) is None
            assert findings.histories(marts) is None


def test_the_model_of_order_counts_stands_before_that_of_spend(warehouse):
    """Both are published; the hold-out and the histories are of order counts."""
    warehouse.execute("update marts.clv_model set model = 'pareto_nbd' where model = 'MBG/NBD'")
    with findings.Marts(warehouse, "marts") as marts:
        assert findings.published_model(marts)["model"].tolist() == ["pareto_nbd"]


def test_the_hold_out_of_a_model_that_is_not_published_is_not_shown(warehouse):
    """It is of other values than those that the marts hold."""
    text = json.dumps(COMPARED)
    warehouse.execute("update marts.clv_model set holdout = $1 where model = 'BG/NBD'", [text])
    with findings.Marts(warehouse, "marts") as marts:
        assert findings.holdout(marts) is None


def test_what_was_not_compared_is_a_dash(warehouse):
    """Nobody may have ordered in the hold-out, and intervals may be missing."""
    less = copy.deepcopy(COMPARED)
    less["rows"] = SPEND
    del less["interval"], less["transform"]
    give(warehouse, holdout=less)
    told = section(report.render(warehouse, MANIFEST, "marts"))
    assert report.forecasts(less) == [
        {
            "name": "Spend",
            "zh": "消费额",
            "expected": 3_210_000.0,
            "actual": 0.0,
            "ratio": None,
            "naive_ratio": None,
            "error": None,
            "naive_error": None,
        }
    ]
    assert told.count("–") == 4
    assert "3.2M" in told
    assert "interval" not in told
    assert "<svg" not in told
