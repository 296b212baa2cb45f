"""A company whose loads come one after another, and the comparison of its grown tables with a full build.

Loads are random rows of orders, and of more customers than a load touches. They are dated where an as_of or a window
of one ends, so that one load holds many cases: new orders, copies, corrections with a later, an earlier or no
updated_at, orders that change customer, date or status. They are written straight into the raw tables: landing has
tests of its own.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from refreshes import COMPANY

from orchestration.defs import dbt
from orchestration.quality.growth import BUILT_FROM, forget
from orchestration.warehouse.duckdb import Warehouse

DAYS = ("2025-01-02", "2025-12-30", "2025-12-31", "2026-01-01", "2026-01-03", "2026-03-01", "2026-12-30", "2027-01-02")
FEEDS = tuple(raw.removeprefix("raw.") for raw in BUILT_FROM.values() if raw.startswith("raw."))

# What stands on the tables that grow is compared with them.
GROWING = tuple(BUILT_FROM)
STANDING_ON_THEM = ("staging.set_aside", "facts.customers", "facts.customer_orders")
ORDERS_ALONE = ("staging.repeated_orders", "facts.orders")
MERGED = [(f"c{number:03}", f"c{number + 1:03}") for number in range(0, 60, 3)]  # old ids, and whose they are


@dataclass
class GrowingCompany:
    """A home with raw tables, and the project parsed for it."""

    home: Path
    random: Random = field(default_factory=Random)
    margin: float = 0.5
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {feed: [] for feed in FEEDS})

    def __post_init__(self):
        os.environ["TOUCHSTONE_HOME"] = str(self.home)  # dbt's profile reads only the environment
        self.warehouse = Warehouse(self.home / "warehouse.duckdb")
        with self.warehouse.connect() as connection:
            connection.execute(COMPANY.read_text(encoding="utf-8"))
            connection.executemany("insert into staging.claim_ends values (?, ?)", MERGED)
        self.warehouse.prepare()
        self.project = dbt.parsed(self.home)
        self.clear()
        nodes = self.project.nodes.values()
        staging = [node.name for node in nodes if (node.resource_type, node.schema) == ("model", "staging")]
        self.every_table = tuple(dict.fromkeys([*(f"staging.{name}" for name in staging), *GROWING, *STANDING_ON_THEM]))
        self.build("2026-01-01", self.every_table)

    def clear(self) -> None:
        """Take all rows away, and what is known of the tables."""
        self.rows = {feed: [] for feed in FEEDS}
        with self.warehouse.connect() as connection:
            for feed in FEEDS:
                connection.execute(f"truncate raw.{feed}")
        forget(self.warehouse)

    def build(self, as_of: str, tables: tuple[str, ...] = GROWING + STANDING_ON_THEM) -> None:
        """Build some tables as a refresh does."""
        nodes = {f"{node.schema}.{node.name}": node.to_dict() for node in self.project.nodes.values()}
        models = {table: nodes[table] for table in tables}
        dbt.build(self.home, self.warehouse, models, {"as_of": as_of, "margin": self.margin}, self.project)

    def land(self, load: str, size: int = 60) -> None:
        """Add a load of random rows to each feed."""
        for feed in FEEDS:
            for position in range(1, (size if feed == "orders" else size // 4 + 1) + 1):
                row = getattr(self, f"one_of_{feed}")() | {"_load": load, "_row": position}
                self.rows[feed].append(row)
        for feed in FEEDS:
            self.insert(feed, [row for row in self.rows[feed] if row["_load"] == load])

    def insert(self, feed: str, rows: list[dict[str, Any]]) -> None:
        names = list(rows[0])
        with self.warehouse.connect() as connection:
            connection.execute("begin")
            connection.executemany(
                f"insert into raw.{feed} ({', '.join(names)}) values ({', '.join('?' for _ in names)})",
                [[row[name] for name in names] for row in rows],
            )
            connection.execute("commit")

    def remove(self, load: str) -> None:
        """A load that does not count any more."""
        with self.warehouse.connect() as connection:
            for feed in FEEDS:
                self.rows[feed] = [row for row in self.rows[feed] if row["_load"] != load]
                connection.execute(f"delete from raw.{feed} where _load = ?", [load])

    def moment(self) -> dt.datetime:
        """Near an as_of, near a year before one, or any time."""
        day = dt.datetime.fromisoformat(self.random.choice(DAYS))
        days = self.random.choice((0, 0, 1, 365, 366, self.random.randrange(800)))
        return day - dt.timedelta(days=days) + dt.timedelta(seconds=self.random.choice((0, 43_200, 86_399)))

    def sometimes(self, value: Any, share: float = 0.5) -> Any:
        return value if self.random.random() < share else None

    def customer(self) -> str:
        return f"c{self.random.randrange(300):03}"

    def one_of_orders(self) -> dict[str, Any]:
        """A new order, a copy of a landed one, or a correction of it."""
        draw = self.random
        new = {
            "order_id": f"o{draw.randrange(100_000)}",
            "customer_id": self.customer(),
            "ordered_at": self.moment(),
            "amount": draw.randrange(-4_000, 6_000) / 8,
            "quantity": self.sometimes(draw.randrange(1, 9)),
            "cost": self.sometimes(draw.randrange(100)),
            "channel": self.sometimes(draw.choice(("web", "shop", "phone"))),
            "region": self.sometimes(draw.choice(("north", "south"))),
            "status": draw.choice((None, "completed", "completed", "cancelled", "returned")),
            "refund_of": self.sometimes(draw.choice(self.rows["orders"])["order_id"]) if self.rows["orders"] else None,
            "paid_at": self.sometimes(self.moment()),
            "promised_at": self.sometimes(self.moment()),
            "delivered_at": self.sometimes(self.moment()),
            "updated_at": self.sometimes(self.moment()),
        }
        if not self.rows["orders"] or draw.random() < 0.5:
            return new
        landed = draw.choice(self.rows["orders"])
        landed = {name: landed[name] for name in new}
        changed = draw.sample(sorted(new), draw.choice((0, 1, 1, 2)))
        return landed | {name: new[name] for name in changed if name != "order_id"}

    def one_of_complaints(self) -> dict[str, Any]:
        return {
            "complaint_id": f"k{self.random.randrange(25)}",
            "customer_id": "c01",
            "opened_at": dt.datetime(2026, 1, 1),
            "text": self.random.choice(("late", "dear")),
            "updated_at": self.sometimes(dt.datetime(2026, 1, self.random.randrange(1, 4))),
        }

    def one_of_surveys(self) -> dict[str, Any]:
        return {
            "response_id": f"s{self.random.randrange(15)}",
            "customer_id": "c01",
            "answered_at": dt.datetime(2026, 1, 1),
            "question": self.random.choice(("manner", "would_rebuy")),
            "score": float(self.random.randrange(3)),
        }

    def one_of_aliases(self) -> dict[str, Any]:
        return {"customer_id": self.customer(), "kind": "phone", "value": str(self.random.randrange(10_000, 10_500))}

    def one_of_customers(self) -> dict[str, Any]:
        return {
            "customer_id": self.customer(),
            "name": self.random.choice(("Ada", "Ben")),
            "region": self.sometimes("east"),
            "registered_at": self.sometimes(self.moment()),
        }

    def one_of_interactions(self) -> dict[str, Any]:
        return {
            "customer_id": self.random.choice(("c01", "c02")),
            "occurred_at": dt.datetime(2026, 1, 1),
            "kind": self.random.choice(("visit", "search")),
            "category": self.sometimes("valves"),
            "price": self.sometimes(self.random.randrange(3)),
        }

    def one_of_service_costs(self) -> dict[str, Any]:
        return {
            "customer_id": self.customer(),
            "occurred_at": dt.datetime.fromisoformat(self.random.choice(DAYS)),
            "kind": "visit",
            "amount": self.random.randrange(3),
        }

    def one_of_wallets(self) -> dict[str, Any]:
        return {
            "customer_id": self.customer(),
            "period_start": dt.date.fromisoformat(self.random.choice(DAYS)[:10]),
            "period_end": dt.date(2026, 12, 31),
            "estimated_total_spend": self.random.randrange(3),
        }

    def contents(self) -> dict[str, dict[tuple, int]]:
        """Every row of every table that is compared, with how often it is there."""
        return {
            table: dict(
                (row[:-1], row[-1]) for row in self.warehouse.rows(f"select *, count(*) from {table} group by all")
            )
            for table in GROWING + STANDING_ON_THEM
        }

    def full_contents(self, as_of: str) -> dict[str, dict[tuple, int]]:
        """The same after a full build."""
        forget(self.warehouse)
        self.build(as_of)
        return self.contents()
