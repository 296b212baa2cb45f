"""The served release in PostgreSQL: the same set of marts as views, switched by updating one row.

Each mart is a table partitioned by release in schema `<schema>_data`; a view in `<schema>` shows the partition of the
release that the one row of `<schema>_data.served` names. So a statement sees one release, and so does a transaction
that asks for repeatable reads; nobody waits for a switch. Renaming schemas or tables would not do: a statement that
joins two marts looks their names up one after the other, and may find one before the renaming and one after it.
"""

import hashlib
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb

from orchestration.errors import UserError, without_values
from orchestration.publishing import catalogue
from orchestration.publishing.catalogue import ReleaseInfo
from orchestration.publishing.marts import DATABASE
from orchestration.publishing.postgres_place import Place, connect

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

LOCK_SECONDS = 5
PATIENCE_SECONDS = 60  # for readers that hold a view whose columns change
KEPT = 2  # releases in PostgreSQL: the served one, and the one before, which a rollback asks for
BATCH_ROWS = 50_000

# Types of the marts, and what they are in PostgreSQL; decimals keep their digits.
TYPES = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}

TABLES = """
create schema if not exists {schema};
create schema if not exists {data};
create table if not exists {data}.served (
    is_only boolean primary key default true check (is_only), release_id text, as_of date, switched_at timestamptz
);
create table if not exists {data}.loaded (
    release_id text, mart text, parent text, partition text, sha256 text, primary key (release_id, mart)
);
create table if not exists {data}.shown (mart text primary key, parent text);
"""


@dataclass(frozen=True)
class Mart:
    """One mart of a release, as PostgreSQL will hold it.

    Attributes
    ----------
    columns : dict of str to str
        PostgreSQL's types by name, in order.
    comments : dict of str to str
        By column; that of the mart itself under the empty name.
    key : list of str
        Columns of the index.
    rows : int
    sha256 : str
        Of its file in the release: an erasure changes it.
    """

    name: str
    columns: dict[str, str]
    comments: dict[str, str]
    key: list[str]
    rows: int
    sha256: str

    @cached_property
    def parent(self) -> str:
        """Its partitioned table: another name as soon as columns, key or words are others."""
        told = json.dumps([self.name, list(self.columns.items()), sorted(self.comments.items()), self.key])
        return f"{self.name}_{hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()[:8]}"


def serve(place: Place, release: ReleaseInfo) -> None:
    """Show a release: load what of it is not there yet, switch to it in one transaction, and drop what is too old.

    Doing it twice changes nothing. The caller holds the lock of the home.

    Raises
    ------
    UserError
        The server cannot be reached or refuses something, another home shows its releases there, or readers hold a
        view whose columns change. What was shown is then shown as before.
    """
    with connected(place) as connection, duckdb.connect(release.directory / DATABASE, read_only=True) as source:
        _refuse_a_stranger(connection, place, release)
        marts = marts_of(source, release)
        with connection.transaction():
            load(connection, place, release.release_id, source, marts)
        switch(connection, place, release, marts)
        drop_old(connection, place)


def erase(place: Place, release: ReleaseInfo) -> None:
    """Show the served release as it is after an erasure, and leave nothing of what was there before it.

    Raises
    ------
    UserError
        As `serve` does.
    """
    serve(place, release)
    with connected(place) as connection:
        tables = connection.execute(
            _sql("select parent, partition, release_id = %s from {data}.loaded", place), [release.release_id]
        ).fetchall()
        for parent, partition, is_served in tables:
            names = {"parent": parent, "partition": partition}
            if not is_served:
                with connection.transaction():
                    connection.execute(_sql("delete from {data}.{partition}", place, **names))
                    connection.execute(_sql("delete from {data}.loaded where partition = %s", place), [partition])
            connection.execute(_sql("vacuum {data}.{partition}", place, **names))


def shown(place: Place) -> str | None:
    """Id of the release that readers get; None before the first."""
    with connected(place) as connection:
        row = connection.execute(_sql("select release_id from {data}.served", place)).fetchone()
    return row[0] if row else None


@contextmanager
def connected(place: Place) -> Iterator["Connection"]:
    """A connection that alone may write to the schema, with our own tables there.

    Raises
    ------
    UserError
        For whatever the server does not like; the message holds no secrets and no values.
    """
    import psycopg

    try:
        with connect(place) as connection:
            _lock(connection, place)
            with connection.transaction():
                connection.execute(_sql(TABLES, place))
            _require_reader(connection, place)
            yield connection
    except psycopg.Error as error:
        raise UserError(
            f"PostgreSQL does not show the release: {without_values(error)}",
            where=place.told,
            mend="mend it there, and refresh; readers still get the release from before",
        ) from None


def _lock(connection: "Connection", place: Place) -> None:
    """Write alone until the connection closes. The server lets go of a lock a moment after its holder has closed."""
    from psycopg import errors

    connection.execute(f"set lock_timeout = '{LOCK_SECONDS}s'")
    try:
        connection.execute("select pg_advisory_lock(hashtext('touchstone'), hashtext(%s))", [place.schema])
    except errors.LockNotAvailable:
        raise UserError(
            "another process is writing there", where=place.told, mend="wait for it, or give each its own schema"
        ) from None
    connection.execute("set lock_timeout = 0")


def _refuse_a_stranger(connection: "Connection", place: Place, release: ReleaseInfo) -> None:
    """A home that is tried out must not take over what another one shows."""
    row = connection.execute(_sql("select release_id from {data}.served", place)).fetchone()
    home = release.directory.parents[2]  # of published/releases/<id>
    if row and row[0] not in catalogue.release_ids(home) and row[0] not in catalogue.removed(home):
        raise UserError(
            f"release {row[0]} is shown there, which is not of this home",
            where=place.told,
            mend=f"give this home a schema of its own; or, if it takes over, drop the schemas {place.schema} and "
            f"{place.data} first",
        )


def _require_reader(connection: "Connection", place: Place) -> None:
    known = connection.execute("select 1 from pg_roles where rolname = %s", [place.reader]).fetchone()
    if place.reader and not known:
        raise UserError(
            f"there is no role {place.reader!r}",
            where="publishing.yml, postgres.reader",
            mend=f"create role {place.reader} login password '…'; or leave `reader` out",
        )


def marts_of(source: duckdb.DuckDBPyConnection, release: ReleaseInfo) -> list[Mart]:
    """The tables of a release's database.

    Raises
    ------
    TypeError
        A column has a type that PostgreSQL is not told about.
    """
    described: dict[str, dict[str, str]] = {}
    comments: dict[str, dict[str, str]] = {}
    for table, column, kind, comment in source.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() "
        "where database_name = current_database() and schema_name = 'main' order by table_name, column_index"
    ).fetchall():
        described.setdefault(table, {})[column] = _type(table, column, kind)
        comments.setdefault(table, {})[column] = comment or ""
    for table, comment in source.execute(
        "select table_name, comment from duckdb_tables() where database_name = current_database()"
    ).fetchall():
        comments[table][""] = comment or ""
    keys = {name: mart.get("key", []) for name, mart in release.manifest["marts"].items()}
    files = release.manifest["files"]
    return [
        Mart(table, columns, comments[table], keys.get(table, []), _rows(source, table), files[f"{table}.parquet"])
        for table, columns in described.items()
    ]


def load(
    connection: "Connection", place: Place, release_id: str, source: duckdb.DuckDBPyConnection, marts: list[Mart]
) -> None:
    """Copy each mart that is not there as the release has it into a partition of its own; no reader waits for that."""
    there = dict(
        connection.execute(_sql("select mart, sha256 from {data}.loaded where release_id = %s", place), [release_id])
    )
    for mart in marts:
        if there.get(mart.name) == mart.sha256:
            continue
        names = {"parent": mart.parent, "partition": partition_of(mart, release_id)}
        is_new = connection.execute(
            "select to_regclass(%s) is null", [_sql("{data}.{partition}", place, **names)]
        ).fetchone()[0]
        if is_new:
            _create(connection, place, release_id, mart, names)
        else:
            connection.execute(_sql("delete from {data}.{partition}", place, **names))
        with connection.cursor() as cursor:
            copied = _copy(cursor, _sql("{data}.{partition}", place, **names), source, mart)
        if copied != mart.rows:
            raise RuntimeError(f"{mart.name}: PostgreSQL took {copied} of {mart.rows} rows")
        if is_new:
            _attach(connection, place, release_id, mart, names)
        connection.execute(
            _sql(
                "insert into {data}.loaded values (%s, %s, %s, %s, %s) "
                "on conflict (release_id, mart) do update set sha256 = excluded.sha256",
                place,
            ),
            [release_id, mart.name, mart.parent, names["partition"], mart.sha256],
        )


def partition_of(mart: Mart, release_id: str) -> str:
    """A name of at most 63 bytes."""
    return f"{mart.parent[:48]}_{hashlib.md5(release_id.encode(), usedforsecurity=False).hexdigest()[:12]}"


def _create(connection: "Connection", place: Place, release_id: str, mart: Mart, names: dict[str, str]) -> None:
    """The partition as a table by itself, with the claim that lets it be attached without being read again."""
    columns = ", ".join(f"{_name(name)} {kind}" for name, kind in mart.columns.items())
    release = _text(release_id)
    for statement in (
        f"create table if not exists {{data}}.{{parent}} (touchstone_release_id text not null, {columns}) "
        "partition by list (touchstone_release_id)",
        f"create table {{data}}.{{partition}} (like {{data}}.{{parent}}, check (touchstone_release_id = {release}))",
        f"alter table {{data}}.{{partition}} alter touchstone_release_id set default {release}",
    ):
        connection.execute(_sql(statement, place, **names))


def _attach(connection: "Connection", place: Place, release_id: str, mart: Mart, names: dict[str, str]) -> None:
    key = ", ".join(map(_name, mart.key))
    for statement in (
        f"create index on {{data}}.{{partition}} ({key})" if key else "",
        "analyze {data}.{partition}",
        f"alter table {{data}}.{{parent}} attach partition {{data}}.{{partition}} for values in ({_text(release_id)})",
    ):
        if statement:
            connection.execute(_sql(statement, place, **names))


def switch(connection: "Connection", place: Place, release: ReleaseInfo, marts: list[Mart]) -> None:
    """Show the release: one row is updated. Views change in the same transaction, where columns or words have.

    A view that somebody reads cannot be changed while they do: it is tried again, never for long at once, so that
    later readers do not queue behind it.
    """
    from psycopg import errors

    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with connection.transaction():
                connection.execute("set local lock_timeout = '200ms'")
                _show(connection, place, marts)
                connection.execute(
                    _sql(
                        "insert into {data}.served values (true, %s, %s, now()) on conflict (is_only) do update "
                        "set release_id = excluded.release_id, as_of = excluded.as_of, switched_at = now()",
                        place,
                    ),
                    [release.release_id, release.as_of],
                )
            return
        except errors.LockNotAvailable:
            if time.monotonic() > deadline:
                raise UserError(
                    f"columns of a mart have changed, and for {PATIENCE_SECONDS} s somebody has read it without end",
                    where=place.told,
                    mend="close that connection (pg_stat_activity names it), and refresh",
                ) from None
            time.sleep(0.3)


def _show(connection: "Connection", place: Place, marts: list[Mart]) -> None:
    from psycopg import errors

    before = dict(connection.execute(_sql("select mart, parent from {data}.shown", place)).fetchall())
    for mart in marts:
        if before.get(mart.name) == mart.parent:
            continue
        names = {"mart": mart.name, "parent": mart.parent}
        select = _sql(
            f"select {', '.join(map(_name, mart.columns))} from {{data}}.{{parent}} "
            "where touchstone_release_id = (select release_id from {data}.served)",
            place,
            **names,
        )
        try:
            with connection.transaction():
                connection.execute(_sql("create or replace view {schema}.{mart} as ", place, **names) + select)
        except errors.InvalidTableDefinition:  # other columns than new ones at the end
            connection.execute(_sql("drop view {schema}.{mart}", place, **names))
            connection.execute(_sql("create view {schema}.{mart} as ", place, **names) + select)
        connection.execute(_sql(f"comment on view {{schema}}.{{mart}} is {_text(mart.comments[''])}", place, **names))
        for column in mart.columns:
            told = _text(mart.comments[column])
            connection.execute(_sql(f"comment on column {{schema}}.{{mart}}.{_name(column)} is {told}", place, **names))
        connection.execute(
            _sql(
                "insert into {data}.shown values (%s, %s) on conflict (mart) do update set parent = excluded.parent",
                place,
            ),
            [mart.name, mart.parent],
        )
    for gone in sorted(before.keys() - {mart.name for mart in marts}):
        connection.execute(_sql("drop view {schema}.{mart}", place, mart=gone))
        connection.execute(_sql("delete from {data}.shown where mart = %s", place), [gone])
    if place.reader:
        connection.execute(_sql("grant usage on schema {schema} to {reader}", place, reader=place.reader))
        connection.execute(
            _sql("grant select on all tables in schema {schema} to {reader}", place, reader=place.reader)
        )


def drop_old(connection: "Connection", place: Place) -> None:
    """Drop partitions of all but the newest releases; one that is being read is left to the next time."""
    from psycopg import errors

    kept = _sql(
        "select release_id from {data}.served union (select distinct release_id from {data}.loaded "
        f"where release_id <= (select release_id from {{data}}.served) order by release_id desc limit {KEPT})",
        place,
    )
    old = connection.execute(
        _sql(f"select mart, parent, partition from {{data}}.loaded where release_id not in ({kept})", place)
    ).fetchall()
    for mart, parent, partition in old:
        names = {"parent": parent, "partition": partition}
        try:
            with connection.transaction():
                connection.execute("set local lock_timeout = '200ms'")
                connection.execute(
                    _sql("alter table {data}.{parent} detach partition {data}.{partition}", place, **names)
                )
                connection.execute(_sql("drop table {data}.{partition}", place, **names))
                connection.execute(
                    _sql("delete from {data}.loaded where mart = %s and partition = %s", place), [mart, partition]
                )
        except errors.LockNotAvailable:
            continue


def _copy(cursor: "Cursor", table: str, source: duckdb.DuckDBPyConnection, mart: Mart) -> int:
    """Stream a mart as CSV, in which texts are quoted and what is missing is not; the rows that were copied."""
    from pyarrow import csv

    names = ", ".join(map(_name, mart.columns))
    batches = source.sql(f"select {names} from {_name(mart.name)}").to_arrow_reader(BATCH_ROWS)
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    with cursor.copy(f"copy {table} ({names}) from stdin (format csv)") as copy:
        for batch in batches:
            text = io.BytesIO()
            csv.write_csv(batch, text, options)
            copy.write(text.getvalue())
    return cursor.rowcount


def _rows(source: duckdb.DuckDBPyConnection, table: str) -> int:
    return source.execute(f"select count(*) from {_name(table)}").fetchall()[0][0]


def _type(table: str, column: str, kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "numeric")
    if kind not in TYPES:
        raise TypeError(f"{table}.{column} is {kind}, which has no type in PostgreSQL yet")
    return TYPES[kind]


def _sql(template: str, place: Place, **names: str) -> str:
    """A statement with names quoted."""
    return template.format(**{name: _name(value) for name, value in names.items()}, **_schemas(place))


def _schemas(place: Place) -> dict[str, str]:
    return {"schema": _name(place.schema), "data": _name(place.data)}


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    # It goes through a template, whose braces it may hold.
    return "'" + text.replace("'", "''").replace("{", "{{").replace("}", "}}") + "'"
