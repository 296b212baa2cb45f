"""Tiny tables for the statements: an engine in memory with the per-customer facts that scoring reads."""

import duckdb
import pytest

CUSTOMER_ORDERS = {
    "customer_id": "varchar",
    "first_ordered_at": "timestamp",
    "orders": "bigint",
    "order_days": "bigint",
    "frequency": "bigint",
    "recency_days": "bigint",
    "age_days": "bigint",
    "repeat_amount": "decimal(18, 4)",
    "mean_gap_days": "double",
    "sd_gap_days": "double",
    "mean_log_gap_days": "double",
    "days_since_last_order": "bigint",
    "revenue": "decimal(18, 4)",
    "revenue_last_365_days": "decimal(18, 4)",
    "service_cost": "decimal(18, 4)",
    "profit": "decimal(18, 4)",
}


class Engine:
    """DuckDB in memory, filled from dictionaries."""

    def __init__(self, connection):
        self.connection = connection

    def fill(self, table: str, columns: dict, rows: list[dict]) -> None:
        """Replace the table by these rows; a column that a row leaves out is null."""
        described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self.connection.execute(f"create or replace table {table} ({described})")
        if rows:
            places = f"({', '.join('?' for _ in columns)})"
            self.connection.execute(
                f"insert into {table} values {', '.join(places for _ in rows)}",
                [row.get(name) for row in rows for name in columns],
            )

    def customers(self, rows: list[dict]) -> None:
        """Fill facts.customer_orders; ids are given where a row has none."""
        named = [{"customer_id": f"c{number:03}"} | row for number, row in enumerate(rows)]
        self.fill("facts.customer_orders", CUSTOMER_ORDERS, named)

    def rows(self, statement: str) -> list[dict]:
        """All rows of a select, by column name."""
        cursor = self.connection.execute(statement)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def types(self, statement: str) -> dict[str, str]:
        """Column names and types of a select."""
        return {name: kind for name, kind, *_ in self.connection.execute(f"describe ({statement})").fetchall()}


@pytest.fixture
def engine():
    connection = duckdb.connect()
    connection.execute("create schema facts; create schema scores")
    yield Engine(connection)
    connection.close()
