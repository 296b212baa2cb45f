"""Databases: every value as it is, every row that is due, in constant memory, and no secret in a message.

PostgreSQL is a real server, SQLite a real file. MySQL and others take the same path and are not tested here.
"""

import datetime as dt
import os
import runpy
import sqlite3
import subprocess
import sys
from decimal import Decimal

import duckdb
import psycopg
import pytest
from pydantic import ValidationError

from orchestration.config.sources import Database
from orchestration.errors import UserError
from orchestration.settings import PROJECT
from orchestration.sources import databases
from orchestration.sources.databases import pull_database
from orchestration.sources.pulls import Pulled

WHERE = "feeds.orders.database"
CURSOR = {"column": "at"}


@pytest.fixture
def pull(tmp_path):
    def pulled(url, since=None, **source) -> Pulled:
        return pull_database(Database(url=url, **source), since, WHERE, tmp_path, tmp_path)

    return pulled


@pytest.fixture
def shop(tmp_path):
    """A SQLite database, to be filled by SQL."""
    path = tmp_path / "shop.db"

    def filled(*statements: str) -> str:
        with sqlite3.connect(path) as session:
            for statement in statements:
                session.execute(statement)
        session.close()
        return f"sqlite:///{path}"

    return filled


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        for statement in statements:
            session.execute(statement)


def rows(pulled: Pulled, select: str = "*") -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.execute(f"select {select} from read_parquet($1)", [str(pulled.path)]).fetchall()


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("numeric(38,10)", "'1234567890123456789012345678.0123456789'", "1234567890123456789012345678.0123456789"),
        ("numeric", "'NaN'", "NaN"),
        ("bigint", "9223372036854775807", "9223372036854775807"),
        ("float8", "0.1", "0.1"),
        ("boolean", "true", "true"),
        ("boolean", "false", "false"),
        ("text", "''", ""),
        ("text", "'王芳 O''Neill \\'", "王芳 O'Neill \\"),
        ("text", "null", None),
        ("date", "'2026-02-28'", "2026-02-28"),
        ("date", "'0044-03-15 BC'", "0044-03-15 BC"),
        ("timestamp", "'2026-02-28 08:15:00.000001'", "2026-02-28 08:15:00.000001"),
        ("timestamp", "'infinity'", "infinity"),
        ("timestamptz", "'2026-02-28 08:15:00+08'", "2026-02-28 00:15:00+00"),
        ("json", """'{"a": 1.10,  "b":null}'""", '{"a": 1.10,  "b":null}'),
        ("bytea", r"'\x00ff'", r"\x00ff"),
        ("uuid", "'6f9619ff-8b86-d011-b42d-00c04fc964ff'", "6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        ("text[]", "array['a', 'b,c']", '{a,"b,c"}'),
    ],
)
def test_a_value_arrives_as_postgresql_writes_it(pull, postgres, kind, value, text):
    """No digit lost, nothing shifted, and no value that a driver cannot represent fails the pull."""
    pulled = pull(f"{postgres.get_uri()}&options=-c%20timezone=UTC", query=f"select {value}::{kind} as thing")
    assert rows(pulled) == [(text,)]


def test_a_moment_keeps_the_offset_of_the_session(pull, postgres):
    """The instant is not in doubt, and the contract sees that it is not the company's own time."""
    pulled = pull(
        f"{postgres.get_uri()}&options=-c%20timezone=Asia/Shanghai",
        query="select at, at at time zone 'Asia/Shanghai' as local from (select timestamptz '2026-02-28 00:15Z' as at)",
    )
    assert rows(pulled) == [("2026-02-28 08:15:00+08", "2026-02-28 08:15:00")]


def test_texts_that_the_server_never_checked_are_refused_in_words(pull, postgres):
    """Old databases are in SQL_ASCII and hold GBK beside UTF-8; which it is, only the company knows."""
    run(postgres.get_uri(), "create database old template template0 encoding 'SQL_ASCII' locale 'C'")
    url = postgres.get_uri("old")
    with psycopg.connect(url) as session:
        session.execute(b"create table notes as select convert_to('', 'UTF8') || '\\xcdf5'::bytea as raw")
        session.execute(b"create view texts as select encode(raw, 'escape') as safe from notes")
        session.execute(b"create view unsafe as select e'\\xcd\\xf5' as note")
    assert rows(pull(url, table="texts")) == [("\\315\\365",)]
    with pytest.raises(UserError, match=r"(?s)CharacterNotInRepertoire.*correct the query"):
        pull(url, table="unsafe")


def test_the_engine_casts_the_texts_back_exactly(pull, database):
    """Numbers, dates and times as the contract will read them, against what another reader of the table finds."""
    run(
        database,
        "create table things as select i as id, i * 1234567890123456.0123456789 as big, i / 7.0::float8 as small, "
        "date '2026-01-01' + i as day, timestamp '2026-01-01' + i * interval '1.000001 hours' as moment, "
        "case when i % 3 > 0 then i % 3 = 1 end as flag from generate_series(1, 500) i",
    )
    with psycopg.connect(database) as session:
        expected = session.execute("select * from things order by id").fetchall()
    found = rows(
        pull(database, table="things"),
        "id::int, big::decimal(38,10), small::double, day::date, moment::timestamp, flag::boolean",
    )
    assert sorted(found, key=lambda row: row[0]) == expected
    assert isinstance(found[0][1], Decimal)


@pytest.mark.parametrize("setting", ["datestyle=German", "extra_float_digits=0", "bytea_output=escape"])
def test_settings_of_the_server_do_not_change_how_values_are_written(pull, postgres, setting):
    """A company's server may write 28.02.2026."""
    pulled = pull(
        f"{postgres.get_uri()}&options=-c%20{setting}",
        query="select date '2026-02-28' as a, 0.1::float8 + 0.2::float8 as b, '\\x00ff'::bytea as c",
    )
    assert rows(pulled) == [("2026-02-28", "0.30000000000000004", "\\x00ff")]


def test_a_column_that_begins_empty_keeps_what_comes_later(pull, database, monkeypatch):
    """Types that are guessed from the first batch break on the second."""
    monkeypatch.setattr(databases, "FETCH_ROWS", 2)
    run(database, "create table things as select case when i > 4 then i end as thing from generate_series(1, 5) i")
    assert rows(pull(database, table="things")) == [(None,)] * 4 + [("5",)]


def test_an_empty_table_has_its_columns(pull, database):
    """Nothing new is the usual case of a small shop."""
    run(database, "create schema shop", 'create table shop."Orders" (id int, at date)')
    pulled = pull(database, table="shop.Orders", cursor=CURSOR)
    assert (pulled.rows, pulled.columns, pulled.watermark) == (0, ("id", "at"), None)
    assert rows(pulled) == []


def test_a_query_may_hold_any_sql(pull, database):
    """Colons, per cent signs, comments and a last semicolon are the company's, not parameters."""
    query = (
        "with a as (select '12:30 :x %s %(y)s' as t, date '2026-01-02' as at) select t, at::date as at from a -- :z\n;"
    )
    pulled = pull(database, query=query, cursor=CURSOR)
    assert rows(pulled) == [("12:30 :x %s %(y)s", "2026-01-02")]
    again = pull(database, since=pulled.watermark, query=query, cursor=CURSOR)
    assert rows(again) == rows(pulled)


@pytest.mark.parametrize(
    ("kind", "lookback", "values", "later"),
    [
        ("timestamptz", "2 hours", ["2026-03-01 05:59+00", "2026-03-01 14:00+08", "2026-03-01 08:00+00"], 2),
        ("timestamp", "30 minutes", ["2026-03-01 07:29:59", "2026-03-01 07:30", "2026-03-01 08:00"], 2),
        ("date", "1 days", ["2026-02-27", "2026-02-28", "2026-03-01"], 2),
        ("date", "1 hours", ["2026-02-27", "2026-02-28", "2026-03-01"], 2),
        ("bigint", "5", ["994", "995", "1000"], 2),
        ("numeric", "0", ["994", "995.5", "995.51"], 1),
    ],
)
def test_the_next_pull_begins_the_lookback_before_the_newest_value(pull, database, kind, lookback, values, later):
    """Of three rows the first lies just before it; a date counts as a whole day."""
    run(database, f"create table things (at {kind})", *(f"insert into things values ('{value}')" for value in values))
    source = {"table": "things", "cursor": {"column": "at", "lookback": lookback}}
    first = pull(database, **source)
    again = pull(database, since=first.watermark, **source)
    assert (first.rows, again.rows, again.watermark) == (3, later, first.watermark)


def test_a_row_that_commits_late_is_found_by_the_lookback(pull, database):
    """Its moment lies before the newest one that was pulled: without the lookback it would never come."""
    run(database, "create table things (id int, at timestamptz)")
    slow = psycopg.connect(database)
    slow.execute("insert into things values (1, clock_timestamp())")
    run(database, "insert into things values (2, clock_timestamp())")
    cursor = {"column": "at", "lookback": "5 minutes"}
    first = pull(database, table="things", cursor=cursor)
    slow.commit()
    slow.close()
    assert rows(first, "id") == [("2",)]
    without = pull(database, since=first.watermark, table="things", cursor=cursor | {"lookback": "0 minutes"})
    assert rows(without, "id") == [("2",)]
    assert sorted(rows(pull(database, since=first.watermark, table="things", cursor=cursor), "id")) == [("1",), ("2",)]


def test_rows_without_a_cursor_value_come_every_time(pull, database):
    """Nothing says when they change."""
    run(database, "create table things as select 1 as id, null::timestamp as at union select 2, '2026-01-01'")
    pulled = pull(database, since="2026-02-01", table="things", cursor=CURSOR)
    assert (rows(pulled, "id"), pulled.watermark) == ([("1",)], "2026-02-01")


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz"])
def test_a_row_dated_in_the_future_does_not_stop_the_feed(pull, database, kind):
    """One wrong year would otherwise put the watermark past everything that is still to come."""
    run(database, f"create table things as select '2999-01-01'::{kind} as at union select '2026-01-01'::{kind}")
    pulled = pull(database, table="things", cursor=CURSOR)
    assert pulled.rows == 2
    assert pulled.watermark.startswith("2026-01-01 00:00:00")


def test_one_pull_is_one_read_only_transaction(pull, database):
    """A report that runs long must see one state of the shop, and cannot harm it."""
    pulled = pull(
        database,
        query="select current_setting('transaction_isolation') as a, current_setting('transaction_read_only') as b",
    )
    assert rows(pulled) == [("repeatable read", "on")]
    run(database, "create sequence numbers")
    with pytest.raises(UserError, match="ReadOnlySqlTransaction"):
        pull(database, query="select nextval('numbers') as n")


def test_nothing_is_missed_while_others_write(postgres, database, tmp_path):
    """Each change is marked with its moment, in transactions of random length: the lookback is for them."""
    trial = runpy.run_path(str(PROJECT / "benchmarks" / "pull_postgres.py"))["trial"]
    result = trial(database, 30_000, 4, tmp_path)
    assert (result.missed, result.wrong) == (0, 0)
    assert result.rows_of_idle_pull == result.rows_within_lookback < result.table_rows / 10
    assert result.changes > 20
    assert result.pulls > 4


def test_memory_does_not_grow_with_the_rows(database, tmp_path):
    """200,000 rows of this width are 90 MiB as objects, for a pull that gathers them."""
    program = """
import resource, sys
from pathlib import Path
from orchestration.config.sources import Database
from orchestration.sources.databases import pull_database
url, rows, work = sys.argv[1], sys.argv[2], Path(sys.argv[3])
query = f"select i as id, md5(i::text) as a, md5((i + 1)::text) as b, now() as at from generate_series(1, {rows}) i"
assert pull_database(Database(url=url, query=query), None, "x", work, work).rows == int(rows)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""

    def peak(count: int) -> float:
        command = [sys.executable, "-c", program, database, str(count), str(tmp_path)]
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)

    assert peak(200_000) < peak(20_000) + 40


@pytest.mark.parametrize(
    ("url", "source", "told"),
    [
        ("postgresql://u:geheim@127.0.0.1:1/x", {"table": "t"}, "Connection refused.*see whether host, port"),
        ("mysql+pymysql://u:geheim@h/x", {"table": "t"}, "No module named 'pymysql'.*pip install pymysql"),
        ("nosuch://u:geheim@h/x", {"table": "t"}, "no driver for 'nosuch' is installed"),
        ("postgresql//u:geheim@h", {"table": "t"}, "not the URL of a database"),
        ("postgresql://u:geheim@h:port/x", {"table": "t"}, "not the URL of a database"),
        ("postgresql://u:geh@eim@127.0.0.1:1/x", {"table": "t"}, "more than one @.*write each @.*%40"),
        ("postgresql://u:g@eh/eim@127.0.0.1:1/x", {"table": "t"}, "more than one @"),
        ("${NOT_SET}", {"table": "t"}, "the environment variable NOT_SET is not set"),
        ("sqlite:////nowhere/geheim.db", {"table": "t"}, "there is no file"),
    ],
)
def test_a_database_out_of_reach_is_said_in_words_without_the_password(pull, url, source, told):
    """Messages are shown, logged and sent."""
    with pytest.raises(UserError, match=f"(?s){told}") as error:
        pull(url, **source)
    assert "u:geheim" not in str(error.value)
    assert "eim@" not in str(error.value)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"table": "nothing"}, 'relation "nothing" does not exist'),
        ({"query": "select 1 as a, 2 as A"}, "more than one column 'a'"),
        ({"query": "selct 1"}, "syntax error"),
        ({"query": "select 1 as a", "cursor": {"column": "b"}}, "no column 'b'.*columns found: a"),
        ({"query": "select 'x' as a", "cursor": {"column": "a"}}, "holds no value that reads as a moment"),
        ({"query": "select 7 as a", "cursor": {"column": "a"}}, "`lookback` is a time.*a number for a column of num"),
    ],
)
def test_a_query_that_fails_is_said_in_words(pull, postgres, source, told):
    """With what the database says of it."""
    with pytest.raises(UserError, match=f"(?s){told}"):
        pull(postgres.get_uri(), **source)


def test_values_stay_out_of_messages(pull, postgres):
    """A cast that fails quotes the value, which may be a name or a phone number."""
    with pytest.raises(UserError, match="the database refuses: InvalidTextRepresentation") as error:
        pull(postgres.get_uri(), query="select note::int from (values ('1'), ('王芳 13800138000')) as notes (note)")
    assert "138001" not in str(error.value)


def test_a_password_may_hold_any_sign(pull, postgres, database, monkeypatch):
    """It comes from the environment as it is; a wrong one is refused without being told."""
    name = database.split("/")[3].split("?")[0]
    run(database, "create role clerk login password 'p@:/?#%41 é'", "create table things as select 1 as id")
    run(database, "grant select on things to clerk")
    rules = postgres.pgdata / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("local all clerk scram-sha-256\n" + before)
    run(database, "select pg_reload_conf()")
    url = f"postgresql://clerk:${{SHOP_PASSWORD}}@/{name}?{database.split('?')[1]}"
    try:
        monkeypatch.setenv("SHOP_PASSWORD", "p@:/?#%41 é")
        assert pull(url, table="things").rows == 1
        monkeypatch.setenv("SHOP_PASSWORD", "wr@ng")
        with pytest.raises(UserError, match='password authentication failed for user "clerk"') as error:
            pull(url, table="things")
    finally:
        rules.write_text(before)
        run(database, "select pg_reload_conf()")
    assert "wr@ng" not in str(error.value)


def test_sqlite_keeps_what_stands_in_a_column_of_another_type(pull, shop):
    """It checks no types: a text in a column of numbers, and bytes that are no UTF-8, are rows like others."""
    url = shop(
        "create table things (amount numeric, note text, at datetime)",
        "insert into things values (0.1, '王', '2026-01-01'), ('n/a', '', null), (9007199254740993, x'00ff', 1e300)",
        "insert into things values (null, cast(x'cdf5' as text), 'yesterday')",
    )
    assert rows(pull(url, table="things")) == [
        ("0.1", "王", "2026-01-01"),
        ("n/a", "", None),
        ("9007199254740993", "\\x00ff", "1e+300"),
        (None, "\\xcd\\xf5", "yesterday"),
    ]


def test_sqlite_finds_moments_in_either_spelling(pull, shop):
    """They are texts there, and `T` sorts after a blank: the whole first day is read again."""
    url = shop(
        "create table things (at datetime)",
        "insert into things values ('2026-02-27 23:00'), ('2026-02-28 07:00'), ('2026-02-28T09:00'), "
        "('2026-03-01T08:00:00'), (null)",
    )
    first = pull(url, table="things", cursor=CURSOR)
    assert first.watermark == "2026-03-01T08:00:00"
    again = pull(url, since=first.watermark, table="things", cursor=CURSOR)
    assert rows(again) == [("2026-02-28 07:00",), ("2026-02-28T09:00",), ("2026-03-01T08:00:00",), (None,)]


def test_sqlite_reads_on_by_number(pull, shop):
    """Row numbers are what small shops have."""
    url = shop("create table things (id integer)", "insert into things values (1), (2), (3)")
    assert rows(pull(url, since="3", table="things", cursor={"column": "id", "lookback": "1"})) == [("2",), ("3",)]


def test_sqlite_is_neither_made_nor_written(pull, shop, tmp_path):
    """A path that is wrong must not become an empty database."""
    with pytest.raises(UserError, match="there is no file"):
        pull(f"sqlite:///{tmp_path}/wrong.db", table="things")
    assert not (tmp_path / "wrong.db").exists()
    url = shop("create table things (id integer)")
    with pytest.raises(UserError, match="the database refuses"):
        pull(url, query="select 1) pulled; drop table things; --")
    assert pull(url, table="things").rows == 0


def test_the_name_holds_no_secret(pull, database, monkeypatch):
    """It is written into the load and shown."""
    pulled = pull(database.replace("postgres:", "postgres:geheim") + "&application_name=geheim", query="select 1 as a")
    assert pulled.name == f"postgresql:///{database.split('/')[3].split('?')[0]}: query"


@pytest.mark.parametrize(
    "source", [{}, {"table": "a", "query": "b"}, {"table": "a", "cursor": {"column": "c", "parameter": "p"}}]
)
def test_what_a_database_is_told_is_checked_at_the_door(source):
    """A table or a query, and a cursor without what belongs to HTTP APIs."""
    with pytest.raises(ValidationError):
        Database(url="sqlite:///x.db", **source)


def test_a_lookback_longer_than_all_time_reads_everything(pull, database):
    """Arithmetic on dates ends at the year 1."""
    run(database, "create table things as select date '0001-01-02' as at")
    cursor = {"column": "at", "lookback": "99999 days"}
    assert pull(database, since=dt.date(12, 1, 1).isoformat().zfill(10), table="things", cursor=cursor).rows == 1
