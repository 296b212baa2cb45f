"""What each table that grows was built from, and whether it may grow from there instead of being built in full.

A table may grow when its code and configuration are the same as then, so are the customers that are merged, and every
load that it was built from still counts. Loads that have come since may sort anywhere among the earlier ones. In any
other case it is built in full. The state is deleted before a build and written after it, so a build that died half-way
is followed by a full one. How a table grows is in dbt_project/macros/growth.sql.
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from orchestration.warehouse.duckdb import Warehouse

TABLE = """
create table if not exists gate.table_state (
    table_name varchar primary key, as_of date, inputs varchar, merged varchar, loads varchar[]
)
"""

FEEDS = ("orders", "complaints", "surveys", "customers", "aliases", "interactions", "service_costs", "wallets")

# Each table that grows, with what it is built from: a raw feed, or another table that grows.
BUILT_FROM = {f"staging.repeated_{feed}": f"raw.{feed}" for feed in FEEDS} | {
    "facts.orders": "staging.repeated_orders",
    "facts.netted_orders": "facts.orders",
    "facts.order_days": "facts.netted_orders",
    "facts.order_summaries": "facts.order_days",
}


@dataclass(frozen=True)
class State:
    """What a table was built from."""

    as_of: dt.date
    inputs: str
    merged: str
    loads: frozenset[str]


class Growth:
    """The tables that grow, in one warehouse and for one step of a run, in which nothing lands.

    Parameters
    ----------
    warehouse : Warehouse
        Where the tables are, and their states.
    as_of : date
        What the run is computed for.
    told : dict
        Everything else that the tables depend on: the code and the models' variables without `as_of`.
    """

    def __init__(self, warehouse: Warehouse, as_of: dt.date, told: dict[str, Any]):
        self.warehouse, self.as_of = warehouse, as_of
        self.inputs = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
        self.loads_of_feeds: dict[str, frozenset[str]] = {}
        with warehouse.connect() as connection:
            connection.execute(TABLE)

    def may_grow(self, tables: list[str]) -> dict[str, dict[str, Any]]:
        """The models' variable `growth`: of these tables those that may grow, by model, and from what.

        A table that may not is left out, and dbt builds it in full.
        """
        growing = {}
        for table in tables:
            state, now = self.state(table), self.present(table)
            if state is None or not self.exists(table):
                continue
            if (state.inputs, state.merged) == (now.inputs, now.merged) and state.loads <= now.loads:
                growing[table.split(".")[1]] = {
                    "earlier_as_of": state.as_of.isoformat(),
                    "new_loads": sorted(now.loads - state.loads),
                }
        return growing

    def record(self, tables: list[str]) -> None:
        """Write what these tables have just been built from, given in the order of building.

        A table of which something below was not built from the same has no state: it holds something else than its
        inputs say.
        """
        for table in tables:
            below = BUILT_FROM[table]
            if below in BUILT_FROM and self.state(below) != self.present(below):
                continue
            now = self.present(table)
            with self.warehouse.connect() as connection:
                connection.execute(
                    "insert or replace into gate.table_state values (?, ?, ?, ?, ?)",
                    [table, now.as_of, now.inputs, now.merged, sorted(now.loads)],
                )

    def present(self, table: str) -> State:
        """What the table would be built from now."""
        is_merged = table.startswith("facts.")
        return State(self.as_of, self.inputs, self.merged() if is_merged else "", self.loads(table))

    def state(self, table: str) -> State | None:
        """What the table was built from; None where that is not known."""
        rows = self.warehouse.rows(
            "select as_of, inputs, merged, loads from gate.table_state where table_name = ?", [table]
        )
        return State(*rows[0][:3], frozenset(rows[0][3])) if rows else None

    def loads(self, table: str) -> frozenset[str]:
        """The loads with rows in the feed that the table is built from."""
        while table in BUILT_FROM:
            table = BUILT_FROM[table]
        if table not in self.loads_of_feeds:
            rows = self.warehouse.rows(f"select distinct _load from {table}")
            self.loads_of_feeds[table] = frozenset(load for (load,) in rows)
        return self.loads_of_feeds[table]

    def merged(self) -> str:
        """Which customers are merged into which: a word that changes with it."""
        if not self.exists("staging.merged_customers"):
            return ""
        pairs = "select count(*), bit_xor(hash(named_customer_id, customer_id)) from staging.merged_customers"
        return str(self.warehouse.rows(pairs)[0])

    def exists(self, table: str) -> bool:
        """Whether there is a table or view of this name."""
        known = "select count(*) from information_schema.tables where table_schema || '.' || table_name = ?"
        return self.warehouse.value(known, [table]) > 0


def forget(warehouse: Warehouse, tables: list[str] | None = None) -> None:
    """Forget what these tables, or all, were built from, so that each is built in full the next time.

    Before a table is built, and after a landed file has been changed in place, as an erasure does.
    """
    with warehouse.connect() as connection:
        connection.execute(TABLE)
        connection.execute(
            "delete from gate.table_state where list_contains(?, table_name)",
            [list(BUILT_FROM) if tables is None else tables],
        )
