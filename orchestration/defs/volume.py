"""Checks of how much arrived: the newest load, and the events of the days since the base release.

The rule is in quality/drift/volume.py; here the engine counts for it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.defs.session import Session
from orchestration.quality.checks import CheckOutcome
from orchestration.quality.drift import volume as rule
from orchestration.sources.contract import Contract
from orchestration.sources.files import literal, quoted
from orchestration.sources.loads import Load, loads_of
from orchestration.warehouse.duckdb import Warehouse

DAY = dt.timedelta(days=1)
ASK_AGAIN = "mend the export and refresh again, or, if it is right so, override this check in overrides.yml"


@dataclass(frozen=True)
class Export:
    """The newest load against the one before it, in rows; `ratio` is None where it need not hold everything."""

    rows: int
    ratio: float | None

    def __str__(self) -> str:
        if self.ratio is None:
            return ""
        return f"the newest export has {self.rows:,} rows, {self.ratio:.0%} of those of the one before it"


def volume(session: Session, contract: Contract, present: Sequence[Load]) -> list[CheckOutcome]:
    """`volume`, which holds, and `volume_is_usual`, which warns.

    Parameters
    ----------
    present : sequence of Load
        The loads that hold what the source holds now; at least one.
    """
    table, newest = f"raw.{contract.feed}", present[-1]
    accepted = newest.rows["accepted"] + newest.rows["duplicate"]
    has_rows = accepted > 0 or contract.is_optional
    export, events = exported(session, contract, newest), counted(session, contract)
    is_truncated = export.ratio is not None and export.ratio < rule.TRUNCATED
    is_low = isinstance(events, rule.Volume) and events.is_held
    is_unusual = isinstance(events, rule.Volume) and events.is_unusual
    is_shorter = export.ratio is not None and export.ratio < 1 - rule.SHRINKS
    told = "; ".join(filter(None, (str(events), str(export))))
    rows = sum(load.rows["accepted"] + load.rows["duplicate"] for load in present)
    arrived = f"{rows} rows of {named(present)} were accepted"
    if not newest.source_rows:
        arrived += ": the export is empty; export it again"
    observed, usual = (events.observed, events.usual) if isinstance(events, rule.Volume) else (None, None)
    return [
        CheckOutcome(
            table,
            "volume",
            has_rows and not is_truncated and not is_low,
            f"{arrived}; {told}" + (f"; {ASK_AGAIN}" if is_truncated or is_low else ""),
            observed=accepted,
            threshold=1,
        ),
        CheckOutcome(table, "volume_is_usual", not is_unusual and not is_shorter, told, observed, usual),
    ]


def named(present: Sequence[Load]) -> str:
    """The files of these loads, or of the last three and how many there are."""
    names = ", ".join(dict.fromkeys(file["name"] for load in present[-3:] for file in load.files))
    return names if len(present) <= 3 else f"{len(present)} loads up to {names}"


def exported(session: Session, contract: Contract, newest: Load) -> Export:
    """The newest load against the last one that the base release was made from, where each holds everything.

    A pull from a watermark on never does; of other loads their rows tell, which are compared only of a smaller one.
    """
    feed = session.settings.sources.feeds[contract.feed]
    before = [load for load in loads_of_base(session, contract) if load["load_id"] != newest.load_id]
    if not before or not before[-1]["source_rows"]:
        return Export(newest.source_rows, None)
    ratio = newest.source_rows / before[-1]["source_rows"]
    holds_everything = feed.replaces
    if not feed.replaces and feed.path and len(before) > 1 and ratio < 1 - rule.SHRINKS:
        earlier, last = (load["load_id"] for load in before[-2:])
        columns = [column.name for column in contract.columns]
        kept = shared(session.warehouse, contract, contract.key or columns, earlier, last)
        repeated = shared(session.warehouse, contract, columns, newest.load_id, last)
        holds_everything = rule.is_whole(kept, repeated)
    return Export(newest.source_rows, ratio if holds_everything else None)


def shared(warehouse: Warehouse, contract: Contract, columns: Sequence[str], load: str, other: str) -> float:
    """Share of a load's accepted rows, as far as these columns tell them apart, that another load has too."""
    rows = f"select distinct {', '.join(map(quoted, columns))} from raw.{contract.feed} where _load = ?"
    total = warehouse.value(f"select count(*) from ({rows})", [load])
    return warehouse.value(f"select count(*) from ({rows} intersect {rows})", [load, other]) / total if total else 0.0


def loads_of_base(session: Session, contract: Contract) -> list[dict]:
    """What the base release's manifest says of the loads of a feed, in load order."""
    loads = session.base.manifest["loads"] if session.base else []
    return sorted((load for load in loads if load["feed"] == contract.feed), key=lambda load: load["load_id"])


def counted(session: Session, contract: Contract) -> rule.Volume | str:
    """Events of the days since the base release against such weekdays before; a sentence where nothing is judged."""
    if contract.moment is None:
        return "its rows have no day to be counted by"
    if session.base is None:
        return "not judged yet: there is no release of an earlier date"
    base, table, moment = session.base.as_of, f"raw.{contract.feed}", contract.moment
    end = session.as_of + DAY
    newest = session.warehouse.value(f"select max({moment})::date from {table} where {moment} < ?", [end])
    if newest is None or newest <= base:
        return f"no event since {base}; freshness says how long that may be"
    within = " or ".join(
        f"({moment} >= timestamp '{start}' and {moment} < timestamp '{stop + DAY}')"
        for start, stop in rule.needed_days(base, newest)
    )
    rows = session.warehouse.rows(f"select {moment}::date, {events(contract)} from {table} where {within} group by 1")
    counts = dict(rows)
    then = counted_then(session, contract)
    if then is not None and rule.ends_within_a_day(then, counts.get(base, 0)):
        # The last day is not over in such an export; the one before was not when the base release was made.
        base, newest = base - DAY, newest - DAY
    return rule.judge(counts, base, newest)


def events(contract: Contract) -> str:
    """A key that comes in several versions is one event; events without a key are told apart by their rows."""
    return f"count(distinct ({', '.join(contract.key)}))" if contract.key else "count(*)"


def counted_then(session: Session, contract: Contract) -> int | None:
    """Events of the base release's last day that it had; None where a load of it is no longer there."""
    day = session.base.as_of
    ids = {load["load_id"] for load in loads_of_base(session, contract)}
    loads = [load for load in loads_of(session.settings.home, contract.feed) if load.load_id in ids]
    files = [
        literal(load.folder(session.settings.home) / "accepted.parquet")
        for load in loads
        if load.newest and load.newest >= day.isoformat()
    ]
    if len(loads) < len(ids):
        return None
    if not files:
        return 0
    return session.warehouse.value(
        f"select {events(contract)} from read_parquet([{', '.join(files)}], union_by_name = true) "
        f"where {contract.moment} >= ? and {contract.moment} < ?",
        [day, day + DAY],
    )
