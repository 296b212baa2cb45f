"""Olist, taken by the example's configuration alone, against queries over the original files."""

import json
import os
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.settings import PROJECT

OUTCOMES = ("accepted", "duplicate", "superseded", "excluded", "quarantined")


@pytest.fixture(scope="module")
def data() -> Path:
    """The folder with the original files."""
    given = os.environ.get("TRIAL_DATA")
    folder = Path(given or ".").resolve() / "olist_sample"
    assert folder.is_dir(), f"no folder {folder}: run `make trials TRIAL_DATA=folder` with olist_sample in it"
    return folder


@pytest.fixture(scope="module")
def current(data, tmp_path_factory) -> Path:
    """The served release of one refresh."""
    home = tmp_path_factory.mktemp("olist")
    settings = {"TOUCHSTONE_HOME": str(home), "TOUCHSTONE_CONFIG": str(PROJECT / "examples" / "olist")}
    result = CliRunner().invoke(main, ["refresh"], env={**settings, "OLIST_DATA": str(data)}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return home / "published" / "current"


@pytest.fixture(scope="module")
def loads(current) -> dict[str, dict]:
    return {load["feed"]: load for load in json.loads((current / "manifest.json").read_text("utf-8"))["loads"]}


def ask(current: Path, question: str) -> tuple:
    with duckdb.connect(str(current / "marts.duckdb"), read_only=True) as connection:
        return connection.execute(question).fetchone()


def test_every_person_of_the_files_is_published(current, data):
    """customer_unique_id is the person; those whose only order was cancelled have no order days."""
    files = duckdb.execute(
        f"select count(distinct customer_unique_id) from '{data}/olist_customers_dataset.csv'"
    ).fetchone()
    assert ask(current, "select count(*) from marts.customer_value") == files == (2_995,)
    without = duckdb.execute(
        f"select count(*) from (select customer_unique_id from '{data}/olist_customers_dataset.csv' "
        f"inner join '{data}/olist_orders_dataset.csv' using (customer_id) group by customer_unique_id "
        "having bool_and(order_status in ('canceled', 'unavailable')))"
    ).fetchone()
    assert ask(current, "select count(*) from marts.customer_value where order_days = 0") == without


def test_revenue_is_the_payments_of_the_orders_that_count(current, data):
    """To the cent, by the query of the example's README."""
    payments = duckdb.execute(
        f"select sum(payment_value::decimal(18,2)) from '{data}/olist_order_payments_dataset.csv' "
        f"inner join '{data}/olist_orders_dataset.csv' using (order_id) "
        "where order_status not in ('canceled', 'unavailable')"
    ).fetchone()
    assert ask(current, "select sum(revenue) from marts.customer_value") == payments


def test_rows_of_each_feed_add_up(loads, data):
    """Every line of the files has one outcome."""
    files = {"orders": "orders", "surveys": "order_reviews", "complaints": "order_reviews"}
    for feed, name in files.items():
        [rows] = duckdb.execute(f"select count(*) from '{data}/olist_{name}_dataset.csv'").fetchone()
        assert sum(loads[feed][outcome] for outcome in OUTCOMES) == loads[feed]["source_rows"] == rows


def test_bad_reviews_with_a_message_are_the_complaints(current, loads, data):
    """All others are excluded by the declared filter, and counted as such."""
    [bad] = duckdb.execute(
        f"select count(*) from '{data}/olist_order_reviews_dataset.csv' "
        "where review_score <= 2 and review_comment_message is not null"
    ).fetchone()
    complaints = loads["complaints"]
    assert complaints["accepted"] + complaints["duplicate"] + complaints["superseded"] == bad
    assert complaints["excluded"] == complaints["source_rows"] - bad


def test_payments_of_each_order_arrive_in_its_amount(loads, data):
    """The second identity: the lines that were summed into orders hold what the orders hold."""
    [total] = duckdb.execute(
        f"select sum(payment_value::decimal(18,2)) from '{data}/olist_order_payments_dataset.csv'"
    ).fetchone()
    payments = loads["orders"]["joins"]["payments"]
    assert payments["money"] == payments["money_of_rows"] == str(total)
    assert payments["money_without_row"] == "0.00"
