"""Values that come with a type (Parquet, databases) are read as the text that they would be in a CSV file."""

import datetime as dt
from decimal import Decimal

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.sources.casts import typed
from orchestration.sources.contract import CONTRACTS

ORDERS = CONTRACTS["orders"]
AMOUNTS = st.one_of(
    st.integers(-(10**16), 10**16).map(lambda units: units / 10_000),
    st.integers(-(10**7), 10**7).map(lambda units: units / 100_000),
    st.floats(allow_nan=True, allow_infinity=True),
)
MOMENTS = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59))


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect() as connection:
        yield connection


def read(engine, column: str, sql_type: str, value, decimal: str = ".") -> tuple:
    """The value read as it is, and read as its text."""
    of_type, of_text = (
        engine.execute(
            f"select {typed(ORDERS.column(column), 'cell', decimal)} from (select ?::{sql_type}{text} as cell)", [value]
        ).fetchall()[0][0]
        for text in ("", "::varchar")
    )
    return of_type, of_text


@settings(deadline=None)
@given(AMOUNTS)
@example(0.1 + 0.2)
@example(99_999_999_999.9999)
@example(1e11)
@example(12_345_678_901_234.567)
@example(-0.0)
def test_money_in_a_double_is_the_amount_that_it_shows(engine, value):
    """The engine's own cast would round 0.30000000000000004 to four decimals without a word."""
    of_type, of_text = read(engine, "amount", "double", value)
    assert of_type == of_text


@settings(deadline=None)
@given(st.decimals(Decimal("-1e11"), Decimal("1e11"), places=6), st.sampled_from(["18,0", "18,2", "18,4", "18,6"]))
def test_money_in_a_decimal_is_exact_or_refused(engine, value, scale):
    of_type, of_text = read(engine, "amount", f"decimal({scale})", value)
    assert of_type == of_text


def test_a_decimal_without_a_digit_before_the_point_is_read(engine):
    """The engine writes it as .03040."""
    assert read(engine, "amount", "decimal(5,5)", "0.0304") == (Decimal("0.0304"), Decimal("0.0304"))


@settings(deadline=None)
@given(st.integers(-(2**126), 2**126), st.sampled_from(["bigint", "hugeint", "integer", "utinyint"]))
def test_whole_numbers_are_amounts_and_counts(engine, value, sql_type):
    value %= {"bigint": 2**63, "hugeint": 2**126, "integer": 2**31, "utinyint": 2**8}[sql_type]
    for column in ("amount", "quantity"):
        of_type, of_text = read(engine, column, sql_type, value)
        assert of_type == of_text


@settings(deadline=None)
@given(MOMENTS, st.sampled_from(["timestamp", "timestamp_s", "timestamp_ms", "date"]))
def test_moments_and_dates_keep_their_time(engine, value, sql_type):
    of_type, of_text = read(engine, "ordered_at", sql_type, value)
    assert of_type == of_text
    assert of_type is not None


@pytest.mark.parametrize(
    ("sql_type", "text"),
    [
        ("timestamp", "infinity"),
        ("timestamp", "10000-01-01"),
        ("timestamp", "0044-03-15 (BC) 12:00:00"),
        ("date", "-infinity"),
        ("timestamptz", "2026-01-01 10:00:00+08"),
        ("time", "10:00:00"),
        ("bigint", "20260101000000"),
        ("boolean", "true"),
    ],
)
def test_a_moment_that_would_have_to_be_guessed_is_refused(engine, sql_type, text):
    """A zone would be dropped, and what lies outside of the calendar's years is a placeholder."""
    assert read(engine, "ordered_at", sql_type, text) == (None, None)


@pytest.mark.parametrize(("sql_type", "text"), [("double", "1234.5"), ("decimal(18,2)", "1234.50"), ("bigint", "1234")])
def test_a_typed_number_has_no_comma_to_mistake(engine, sql_type, text):
    """Where a comma stands before the cents, the text 1.234 is a thousand and more; the number is not."""
    [[value]] = engine.execute(
        f"select {typed(ORDERS.column('amount'), 'cell', ',')} from (select '{text}'::{sql_type} as cell)"
    ).fetchall()
    assert value == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01 10:00:0Z",
        "2026-01-01 10:00+08",
        "12026-01-01 10:00:0",
        "0000-01-01 10:00:00",
        "２026-01-0１ 25:00:00",
    ],
)
def test_a_text_of_the_usual_length_is_not_believed_for_it(engine, text):
    """Nineteen signs are not yet a date and a time."""
    assert read(engine, "ordered_at", "varchar", text) == (None, None)
