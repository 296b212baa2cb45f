"""Olist, taken by the example's configuration alone, against queries over the original files."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest
from a_trial import original, refreshed

from orchestration.scoring.clv.decision import AUTO, Past, decide
from orchestration.scoring.clv.fitting import MODELS, fit
from orchestration.scoring.clv.gamma_gamma import Spending
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.maximum_likelihood import NOTES

OUTCOMES = ("accepted", "duplicate", "superseded", "excluded", "quarantined")


@pytest.fixture(scope="module")
def data() -> Path:
    """The folder with the original files."""
    return original("olist_sample")


@pytest.fixture(scope="module")
def current(data, tmp_path_factory) -> Path:
    """The served release of one refresh."""
    return refreshed(tmp_path_factory.mktemp("olist"), "olist", OLIST_DATA=data) / "published" / "current"


@pytest.fixture(scope="module")
def loads(current) -> dict[str, dict]:
    return {load["feed"]: load for load in json.loads((current / "manifest.json").read_text("utf-8"))["loads"]}


def ask(current: Path, question: str) -> tuple:
    with duckdb.connect(str(current / "marts.duckdb"), read_only=True) as connection:
        [answer] = connection.execute(question).fetchall()
    return answer


def files(question: str) -> tuple:
    """The answer of the original files."""
    with duckdb.connect() as connection:
        [answer] = connection.execute(question).fetchall()
    return answer


def test_every_person_of_the_files_is_published(current, data):
    """customer_unique_id is the person; those whose only order was cancelled have no order days."""
    people = files(f"select count(distinct customer_unique_id) from '{data}/olist_customers_dataset.csv'")
    assert ask(current, "select count(*) from marts.customer_value") == people == (2_995,)
    without = files(
        f"select count(*) from (select customer_unique_id from '{data}/olist_customers_dataset.csv' "
        f"inner join '{data}/olist_orders_dataset.csv' using (customer_id) group by customer_unique_id "
        "having bool_and(order_status in ('canceled', 'unavailable')))"
    )
    assert ask(current, "select count(*) from marts.customer_value where order_days = 0") == without


def test_revenue_is_the_payments_of_the_orders_that_count(current, data):
    """To the cent, by the query of the example's README."""
    payments = files(
        f"select sum(payment_value::decimal(18,2)) from '{data}/olist_order_payments_dataset.csv' "
        f"inner join '{data}/olist_orders_dataset.csv' using (order_id) "
        "where order_status not in ('canceled', 'unavailable')"
    )
    assert ask(current, "select sum(revenue) from marts.customer_value") == payments


def test_rows_of_each_feed_add_up(loads, data):
    """Every line of the files has one outcome."""
    feeds = {"orders": "orders", "surveys": "order_reviews", "complaints": "order_reviews"}
    for feed, name in feeds.items():
        [rows] = files(f"select count(*) from '{data}/olist_{name}_dataset.csv'")
        assert sum(loads[feed][outcome] for outcome in OUTCOMES) == loads[feed]["source_rows"] == rows


def test_bad_reviews_with_a_message_are_the_complaints(current, loads, data):
    """All others are excluded by the declared filter, and counted as such."""
    [bad] = files(
        f"select count(*) from '{data}/olist_order_reviews_dataset.csv' "
        "where review_score <= 2 and review_comment_message is not null"
    )
    complaints = loads["complaints"]
    assert complaints["accepted"] + complaints["duplicate"] + complaints["superseded"] == bad
    assert complaints["excluded"] == complaints["source_rows"] - bad


def test_payments_of_each_order_arrive_in_its_amount(loads, data):
    """The second identity: the lines that were summed into orders hold what the orders hold."""
    [total] = files(f"select sum(payment_value::decimal(18,2)) from '{data}/olist_order_payments_dataset.csv'")
    payments = loads["orders"]["joins"]["payments"]
    assert payments["money"] == payments["money_of_rows"] == str(total)
    assert payments["money_without_row"] == "0.00"


def test_almost_all_one_time_buyers_end_in_a_named_case(data):
    """Three of 2,954 people came back, too few to tell when people stop: finite numbers, and a word for it."""
    with duckdb.connect() as connection:
        columns = connection.execute(
            "select count(distinct day) - 1, max(day) - min(day), date '2018-10-31' - min(day) from ("
            f"select customer_unique_id, order_purchase_timestamp::date as day from '{data}/olist_orders_dataset.csv' "
            f"inner join '{data}/olist_customers_dataset.csv' using (customer_id) "
            "where order_status not in ('canceled', 'unavailable')) group by customer_unique_id"
        ).fetchnumpy()
    histogram = Histogram.of(*columns.values())
    for key in MODELS:
        found = fit(key, histogram)
        orders = found.model.discounted_orders(histogram, 365, 0.1)
        assert (np.isfinite(orders) & (orders >= 0)).all()
        assert found.report.status == "boundary"
        assert NOTES["one_time_buyers"] in found.report.note
    decided = decide(Past(histogram, Spending([], [], [])), None, AUTO, {})
    assert (decided.count.report.model, decided.count.report.boundary) == ("nbd", "alike_rates, one_time_buyers")
