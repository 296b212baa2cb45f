"""Loads that were refused whole: a refresh must not go on without their rows because their file has gone.

A refused load is settled when its records have come with later loads, or have been replayed; or when a person has
dismissed it, which is written down.
"""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration import durable
from orchestration.config.sources import Feed
from orchestration.errors import UserError
from orchestration.sources.contract import CONTRACTS
from orchestration.sources.files import quoted
from orchestration.sources.loads import Load, admitted, in_force, loads_of
from orchestration.sources.quarantine import accepted, outstanding

FILE = "dismissed.json"


@dataclass(frozen=True)
class LeftOut:
    """A load that does not count, and how many of its records are nowhere else."""

    load: Load
    records: int

    def __str__(self) -> str:
        return (
            f"load {self.load.load_id} of {self.load.source} was refused whole, and {self.records} of its records have "
            f"not come again: export them again, or mend the mapping and `touchstone quarantine replay`, or give them "
            f'up with `touchstone quarantine dismiss {self.load.load_id} --reason "…"`'
        )


def left_out(home: Path, feed_name: str, feed: Feed, limit: float) -> list[LeftOut]:
    """The loads in force of which a larger share than `limit` is refused, and whose rows are missed.

    Lines without a key cannot be known again: they are settled with the rest of their load, or, where nothing of it has
    a key, by a later load from the same source that counts.
    """
    loads = in_force(loads_of(home, feed_name), feed)
    counted = admitted(loads, limit)
    known = dismissed(home)
    found = []
    for load in loads:
        if load in counted or load.replay_of or load.load_id in known:
            continue
        later = [other for other in counted if other.origin > load.load_id]
        records, missed = missing(home, load, loads, later)
        if not records:
            is_missed = not any(other.source == load.source for other in later)
            missed = load.source_rows - load.rows["excluded"] if is_missed else 0
        if missed > limit * records:
            found.append(LeftOut(load, missed))
    return found


def missing(home: Path, load: Load, loads: list[Load], later: list[Load]) -> tuple[int, int]:
    """How many records with a key a load holds, accepted or refused, and how many of them are in no later load."""
    names = [quoted(name) for name in CONTRACTS[load.feed].key]
    if not names:
        return 0, 0
    keys = ", ".join(names)
    rows = f"select {keys} from {accepted(home, [load])}"
    if load.rows["quarantined"]:
        rows += f" union all select {keys} from ({outstanding(home, load, loads)})"
    again = f"from {accepted(home, later)}" if later else f"from (select {keys} from ({rows}) where false)"
    here = f"select distinct {keys} from ({rows}) where {' and '.join(f'{name} is not null' for name in names)}"
    with duckdb.connect() as connection:
        [(records, missed)] = connection.execute(
            f"with here as ({here}) select count(*), "
            f"count(*) filter (not exists (select 1 {again} as later where "
            f"{' and '.join(f'later.{name} = here.{name}' for name in names)})) from here"
        ).fetchall()
    return records, missed


def dismissed(home: Path) -> dict[str, dict]:
    """The loads that a person gave up, with when and why.

    Raises
    ------
    UserError
        The list is damaged.
    """
    path = home / FILE
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError:
        raise UserError(
            "the list of dismissed loads is damaged", where=str(path), mend="restore it from a backup"
        ) from None


def dismiss(home: Path, load_id: str, reason: str) -> Load:
    """Give up what is refused of a load: no refresh waits for it any more, and it is no longer listed.

    Nothing is removed: its rows stay in landing.

    Parameters
    ----------
    home : Path
        TOUCHSTONE_HOME; the caller holds its lock.

    Raises
    ------
    UserError
        There is no such load.
    """
    loads = [load for feed_name in CONTRACTS for load in loads_of(home, feed_name) if load.load_id == load_id]
    if not loads:
        raise UserError(
            f"no load is called {load_id!r}",
            where=str(home / "landing"),
            mend="take its name from `touchstone quarantine list` or from what holds the refresh",
        )
    told = {"feed": loads[0].feed, "dismissed_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
    listed = dismissed(home) | {load_id: told | {"reason": reason}}
    durable.replace_file(home / FILE, json.dumps(listed, ensure_ascii=False, indent=1).encode())
    return loads[0]
