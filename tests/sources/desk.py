"""A desk to land from: a home with source files, and the few verbs that the tests of landing need."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.config.sources import Feed
from orchestration.sources.files import literal
from orchestration.sources.landing import land
from orchestration.sources.loads import Load
from orchestration.sources.rows import numbered

HEADER = "order_id,customer_id,ordered_at,amount"


@dataclass
class Desk:
    """Where files are put, landed, and looked at."""

    home: Path

    def put(self, text: str | bytes, name: str = "orders.csv") -> Path:
        path = self.home / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def land(self, name: str = "orders.csv", feed: str = "orders", **mapping) -> Load:
        """Land one file."""
        [load] = self.land_all(name, feed, **mapping)
        return load

    def land_all(self, name: str, feed: str = "orders", **mapping) -> list[Load]:
        """Land each file that the name matches."""
        return land(self.home, feed, Feed(path=str(self.home / "in" / name), **mapping))

    def orders(self, *rows: str, more: str = "", **mapping) -> Load:
        """Land orders of these rows; `more` names columns after the four required ones."""
        self.put("\n".join([HEADER + (f",{more}" if more else ""), *rows]) + "\n")
        return self.land(**mapping)

    def accepted(self, *loads: Load) -> list[dict]:
        return [row for load in loads for row in self._rows(load, "accepted.parquet", "_row")]

    def set_aside(self, *loads: Load) -> list[dict]:
        return [row for load in loads for row in self._rows(load, "set_aside.parquet", "_row, _line")]

    def _rows(self, load: Load, name: str, order: str) -> list[dict]:
        path = load.folder(self.home) / name
        if not path.exists():
            return []
        with duckdb.connect() as connection:
            rows = numbered(path) if name == "accepted.parquet" else f"read_parquet({literal(path)})"
            cursor = connection.execute(f"select * from {rows} order by {order}")
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
