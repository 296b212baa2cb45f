"""The embedded engine: one way to open the warehouse file, and the few verbs that assets need.

A connection is open only inside a call or a `with`; between steps the file belongs to nobody here. BI tools never
open this file: they read the published one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from orchestration.errors import UserError

SCHEMAS = ("raw", "staging", "facts", "scores", "history", "marts", "previous", "gate")


class Warehouse:
    """The working database of one TOUCHSTONE_HOME.

    Parameters
    ----------
    path : Path
        The DuckDB file; made when first opened.
    """

    def __init__(self, path: Path):
        self.path = path

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with the limits set; closed at the end, whatever happens."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # No `config=` here: dbt keeps the file open in this process, and the engine refuses a second connection
        # with other start-up settings. Limits can be set afterwards.
        try:
            connection = duckdb.connect(str(self.path))
        except duckdb.IOException as error:
            is_open_elsewhere = "lock" in str(error)
            raise UserError(
                f"the warehouse cannot be opened: {' '.join(str(error).split())}",
                where=str(self.path),
                mend="close the program that has it open; BI tools read published/current/marts.duckdb instead"
                if is_open_elsewhere
                else "if the file is damaged, remove it, and its .wal: the next refresh builds it from landing",
            ) from None
        try:
            connection.execute(f"set memory_limit = '{os.environ.get('TOUCHSTONE_MEMORY', '4GB')}'")
            yield connection
        finally:
            connection.close()

    def prepare(self) -> None:
        """Make the schemas that are not there yet."""
        with self.connect() as connection:
            for schema in SCHEMAS:
                connection.execute(f"create schema if not exists {schema}")

    def rows(self, sql: str, parameters: list | None = None) -> list[tuple]:
        with self.connect() as connection:
            return connection.execute(sql, parameters or []).fetchall()

    def value(self, sql: str, parameters: list | None = None) -> Any:
        """The first column of the first row."""
        return self.rows(sql, parameters)[0][0]

    def records(self, sql: str, parameters: list | None = None) -> list[dict[str, Any]]:
        """Rows as dictionaries; for summaries, not for customers."""
        with self.connect() as connection:
            cursor = connection.execute(sql, parameters or [])
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def frame(self, sql: str) -> pd.DataFrame:
        with self.connect() as connection:
            return connection.execute(sql).df()

    def create_table(self, name: str, select: str) -> None:
        """A table from a SELECT; it replaces one of the same name."""
        with self.connect() as connection:
            connection.execute(f"create or replace table {name} as {select}")

    def create_view(self, name: str, select: str) -> None:
        with self.connect() as connection:
            connection.execute(f"create or replace view {name} as {select}")

    def write(self, name: str, rows: list[dict[str, Any]], types: dict[str, str]) -> None:
        """A small decision table: `types` gives the columns in order with their SQL types."""
        columns = ", ".join(f"{column} {sql_type}" for column, sql_type in types.items())
        marks = ", ".join("?" for _ in types)
        with self.connect() as connection:
            connection.execute("begin")
            connection.execute(f"create or replace table {name} ({columns})")
            if rows:
                connection.executemany(
                    f"insert into {name} values ({marks})",
                    [[row[column] for column in types] for row in rows],
                )
            connection.execute("commit")

    def write_frame(self, name: str, frame: pd.DataFrame) -> None:
        """A decision table of many rows, from a frame; a row at a time would take a second for a thousand."""
        with self.connect() as connection:
            connection.register("written_frame", frame)
            connection.execute(f"create or replace table {name} as select * from written_frame")
            connection.unregister("written_frame")
