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


def rows(current: Path, question: str) -> list[tuple]:
    with duckdb.connect(str(current / "marts.duckdb"), read_only=True) as connection:
        return connection.execute(question).fetchall()


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


def test_complaint_trends_are_those_of_the_bad_reviews(current, data):
    """Per month and category: how many, per 100 orders, how long the answer took, how many came within a day."""
    with duckdb.connect() as connection:
        expected = connection.execute(f"""
            with bad as (
                select
                    date_trunc('month', review_creation_date)::date as month,
                    case
                        when order_delivered_customer_date is null then 'not_delivered'
                        when order_delivered_customer_date::date <= order_estimated_delivery_date::date
                            then 'delivered_in_time'
                        else 'late'
                    end as category,
                    (epoch(review_answer_timestamp) - epoch(review_creation_date)) / 3600 as hours
                from '{data}/olist_order_reviews_dataset.csv'
                inner join '{data}/olist_orders_dataset.csv' using (order_id)
                where review_score in (1, 2) and review_comment_message is not null
            ),
            paid as (select distinct order_id from '{data}/olist_order_payments_dataset.csv'),
            monthly as (
                select date_trunc('month', order_purchase_timestamp)::date as month, count(*) as orders
                from '{data}/olist_orders_dataset.csv' semi join paid using (order_id)
                where order_status not in ('canceled', 'unavailable')
                group by 1
            )
            select
                month, category, count(*), 100 * count(*) / any_value(orders), median(hours),
                quantile_cont(hours, 0.9), avg((hours <= 24)::int)
            from bad left join monthly using (month)
            group by month, category
            order by month, category""").fetchall()
    found = rows(
        current,
        "select month, category, complaints, complaints_per_100_orders, median_response_hours, p90_response_hours, "
        "within_promise_share from marts.complaint_trends order by month, category",
    )
    assert [row[:3] for row in found] == [row[:3] for row in expected]
    assert sum(row[2] for row in found) == 340
    for one, other in zip(found, expected, strict=True):
        assert one[3:] == pytest.approx(other[3:], nan_ok=True), one[:2]


def test_relationships_are_those_of_the_reviews(current, data):
    """Each person's bad reviews; the level of who gave one review: 1, 2 dissatisfied, 3 neutral, 4, 5 content."""
    with duckdb.connect() as connection:
        reviews = (
            f"'{data}/olist_order_reviews_dataset.csv' inner join '{data}/olist_orders_dataset.csv' using (order_id) "
            f"inner join '{data}/olist_customers_dataset.csv' using (customer_id)"
        )
        complaints = connection.execute(
            f"select customer_unique_id, count(*) from {reviews} where review_score in (1, 2) "
            "and review_comment_message is not null group by 1"
        ).fetchall()
        alone = connection.execute(
            f"select customer_unique_id, any_value(review_score) from {reviews} group by 1 having count(*) = 1 "
            f"and any_value(review_id) in (select review_id from '{data}/olist_order_reviews_dataset.csv' "
            "group by 1 having count(*) = 1)"
        ).fetchall()
    told = "select customer_id, complaints from marts.customer_relationship where complaints > 0"
    assert dict(rows(current, told)) == dict(complaints)
    levels = dict(rows(current, "select customer_id, satisfaction_level from marts.customer_relationship"))
    words = ["dissatisfied", "dissatisfied", "neutral", "basically_satisfied", "completely_satisfied"]
    assert len(alone) > 2_900
    assert {whose: levels[whose] for whose, _ in alone} == {whose: words[score - 1] for whose, score in alone}


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
