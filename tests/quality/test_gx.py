"""Suites of Great Expectations: they see what is broken, say it in words, and show nobody's data."""

import datetime as dt

import pytest

from orchestration.quality import gx
from orchestration.sources.contract import CONTRACTS, SQL_TYPES

AS_OF = dt.date(2026, 6, 30)
GOOD = {"order_id": "'1'", "customer_id": "'c'", "ordered_at": "timestamp '2026-06-30 10:00'", "amount": "5"}


def orders(warehouse, *rows: dict) -> None:
    """raw.orders with these rows; what a row does not name is null."""
    columns = CONTRACTS["orders"].columns
    selects = [
        "select "
        + ", ".join(f"{({**GOOD, **row}).get(c.name, 'null')}::{SQL_TYPES[c.kind]} as {c.name}" for c in columns)
        for row in rows
    ]
    warehouse.create_table("raw.orders", " union all ".join(selects))


def shape(warehouse, feed: str = "orders"):
    return gx.validate(warehouse, f"raw.{feed}", "shape", gx.feed_expectations(feed, AS_OF))


def test_a_good_feed_passes(warehouse):
    """One outcome for the whole suite."""
    orders(warehouse, {}, {"order_id": "'2'", "status": "'completed'"})
    outcome = shape(warehouse)
    assert outcome.passed
    assert (outcome.key, outcome.observed, outcome.rows_examined, outcome.rows_failing) == ("raw.orders:shape", 0, 2, 0)


@pytest.mark.parametrize("feed", ["surveys", "customers"])
def test_a_feed_without_rows_passes(warehouse, feed):
    """An optional feed that is not fed is an empty view."""
    columns = ", ".join(f"null::{SQL_TYPES[column.kind]} as {column.name}" for column in CONTRACTS[feed].columns)
    warehouse.create_view(f"raw.{feed}", f"select {columns} where false")
    assert shape(warehouse, feed).passed


def test_a_broken_feed_fails_in_words_without_showing_values(warehouse):
    """A required value missing, a code unknown, a moment in 1900: three sentences, no cell of anybody's row."""
    orders(
        warehouse,
        {"order_id": "'secret-1'"},
        {"order_id": "'secret-2'", "customer_id": "null"},
        {"order_id": "'secret-3'", "status": "'secret-status'"},
        {"order_id": "'secret-4'", "ordered_at": "timestamp '1900-01-01'"},
    )
    outcome = shape(warehouse)
    assert not outcome.passed
    assert (outcome.observed, outcome.rows_examined, outcome.rows_failing) == (3, 4, 1)
    assert "customer_id: column values to not be null: 1 of 4 rows do not" in outcome.message
    assert "status: column values to be in set" in outcome.message
    assert "ordered_at: column values to be between" in outcome.message
    assert "secret" not in outcome.message
    assert "1900" not in outcome.message
    assert outcome.sample_ids == []


def test_a_column_that_is_not_there_fails_in_words(warehouse):
    """The suite itself must not fall over what it is there to find."""
    warehouse.create_table("raw.orders", "select '1' as order_id, 'c' as customer_id")
    outcome = shape(warehouse)
    assert not outcome.passed
    assert "amount: column to exist" in outcome.message


def test_a_scale_that_is_upside_down_fails(warehouse):
    """Scores are divided by its length."""
    columns = "'1' as response_id, 'c' as customer_id, timestamp '2026-01-01' as answered_at, 'q' as question, "
    columns += (
        "3.0::double as score, null::double as expected_score, 5.0::double as scale_min, 1.0::double as scale_max"
    )
    warehouse.create_table("raw.surveys", f"select {columns}")
    assert not shape(warehouse, "surveys").passed


@pytest.mark.parametrize("name", ["phone", "Phone", "EMAIL"])
def test_a_mart_with_personal_data_fails(warehouse, name):
    """Whatever the models above do, a phone number is not published."""
    warehouse.create_table("marts.customer_value", f"select 'c' as customer_id, '138' as {name}")
    outcome = gx.validate(
        warehouse,
        "marts.customer_value",
        "shape",
        gx.mart_expectations("customer_value", ["customer_id", name]),
    )
    assert not outcome.passed
    assert "138" not in outcome.message


@pytest.mark.parametrize(("mart", "passes"), [("customer_value", False), ("tier_migration", True)])
def test_a_mart_that_always_has_rows_fails_without_them(warehouse, mart, passes):
    """No customer has a value: the refresh went wrong. No customer moved: a quiet month."""
    warehouse.create_table(f"marts.{mart}", "select 'c' as customer_id where false")
    outcome = gx.validate(warehouse, f"marts.{mart}", "shape", gx.mart_expectations(mart, ["customer_id"]))
    assert outcome.passed is passes


def test_a_suite_that_cannot_be_evaluated_has_said_nothing(warehouse):
    """A column that is not there: no verdict on any row, so no override may stand for one."""
    import great_expectations.expectations as gxe

    warehouse.create_table("raw.orders", "select '1' as order_id")
    outcome = gx.validate(warehouse, "raw.orders", "shape", [gxe.ExpectColumnValuesToNotBeNull(column="amount")])
    assert outcome.passed is None
    assert "amount: column values to not be null: could not be evaluated: " in outcome.message
