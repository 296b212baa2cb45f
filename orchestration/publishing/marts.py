"""The marts as files: copied out of the warehouse, and read back to see that nothing changed on the way.

In `marts.duckdb` they lie in schema main: the file is a catalogue named `marts`, so `marts.customer_value` finds
its table, as it does in a PostgreSQL schema. With a schema `marts` inside, DuckDB calls that name ambiguous.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.publishing import own_tables
from orchestration.publishing.hashing import Content, content_of

DATABASE = "marts.duckdb"

# The first storage version that is stable: DuckDB clients from 1.0 on, and BI drivers built on them, read it.
STORAGE_VERSION = "v1.0.0"

_ALIAS = "release_on_disk"

# Marts as long as the customers are sorted by key alone. The others are short and begin with their key, so
# they are sorted by all columns, whatever their key is.
_LONG_MARTS = {
    "customer_value": "customer_id",
    "customer_relationship": "customer_id",
    "customer_segments": "customer_id, scheme, segment",
    "segment_moves": "customer_id, scheme",
    "segment_history": "customer_id, scheme, segment, valid_from",
    "service_plan": "customer_id",
}


def names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Marts of the candidate: what schema `marts` has, but for the tables that a release adds itself."""
    found = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = current_database() and table_schema = 'marts' order by table_name"
    ).fetchall()
    return [name for (name,) in found if name not in own_tables.names()]


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, Content]:
    """Rows, content hash and columns of each mart of the candidate."""
    return {name: content_of(connection, f"marts.{_quoted(name)}") for name in names(connection)}


def write(connection: duckdb.DuckDBPyConnection, directory: Path, manifest: dict) -> None:
    """Copy the candidate into `marts.duckdb` and one Parquet file a mart, with all comments."""
    marts = names(connection)
    with _attached(connection, directory, f"storage_version '{STORAGE_VERSION}'"):
        for name in marts:
            connection.execute(
                f"create table {_ALIAS}.main.{_quoted(name)} as"
                f" select * from marts.{_quoted(name)} order by {_LONG_MARTS.get(name, 'all')}"
            )
            _copy_comments(connection, name)
        own_tables.create(connection, f"{_ALIAS}.main", manifest)
        for name in [*marts, *sorted(own_tables.names())]:
            _write_parquet(connection, name, directory / f"{name}.parquet", manifest["release_id"])
        connection.execute(f"checkpoint {_ALIAS}")


def verify(connection: duckdb.DuckDBPyConnection, directory: Path, expected: dict[str, Content]) -> None:
    """Read every mart back from both formats and compare it with the candidate.

    Raises
    ------
    RuntimeError
        With the file, and what differs.
    """
    with _attached(connection, directory, "read_only"):
        for name, content in expected.items():
            _compare(f"{DATABASE}: {name}", content_of(connection, f"{_ALIAS}.main.{_quoted(name)}"), content)
    for name, content in expected.items():
        path = directory / f"{name}.parquet"
        _compare(path.name, content_of(connection, f"read_parquet({_text(path)})"), content)


def _compare(what: str, found: Content, expected: Content) -> None:
    if found != expected:
        columns = dict(found.columns.items() ^ expected.columns.items())
        difference = (
            f"the type of {', '.join(sorted(columns))}"
            if columns
            else f"{found.rows} rows instead of {expected.rows}"
            if found.rows != expected.rows
            else "the content of its rows"
        )
        raise RuntimeError(f"{what} was not read back as it was in the candidate: {difference} differs")


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, directory: Path, option: str) -> Iterator[None]:
    """Attach the release's database for a block; detaching closes the file, also after a failure."""
    connection.execute(f"attach {_text(directory / DATABASE)} as {_ALIAS} ({option})")
    try:
        yield
    finally:
        connection.execute(f"detach {_ALIAS}")


def _copy_comments(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    of_mart = "where database_name = current_database() and schema_name = 'marts' and comment is not null"
    table = f"{_ALIAS}.main.{_quoted(name)}"
    for (comment,) in connection.execute(
        f"select comment from duckdb_tables() {of_mart} and table_name = $1"
        f" union all select comment from duckdb_views() {of_mart} and view_name = $1",
        [name],
    ).fetchall():
        connection.execute(f"comment on table {table} is {_text(comment)}")
    for column, comment in connection.execute(
        f"select column_name, comment from duckdb_columns() {of_mart} and table_name = $1", [name]
    ).fetchall():
        connection.execute(f"comment on column {table}.{_quoted(column)} is {_text(comment)}")


def _write_parquet(connection: duckdb.DuckDBPyConnection, name: str, path: Path, release_id: str) -> None:
    connection.execute(
        f"copy (from {_ALIAS}.main.{_quoted(name)} order by {_LONG_MARTS.get(name, 'all')}) to {_text(path)}"
        f" (format parquet, compression zstd, kv_metadata {{release_id: {_text(release_id)}}})"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
