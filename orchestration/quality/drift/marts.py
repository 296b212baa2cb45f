"""Rows and missing values of each mart against the base release's."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.sources.files import literal, quoted
from orchestration.warehouse.duckdb import Warehouse

LEAST_ROWS = 20
# These shrink only with the customers; history not even then.
OF_CUSTOMERS = ("customer_value", "customer_relationship", "service_plan", "segment_history")
# Rows are what moved since the last release: as many as moved.
OF_MOVES = ("segment_moves", "tier_migration")
OF_OTHERS = 0.5
FILLED = 0.05
RISEN = 0.2


@dataclass(frozen=True)
class Filled:
    """Rows of a mart, and in how many of them each column has a value."""

    rows: int
    values: Mapping[str, int]

    def missing(self, column: str) -> float:
        return 1 - self.values[column] / self.rows


@dataclass(frozen=True)
class Emptied:
    """A column of which more is missing than before, as shares."""

    mart: str
    column: str
    before: float
    now: float

    @property
    def rise(self) -> float:
        return self.now - self.before

    def __str__(self) -> str:
        return f"{self.mart}.{self.column} is missing in {self.now:.1%} of the rows, in {self.before:.1%} before"


def filled(warehouse: Warehouse, relation: str) -> Filled:
    """Count a relation's rows, and values by column."""
    columns = [row[0] for row in warehouse.rows(f"describe select * from {relation}")]
    [counts] = warehouse.rows(
        f"select count(*), {', '.join(f'count({quoted(name)})' for name in columns)} from {relation}"
    )
    return Filled(counts[0], dict(zip(columns, counts[1:], strict=True)))


def filled_marts(warehouse: Warehouse, directory: Path, marts: list[str]) -> dict[str, tuple[Filled, Filled]]:
    """Before and now, of each mart that the base release has too."""
    found = {}
    for mart in marts:
        file = directory / f"{mart}.parquet"
        if file.exists():
            before = filled(warehouse, f"read_parquet({literal(file)})")
            found[mart] = before, filled(warehouse, f"marts.{quoted(mart)}")
    return found


def emptied(marts: Mapping[str, tuple[Filled, Filled]]) -> list[Emptied]:
    """Columns of which more is missing than before, the largest rise first.

    Marts of few rows tell nothing, nor do those whose rows are moves. Rows of a new kind that have no such value, such
    as the first of a new period, take nothing away: a column is emptied where fewer of its values are there.
    """
    found = [
        Emptied(mart, column, before.missing(column), now.missing(column))
        for mart, (before, now) in marts.items()
        if mart not in OF_MOVES and min(before.rows, now.rows) >= LEAST_ROWS
        for column in before.values
        if now.values.get(column, before.values[column]) < before.values[column]
        and now.missing(column) > before.missing(column)
    ]
    return sorted(found, key=lambda one: (-one.rise, one.mart, one.column))


def shrunk(marts: Mapping[str, tuple[Filled, Filled]], threshold: float) -> list[tuple[str, int, int]]:
    """Marts that lost too many rows: name, rows before and now.

    Customers who were erased on request are gone from the base release too, and need no allowance.

    Parameters
    ----------
    threshold : float
        Share of its rows that a mart of customers may lose; others may lose half.
    """
    found = []
    for mart, (before, now) in marts.items():
        if mart in OF_MOVES or before.rows < LEAST_ROWS:
            continue
        if before.rows - now.rows > (threshold if mart in OF_CUSTOMERS else OF_OTHERS) * before.rows:
            found.append((mart, before.rows, now.rows))
    return found
