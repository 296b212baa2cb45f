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
from orchestration.sources.loads import Load

ASK_AGAIN = "mend the export and refresh again, or, if it is right so, override this check in overrides.yml"


@dataclass(frozen=True)
class Export:
    """The newest load against the one before it, in rows; `ratio` is None where exports do not grow."""

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
    names = ", ".join(dict.fromkeys(file["name"] for load in present[-3:] for file in load.files))
    if len(present) > 3:
        names = f"{len(present)} loads up to {names}"
    arrived = f"{rows} rows of {names} were accepted"
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


def exported(session: Session, contract: Contract, newest: Load) -> Export:
    """The newest load against those that the base release was made from."""
    feed = session.settings.sources.feeds[contract.feed]
    loads = session.base.manifest["loads"] if session.base else []
    earlier = [load for load in loads if load["feed"] == contract.feed and load["load_id"] != newest.load_id]
    rows = [load["source_rows"] for load in sorted(earlier, key=lambda load: load["load_id"])]
    return Export(newest.source_rows, rule.shrunk(newest.source_rows, rows, feed.replaces))


def counted(session: Session, contract: Contract) -> rule.Volume | str:
    """Events of the days since the base release against such weekdays before; a sentence where nothing is judged."""
    if contract.moment is None:
        return "its rows have no day to be counted by"
    if session.base is None:
        return "not judged yet: there is no release of an earlier date"
    table, moment = f"raw.{contract.feed}", contract.moment
    end = session.as_of + dt.timedelta(days=1)
    [[begin, newest]] = session.warehouse.rows(
        f"select min({moment})::date, max({moment})::date from {table} where {moment} < ?", [end]
    )
    if newest is None or newest <= session.base.as_of:
        return f"no event since {session.base.as_of}; freshness says how long that may be"
    within = " or ".join(
        f"({moment} >= timestamp '{start}' and {moment} < timestamp '{stop + dt.timedelta(days=1)}')"
        for start, stop in rule.needed_days(session.base.as_of, newest)
    )
    # A key that comes in several versions is one event; events without a key are told apart by their rows.
    events = f"count(distinct ({', '.join(contract.key)}))" if contract.key else "count(*)"
    rows = session.warehouse.rows(f"select {moment}::date, {events} from {table} where {within} group by 1")
    return rule.judge(dict(rows), session.base.as_of, newest, begin)
