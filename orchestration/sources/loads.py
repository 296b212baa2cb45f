"""Loads: what each one holds, in which order they lie, and which of them count.

A load is a folder `landing/<feed>/load=<id>/` with `accepted.parquet`, `set_aside.parquet` (refused and excluded
rows; only where there are any) and `load.json`. Its id begins with the moment it landed, so ids sort in load order.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.config.sources import Feed
from orchestration.errors import UserError
from orchestration.sources.contract import SQL_TYPES, Contract
from orchestration.sources.files import literal, quoted

OUTCOMES = ("accepted", "excluded", "quarantined", "duplicate")
STAMP = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True)
class Load:
    """What one load holds: rows and money by outcome, and where they came from.

    `rows` counts the source's rows by outcome; with the `erased` ones they add up to `source_rows`. `money` sums the
    contract's money column over the same outcomes where it parses (decimals as text); `unparsed_money` counts the
    rows where it does not. `records` is how many rows `accepted.parquet` has: fewer than the accepted ones where
    several lines are one record. `reasons` counts the rows set aside by reason. `joins` ties what was summed into
    rows back to the file that it came from.

    `schema` is the source's: its columns with their types as the engine reads them.

    `content` names the bytes that were read, `mapping` how they were read; `watermark` is where the next pull of a
    database or an API begins. `replay_of` names the load whose quarantined rows these were.
    """

    load_id: str
    feed: str
    source: str
    content: str
    mapping: str
    landed_at: str
    files: list[dict]
    schema: dict[str, str]
    unknown_columns: list[str]
    source_rows: int
    rows: dict[str, int]
    money: dict[str, str]
    unparsed_money: int
    records: int
    reasons: dict[str, int]
    joins: dict[str, dict]
    newest: str | None
    watermark: str | None = None
    replay_of: str | None = None
    erased: int = 0

    @property
    def rejected_share(self) -> float:
        """Quarantined rows over all rows that were not left out on purpose."""
        return self.share_of(self.rows["quarantined"])

    def share_of(self, rows: int) -> float:
        considered = self.source_rows - self.rows["excluded"] - self.erased
        return rows / considered if considered else 0.0

    @property
    def is_of_lines(self) -> bool:
        """Whether some of its records are several rows of the source."""
        return self.records != self.rows["accepted"]

    @property
    def total_money(self) -> Decimal:
        """All the money of the load, whatever became of its rows."""
        return sum(map(Decimal, self.money.values()), Decimal(0))

    @property
    def origin(self) -> str:
        """The load whose rows these are: its own, or the one whose refused rows were replayed."""
        return self.replay_of or self.load_id

    def folder(self, home: Path) -> Path:
        return home / "landing" / self.feed / f"load={self.load_id}"


def loads_of(home: Path, feed_name: str) -> list[Load]:
    """The loads of a feed in load order.

    Raises
    ------
    UserError
        A load's manifest is missing or damaged: its rows must not be left out without a word.
    """
    loads = []
    for folder in sorted((home / "landing" / feed_name).glob("load=*")):
        try:
            loads.append(Load(**json.loads((folder / "load.json").read_text("utf-8"))))
        except (OSError, ValueError, TypeError) as error:
            raise UserError(
                f"the manifest of a load cannot be read: {type(error).__name__}",
                where=str(folder / "load.json"),
                mend="restore the folder from a backup; or, where the source still holds the rows, remove it",
            ) from None
    return loads


def landed_columns(contract: Contract, files: Sequence[Path]) -> dict[str, str]:
    """How SQL reads each contract column of accepted rows: as null where all landed before the contract had it.

    Raises
    ------
    duckdb.Error
        A file is gone or damaged.
    """
    held: set[str] = set()
    if files:
        with duckdb.connect() as connection:
            paths = ", ".join(map(literal, files))
            names = connection.execute(f"select distinct name from parquet_schema([{paths}])").fetchall()
            held = {name for (name,) in names}
    return {
        column.name: quoted(column.name) if column.name in held else f"null::{SQL_TYPES[column.kind]}"
        for column in contract.columns
    }


def in_force(loads: list[Load], feed: Feed | None) -> list[Load]:
    """The loads that say what holds now, in load order.

    The same bytes read again (under another mapping) take the place of what was read before, with its replays; of a
    feed that `replaces`, the newest load alone counts.
    """
    last_of_content = {load.content: load.load_id for load in loads if load.replay_of is None}
    kept = {load.load_id for load in loads if last_of_content.get(load.content) == load.load_id}
    if feed and feed.replaces:
        kept = {max(kept)} if kept else set()
    return [load for load in loads if load.origin in kept]


def admitted(loads: list[Load], limit: float) -> list[Load]:
    """The loads that count: those of which no larger share than `limit` is, still, in quarantine."""
    taken_up: Counter[str] = Counter()
    for load in loads:
        if load.replay_of:
            taken_up[load.replay_of] += load.source_rows
    return [load for load in loads if load.share_of(load.rows["quarantined"] - taken_up[load.load_id]) <= limit]


def next_load_id(earlier: list[Load], content: str, now: dt.datetime) -> str:
    """An id after all earlier ones, even where the clock went back."""
    if earlier:
        last = dt.datetime.strptime(earlier[-1].load_id.split("-")[0], STAMP).replace(tzinfo=dt.UTC)
        now = max(now, last + dt.timedelta(microseconds=1))
    return f"{now:{STAMP}}-{content[:8]}"
