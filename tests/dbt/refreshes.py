"""Runs dbt on a warehouse of its own: what the tests of the dbt project share.

The company is in company.sql. What a refresh gives is asserted in the test modules.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).parents[2] / "dbt_project"
COMPANY = Path(__file__).with_name("company.sql")
AS_OF = "2026-06-30"


@dataclass(frozen=True)
class Refresh:
    """A warehouse on which dbt has run, and what dbt says of each of its nodes."""

    home: Path
    results: list

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open the warehouse; close it before dbt runs again."""
        return duckdb.connect(str(self.home / "warehouse.duckdb"))

    def rows(self, sql: str) -> list[tuple]:
        """All rows of a query."""
        with self.connect() as connection:
            return connection.execute(sql).fetchall()

    def nodes(self, resource_type: str) -> dict:
        """The results of one kind of node, by its name."""
        return {result.node.name: result for result in self.results if result.node.resource_type == resource_type}


def prepare(home: Path, changes: str = "") -> Path:
    """Make a home with the company's warehouse, changed by some SQL."""
    home.mkdir(parents=True)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(COMPANY.read_text(encoding="utf-8"))
        connection.execute(changes)
    return home


def refresh(home: Path, target: Path, *arguments: str, as_of: str = AS_OF) -> Refresh:
    """Run ``dbt build`` on the home's warehouse. `target` is shared, so that the project is parsed once."""
    settings = {"TOUCHSTONE_HOME": str(home), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target)]
    with mock.patch.dict(os.environ, settings):
        outcome = dbtRunner().invoke(
            ["--quiet", "build", *where, "--log-path", str(target), "--vars", f"{{as_of: '{as_of}'}}", *arguments]
        )
    # dbt holds the file open as long as the process lives, which would keep everybody else out.
    DuckDBConnectionManager.close_all_connections()
    if outcome.exception:
        raise outcome.exception
    return Refresh(home, list(outcome.result.results))


def copy_home(earlier: Path, home: Path) -> Path:
    """Copy a warehouse, so that a test may go on from it."""
    home.mkdir(parents=True)
    shutil.copy(earlier / "warehouse.duckdb", home / "warehouse.duckdb")
    return home


def compiled(home: Path, target: Path, expression: str) -> str:
    """The SQL that dbt makes of an expression."""
    settings = {"TOUCHSTONE_HOME": str(home), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target)]
    with mock.patch.dict(os.environ, settings):
        outcome = dbtRunner().invoke(
            [
                "--quiet",
                "compile",
                *where,
                "--log-path",
                str(target),
                "--vars",
                f"{{as_of: '{AS_OF}'}}",
                "--inline",
                expression,
            ]
        )
    DuckDBConnectionManager.close_all_connections()
    if outcome.exception:
        raise outcome.exception
    return outcome.result.results[0].node.compiled_code
