"""Two tables have the same content hash if and only if they hold the same rows."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.publishing.hashing import content_of

cells = st.tuples(st.none() | st.text(max_size=4), st.none() | st.text(max_size=4), st.none() | st.integers(-3, 3))
tables = st.lists(cells, max_size=8)


@pytest.fixture(scope="module")
def engine():
    """One engine for all examples."""
    with duckdb.connect() as connection:
        yield connection


def content(engine, rows):
    """The content of a table with these rows."""
    engine.execute("create or replace table t (a varchar, b varchar, c integer)")
    if rows:
        engine.executemany("insert into t values (?, ?, ?)", rows)
    return content_of(engine, "t")


def of(query):
    """The hash of a query's result."""
    with duckdb.connect() as connection:
        connection.execute(f"create table t as {query}")
        return content_of(connection, "t").content_hash


@settings(max_examples=50, deadline=None)
@given(rows=tables, random=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(engine, rows, random):
    """A rerun gives rows in another order."""
    assert content(engine, rows) == content(engine, random.sample(rows, len(rows)))


@settings(max_examples=50, deadline=None)
@given(one=tables, other=tables)
def test_equal_hash_means_equal_rows(engine, one, other):
    """The hash decides whether a copy is the original."""
    same = sorted(one, key=repr) == sorted(other, key=repr)
    assert (content(engine, one).content_hash == content(engine, other).content_hash) == same


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_do_not_matter(threads):
    """The hash of 150,000 rows, worked on by several threads, is the same in any order."""
    rows = "select number as id, number / 7 as share, 'x' || number as name from range(150000) as numbers (number)"
    with duckdb.connect(config={"threads": threads}) as connection:
        ascending = content_of(connection, f"({rows})")
        assert ascending.rows == 150_000
        assert ascending == content_of(connection, f"({rows} order by hash(number))")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select 'a' as x, 'bc' as y", "select 'ab' as x, 'c' as y"),
        ("select '1:a' as x, '' as y", "select '' as x, '1:a' as y"),
        ("select null::varchar as x", "select '' as x"),
        ("select null::varchar as x, 'a' as y", "select '' as x, 'a' as y"),
        ("select null::integer as x, 1 as y", "select 1 as x, null::integer as y"),
        ("select array[1, 2] as x", "select array[2, 1] as x"),
        ("select date '2026-01-01' as x", "select date '2026-01-02' as x"),
        ("select 1 as x", "select 1 as x union all select 1"),
        ("select 1 as x, 2 as y union all select 3, 4", "select 1 as x, 4 as y union all select 3, 2"),
        ("select 1 as x", "select 1 as y"),
        ("select 1::integer as x", "select 1::bigint as x"),
        ("select 1.0::decimal(18, 2) as x", "select 1.0::decimal(18, 4) as x"),
        ("select 1 as x where false", "select 1 as x, 2 as y where false"),
        ("select ['a, b'] as x", "select ['a', 'b'] as x"),
        ("select timestamp '2026-01-01 00:00:00.000001' as x", "select timestamp '2026-01-01' as x"),
        ("select 'nan'::double as x", "select null::double as x"),
        ("select 'inf'::double as x", "select '-inf'::double as x"),
        ("select 1.0000000010::double as x", "select 1.0000000030::double as x"),
    ],
)
def test_tables_that_a_naive_hash_confuses_differ(one, other):
    """Values that run into each other, swapped values, duplicates, nulls, types."""
    assert of(one) != of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select -0.0::double as x", "select 0.0::double as x"),
        ("select 'nan'::double as x", "select -('nan'::double) as x"),
        ("select 0.1::double + 0.2::double as x", "select 0.3::double as x"),
        ("select 1 as x, 2 as y", "select 2 as y, 1 as x"),
        ("select 1 as x, 'r1' as release_id", "select 1 as x, 'r2' as release_id"),
        ("select 1 as x, now() as checked_at", "select 1 as x"),
    ],
)
def test_the_same_content_written_differently_is_the_same(one, other):
    """Floats in their last digits, the order of columns, and columns that name the release say nothing new."""
    assert of(one) == of(other)


def test_parquet_hashes_as_the_table_it_was_written_from(tmp_path):
    """A release is verified by reading back both of its formats."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table t as select number as id, number / 7.0 as share, (number * 3)::decimal(18, 2) as money,"
            " date '2026-01-01' + number::integer as day, now()::timestamp as moment, number % 2 = 0 as is_even"
            " from range(500) as numbers (number)"
        )
        connection.execute(f"copy t to '{tmp_path}/t.parquet' (format parquet)")
        assert content_of(connection, "t") == content_of(connection, f"read_parquet('{tmp_path}/t.parquet')")
