"""A table that changes while it is pulled, with crashes in between; and what comes of it.

Used by test_any_loads.py and by benchmarks/faults/any_loads.py.
"""

import datetime as dt
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from any_loads import assert_facts, crash_at, facts
from exports import GOOD, HEADER, Line, facts_of, updated, with_a_fault
from hypothesis import strategies as st

from orchestration.config.sources import Feed
from orchestration.sources.landing import land
from orchestration.sources.loads import loads_of

BEGIN = dt.datetime(2025, 3, 1)  # in the past: a moment to come would not move the watermark
HOURS = 6  # between two changes: with the lookback of a day, one may become visible up to three changes late


@dataclass(frozen=True)
class Change:
    """A row is written; then tries to pull that die at the steps in `crashes`, and maybe one to its end."""

    line: Line
    updated_at: dt.datetime
    is_pulled: bool
    crashes: tuple[int, ...]
    is_killed: bool


FAULTS = [("customer_id", ""), ("ordered_at", "never"), ("amount", "x"), ("status", "lost")]


@st.composite
def changes(draw) -> list[Change]:
    """New orders, corrections, and broken rows with an id of their own, in the order in which they become visible."""
    lines = draw(st.lists(GOOD | st.builds(with_a_fault, GOOD, st.sampled_from(FAULTS)), min_size=4, max_size=12))
    made = []
    for number, line in enumerate(lines):
        moment = BEGIN + dt.timedelta(hours=HOURS * number)
        if line.order:
            line = updated(line, moment)
        else:
            line = Line((f"broken {number}", *line.cells[1:-1], str(moment)), line.outcome, line.money)
        crashes = tuple(draw(st.lists(st.integers(0, 30), max_size=2)))
        change = Change(line, moment, draw(st.booleans()), crashes, draw(st.booleans()))
        made.append((number + draw(st.integers(0, 3)), change))
    return [change for _, change in sorted(made, key=lambda each: each[0])]


class Till:
    """The table, the home that pulls it, and what must have landed."""

    def __init__(self, home: Path):
        self.home, self.file = home, home / "till.sqlite"
        self.feed = Feed(
            database={
                "url": f"sqlite:///{self.file}",
                "table": "orders",
                "cursor": {"column": "updated_at", "lookback": "1 days"},
            }
        )
        self.rows: dict[str, Change] = {}
        self.landed: set[Line] = set()
        self.write(f"create table orders ({', '.join(HEADER)}, primary key (order_id))")

    def write(self, sql: str, values: tuple[str | None, ...] = ()) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute(sql, values)

    def apply(self, change: Change) -> None:
        """The row, unless the table holds a later version of it."""
        order_id = change.line.cells[0]
        if order_id not in self.rows or self.rows[order_id].updated_at < change.updated_at:
            self.rows[order_id] = change
            marks = ", ".join("?" for _ in HEADER)
            self.write(f"insert or replace into orders values ({marks})", tuple(x or None for x in change.line.cells))

    def pull(self, died: Counter[str], step: int | None = None, is_killed: bool = False) -> None:
        """Pull; a load that has come of it holds what was due, and each row of it has one outcome."""
        before = loads_of(self.home, "orders")
        since = dt.datetime.min
        if before:
            # Moments are texts in SQLite, so the lookback begins with its day.
            watermark = dt.datetime.fromisoformat(before[-1].watermark)
            since = dt.datetime.combine(watermark - dt.timedelta(days=1), dt.time())
        due = [change.line for change in self.rows.values() if change.updated_at >= since]
        if step is None:
            land(self.home, "orders", self.feed)
        else:
            with crash_at(step, is_killed, died):
                land(self.home, "orders", self.feed)
        for load in loads_of(self.home, "orders")[len(before) :]:
            assert load.source_rows == sum(load.rows.values()) == len(due)
            fresh = set(due) - self.landed
            for outcome in ("accepted", "quarantined"):
                assert load.rows[outcome] == sum(line.outcome == outcome for line in fresh), outcome
            self.landed |= fresh


def check_pulls(made: list[Change], models: dict[str, str], died: Counter[str]) -> int:
    """Pull the table as it changes; raise where anything is missed or comes twice. The number of loads."""
    with tempfile.TemporaryDirectory() as folder:
        till = Till(Path(folder))
        for change in made:
            till.apply(change)
            for step in change.crashes:
                till.pull(died, step, change.is_killed)
            if change.is_pulled:
                till.pull(died)
        till.pull(died)
        assert not list((till.home / "landing" / "orders").glob(".tmp-*"))
        loads = loads_of(till.home, "orders")
        newest = [change.line.order for change in till.rows.values() if change.line.order]
        assert_facts(facts(till.home, loads, models), facts_of(newest))
        return len(loads)
