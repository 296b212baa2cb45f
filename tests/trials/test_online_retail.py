"""Online Retail II, taken by the example's configuration alone, against the original file added up by pandas.

Money is added up in whole ten-thousandths of a pound here, so that no sum rounds.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from a_summary import lifetime_values, published, segments, summary, written
from a_trial import original, refreshed

from orchestration.warehouse.duckdb import Warehouse

sys.path.insert(0, str(Path(__file__).parents[1] / "dbt"))
from netting import Order, net_amounts, order_days


@pytest.fixture(scope="module")
def data() -> Path:
    """The folder with the original file."""
    return original("online_retail")


@pytest.fixture(scope="module")
def lines(data) -> pd.DataFrame:
    """Every line of the file, with what it must become and its money."""
    [path] = data.glob("*.parquet")
    lines = pd.read_parquet(path)
    lines["money"] = (lines["Price"] * 10_000).round().astype("int64") * lines["Quantity"]
    lines["becomes"] = "accepted"
    lines.loc[lines["StockCode"].str.startswith("TEST"), "becomes"] = "test"
    has_nobody = lines["Customer ID"].isna()
    lines.loc[has_nobody, "becomes"] = "nobody's"
    lines.loc[has_nobody & (lines["Price"] == 0), "becomes"] = "stock"
    lines.loc[lines["Invoice"].str.startswith("A"), "becomes"] = "bad debt"
    return lines


@pytest.fixture(scope="module")
def home(data, tmp_path_factory) -> Path:
    """A home after one refresh."""
    return refreshed(tmp_path_factory.mktemp("online_retail"), "online_retail", ONLINE_RETAIL_DATA=data)


@pytest.fixture(scope="module")
def load(home) -> dict:
    """What the manifest says of the one load."""
    [load] = json.loads((home / "published" / "current" / "manifest.json").read_text("utf-8"))["loads"]
    return load


def facts(home: Path, question: str) -> list[tuple]:
    return Warehouse(home / "warehouse.duckdb").rows(question)


def in_pounds(ten_thousandths: int) -> Decimal:
    return Decimal(int(ten_thousandths)).scaleb(-4)


def orders_of(lines: pd.DataFrame) -> list[Order]:
    """An order each invoice, in any order."""
    invoices = (
        lines[lines["becomes"] == "accepted"]
        .groupby("Invoice")
        .agg({"Customer ID": "first", "InvoiceDate": "min", "money": "sum"})
    )
    return [
        Order(invoice, str(int(customer)), pd.Timestamp(at).to_pydatetime(), in_pounds(money), True, None)
        for invoice, customer, at, money in invoices.itertuples()
    ]


def test_every_line_is_accepted_or_excluded_with_its_reason(load, lines):
    """Nothing of this file is a fault: each kind of line that is left out was declared."""
    counted = lines["becomes"].value_counts()
    assert load["source_rows"] == len(lines) == 525_461
    assert load["accepted"] == counted["accepted"]
    assert load["quarantined"] == load["duplicate"] == load["superseded"] == load["unidentified"] == 0
    assert load["reasons"] == {
        "excluded:adjustment of bad debt, which is no sale": counted["bad debt"],
        "excluded:movement of stock (no customer, no price), which is no sale": counted["stock"],
        "excluded:sale or refund without a customer, which counts for nobody": counted["nobody's"],
        "excluded:a test of the till": counted["test"],
    }


def test_money_of_the_file_is_accepted_or_excluded(load, lines):
    """The same identity for the money."""
    accepted = lines.loc[lines["becomes"] == "accepted", "money"].sum()
    assert Decimal(load["money"]["accepted"]) == in_pounds(accepted)
    assert Decimal(load["money"]["excluded"]) == in_pounds(lines["money"].sum() - accepted)


def test_each_invoice_is_one_order_with_the_money_of_its_lines(home, lines):
    """The second identity, invoice by invoice: whose it is, when it began, pieces, money."""
    expected = (
        lines[lines["becomes"] == "accepted"]
        .groupby("Invoice")
        .agg({"Customer ID": "first", "InvoiceDate": "min", "Quantity": "sum", "money": "sum"})
    )
    orders = facts(
        home,
        "select order_id, customer_id, ordered_at::varchar, quantity::bigint, (amount * 10000)::bigint "
        "from facts.orders order by order_id",
    )
    assert orders == [
        (invoice, str(int(customer)), at, quantity, money)
        for invoice, customer, at, quantity, money in expected.sort_index().itertuples()
    ]


def test_lines_of_the_orders_are_the_accepted_lines(home, load):
    """Equal lines inside an invoice are lines too."""
    with duckdb.connect() as connection:
        landed = connection.read_parquet(f"{home}/landing/orders/*/accepted.parquet")
        [(counted,)] = landed.sum("_lines").fetchall()
    assert counted == load["accepted"]


def test_cancellations_are_refunds_and_nothing_else_is(home, lines):
    """An invoice that begins with C takes money back, and is no order."""
    accepted = lines[lines["becomes"] == "accepted"]
    cancelled = accepted[accepted["Invoice"].str.startswith("C")]
    refunds = facts(
        home,
        "select count(*), count(*) filter (is_counted), (sum(amount) * 10000)::bigint, "
        "count(*) filter (not starts_with(order_id, 'C')) from facts.orders where is_refund",
    )
    assert refunds == [(cancelled["Invoice"].nunique(), 0, cancelled["money"].sum(), 0)]


def test_refunds_are_taken_from_earlier_orders_or_reported(home, lines):
    """By a plain stack over the file's own lines: three quarters of the money of refunds find an order."""
    orders = orders_of(lines)
    refunds = {order.order_id: order.amount for order in orders if order.amount < 0}
    unmatched = -sum(net for order_id, net in net_amounts(orders).items() if order_id in refunds)
    assert facts(home, "select sum(unmatched_refunds) from facts.customer_orders") == [(unmatched,)]
    assert 0.76 < 1 + unmatched / sum(refunds.values()) < 0.77
    days = facts(
        home,
        "select customer_id, ordered_date, first_ordered_at, last_ordered_at, orders, amount from facts.order_days",
    )
    assert sorted(days) == order_days(orders)


def test_revenue_of_each_customer_is_that_of_the_file(home, lines):
    """What the marts serve, less refunds; they show pence."""
    expected = lines[lines["becomes"] == "accepted"].groupby("Customer ID")["money"].sum()
    with duckdb.connect(str(home / "published" / "current" / "marts.duckdb"), read_only=True) as connection:
        served = dict(
            connection.execute("select customer_id, (revenue * 10000)::bigint from marts.customer_value").fetchall()
        )
    assert served.keys() == {str(int(customer)) for customer in expected.index}
    for customer, money in expected.items():
        assert abs(served[str(int(customer))] - money) <= 50, customer


def test_the_report_says_how_good_the_forecast_of_the_last_quarter_was(home):
    """What came in the hold-out, added up here from the order days, with what was expected and the naive forecast."""
    with duckdb.connect(str(home / "published" / "current" / "marts.duckdb"), read_only=True) as connection:
        [(text,)] = connection.execute(
            "select holdout from marts.clv_model where is_published and holdout is not null"
        ).fetchall()
    holdout = json.loads(text)
    rows = facts(home, "select customer_id, ordered_date, amount from facts.order_days")
    days = pd.DataFrame(rows, columns=["who", "day", "money"])
    ahead = pd.to_datetime(days["day"]) >= holdout["from"]
    known = days.loc[~ahead, "who"].unique()
    came = days[ahead & days["who"].isin(known)]
    assert (holdout["days"], holdout["until"], holdout["customers"]) == (93, "2010-12-09", len(known))
    totals = {row["bin"]: row for row in holdout["rows"] if row["kind"] == "total"}
    assert totals["orders"]["actual"] == len(came)
    assert totals["spend"]["actual"] == pytest.approx(float(came["money"].sum()), abs=0.01)
    for total in totals.values():
        # A quarter before Christmas, forecast from the nine months before: too little, and not by half.
        assert 0.5 < total["expected"] / total["actual"] < 1
        assert total["naive"] > 0
    report = (home / "published" / "current" / "report.html").read_text("utf-8")
    assert "How good the forecast is" in report
    assert f"{totals['orders']['actual']:,.0f}" in report


def test_the_summary_of_segments_is_that_of_the_file(home, lines):
    """The pyramid, ABC and RFM from the lines and the plain stack of refunds; only the lifetime values are served."""
    orders = orders_of(lines)
    customers = pd.DataFrame(
        {"revenue": pd.DataFrame(orders).groupby("customer_id")["amount"].sum(), "days": 0, "last_day": pd.NaT}
    )
    days = pd.DataFrame(order_days(orders)).groupby("customer_id")["ordered_date"].agg(["count", "max"])
    customers.loc[days.index, "days"] = days["count"]
    customers.loc[days.index, "last_day"] = pd.to_datetime(days["max"])
    customers["clv"] = lifetime_values(home)
    expected = summary(customers, segments(customers))
    served = published(home)
    assert expected == {key: told for key, told in served.items() if key[0] in ("value_tier", "abc", "rfm")}
    assert written("online_retail") == served
