"""Literals: what a decision says is what the engine reads."""

import math
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.scoring.literals import sql_decimal, sql_double, sql_text


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(allow_nan=False, allow_infinity=False))
@example(-0.0)
def test_a_double_comes_back_bit_for_bit(engine, number):
    """A centroid that is read a last bit away could move a customer; a minus must not become a comment."""
    (row,) = engine.rows(f"select 0e0 -{sql_double(number)} as negated, typeof({sql_double(number)}) as kind")
    assert row == {"negated": 0.0 - number, "kind": "DOUBLE"}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_never_reaches_a_statement(number):
    """NaN in a table is found out by nobody."""
    with pytest.raises(ValueError, match="finite"):
        sql_double(number)


def test_decimals_keep_all_their_digits(engine):
    """Money cut through a double would be rounded to 17 digits."""
    number = Decimal("12345678901234567890.1234")
    assert engine.rows(f"select {sql_decimal(number, 4)} as money") == [{"money": number}]


@pytest.mark.parametrize("label", ["", "it's", 'a"b', "a\\b", "a\nb"])
def test_labels_that_engines_read_differently_are_refused(label):
    """A quote is doubled in one dialect and joins two texts in another."""
    with pytest.raises(UserError):
        sql_text(label)


def test_labels_may_be_in_any_script(engine):
    """Companies name their segments in their own language."""
    assert engine.rows(f"select {sql_text('重要客户')} as label") == [{"label": "重要客户"}]
