"""Runs dbt on a warehouse of its own: what the tests of the dbt project share.

The company is in company.sql. What a refresh gives is asserted in the test modules.

The project is parsed once a process, which takes 7 s of processor time: dbt itself would parse again for each home,
because its profile names the home. Each run gets a copy of what was parsed, since dbt writes what it compiles into it.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from orchestration.defs.dbt import invoke, parsed

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


def run(home: Path, target: Path, command: str, *arguments: str, as_of: str = AS_OF) -> list:
    """What dbt gives for a command on the home's warehouse; raise its exception, if there is one."""
    with mock.patch.dict(os.environ, {"TOUCHSTONE_HOME": str(home)}):
        project = parsed(home).deepcopy()
        where = ["--target-path", str(target), "--log-path", str(target)]
        outcome = invoke(
            # A caller's own --vars come last, and count.
            [command, *where, "--no-write-json", "--vars", f"{{as_of: '{as_of}'}}", *arguments],
            project,
        )
    # dbt holds the file open as long as the process lives, which would keep everybody else out.
    DuckDBConnectionManager.close_all_connections()
    if outcome.exception:
        raise outcome.exception
    return list(outcome.result.results)


def refresh(home: Path, target: Path, *arguments: str, as_of: str = AS_OF) -> Refresh:
    """Run ``dbt build`` on the home's warehouse."""
    return Refresh(home, run(home, target, "build", *arguments, as_of=as_of))


def copy_home(earlier: Path, home: Path) -> Path:
    """Copy a warehouse, so that a test may go on from it."""
    home.mkdir(parents=True)
    shutil.copy(earlier / "warehouse.duckdb", home / "warehouse.duckdb")
    return home


def compiled(home: Path, target: Path, expression: str) -> str:
    """The SQL that dbt makes of an expression."""
    return run(home, target, "compile", "--inline", expression)[0].node.compiled_code
