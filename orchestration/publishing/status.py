"""What is served, what is held and why, for people and BI: `status.json`, and `status.parquet` of one row.

No personal data: of a reason only the named fields are kept, and never the keys of rows.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb

from orchestration import durable
from orchestration.errors import UserError
from orchestration.publishing import catalogue, pins
from orchestration.publishing.manifest import plain

_REASON = ("check", "subject", "severity", "message", "observed", "threshold")


NOT_HELD = {"held": False, "held_since": None, "held_as_of": None, "reasons": []}


PUBLISHED_BUT = ": published, but "  # of a run whose release is served, and whose next step broke
NOT_JUDGED = "not judged: "


def told_reasons(reasons: Sequence[dict[str, Any]]) -> list[str]:
    """Why a candidate is held, a line each; checks that could not be judged for another reason share the last one."""
    lines = [f"{reason['check']}: {reason['message']}" for reason in reasons]
    unjudged = [reason["check"] for reason in reasons if reason["message"].startswith(NOT_JUDGED)]
    if len(unjudged) < 2 or len(unjudged) == len(reasons):
        return lines
    told = [line for line, reason in zip(lines, reasons, strict=True) if reason["check"] not in unjudged]
    return [*told, f"for want of that not judged: {', '.join(unjudged)}"]


@dataclass(frozen=True)
class Status:
    """One row of facts. Moments are UTC in ISO form; what has not happened is None.

    Attributes
    ----------
    release_id, as_of, published_at : str or None
        What is served. None before the first release.
    served_since : str or None
        When `current` was switched to it; after a rollback later than `published_at`.
    path : str or None
        Directory of the served release, relative to the directory of this file: for readers without links.
    held : bool
        Whether the latest candidate was refused.
    held_since, held_as_of : str or None
        When the first of the refusals in a row was, and the day of the latest candidate.
    reasons : list of dict
        Check, subject, severity, message, observed and threshold of what held the latest candidate.
    pinned : bool
    pinned_release_id, pinned_since : str or None
    overrides : list of dict
        Overrides that the served release was published with, and what their checks said.
    warnings : list of dict
        What failed of the served release without holding it, in the terms of `reasons`.
    last_outcome : {"published", "held", "error"} or None
    last_outcome_at, last_message : str or None
    """

    release_id: str | None = None
    as_of: str | None = None
    published_at: str | None = None
    served_since: str | None = None
    path: str | None = None
    held: bool = False
    held_since: str | None = None
    held_as_of: str | None = None
    reasons: list[dict] | tuple[()] = ()
    pinned: bool = False
    pinned_release_id: str | None = None
    pinned_since: str | None = None
    overrides: list[dict] | tuple[()] = ()
    warnings: list[dict] | tuple[()] = ()
    last_outcome: Literal["published", "held", "error"] | None = None
    last_outcome_at: str | None = None
    last_message: str | None = None

    @property
    def broke_after_publishing(self) -> bool:
        """Whether the release of the last run is served, and a later step of it broke."""
        return PUBLISHED_BUT in (self.last_message or "")


def read(home: Path) -> Status:
    """What holds now; `current` and the pin are asked, so that a process that died early cannot mislead.

    Where it died between the switch and its word here, the release says itself that it was published: what held an
    earlier candidate is over.
    """
    path = catalogue.published(home) / "status.json"
    known, served = Status(), _served(home)
    if path.exists():
        try:
            known = _parsed(path.read_text(encoding="utf-8"))
        except ValueError:  # the next run writes it anew; it must not keep that run from starting
            told = "status.json is damaged: what was held, and why, is not known; the next refresh writes it anew"
            now = _iso(datetime.now(UTC))
            known = Status(served["release_id"], last_outcome="error", last_outcome_at=now, last_message=told)
    if _is_untold(known, served):
        told = _outcome("published", served["published_at"], "its process ended before it could say more")
        known = replace(known, **NOT_HELD, **told)
    return replace(known, **served, **_pinned(home))


def _parsed(text: str) -> Status:
    """The status as it was written; ValueError where anything is of another kind."""
    from pydantic import TypeAdapter

    known = TypeAdapter(Status).validate_json(text, strict=True)
    if any(not {"check", "message"} <= reason.keys() for reason in known.reasons):
        raise ValueError("a reason without its check or message")
    moments = (known.last_outcome_at, known.held_since, known.pinned_since)
    if any(moment and datetime.fromisoformat(moment).tzinfo is None for moment in moments):
        raise ValueError("a moment without its zone")
    return known


def record_published(home: Path, message: str = "") -> Status:
    """Say that a release was published: nothing is held any more. The caller has the lock, here and below."""
    return _write(
        home,
        replace(read(home), **NOT_HELD, **_run("published", message)),
    )


def record_held(home: Path, as_of: date, reasons: list[dict], message: str = "") -> Status:
    """Say that a candidate was refused; `held_since` stays that of the first refusal in a row.

    Parameters
    ----------
    as_of : date
        Day of the refused candidate.
    reasons : list of dict
        `check`, `subject`, `severity`, `message`, `observed`, `threshold`; anything else is left out.
    """
    before, run = read(home), _run("held", message)
    kept = [_told(reason) for reason in reasons]
    since = before.held_since if before.held else run["last_outcome_at"]
    return _write(home, replace(before, held=True, held_since=since, held_as_of=as_of.isoformat(), reasons=kept, **run))


def record_error(home: Path, message: str) -> Status:
    """Say that a run broke off; what is served and what is held are as before."""
    return _write(home, replace(read(home), **_run("error", message)))


def record_switch(home: Path) -> Status:
    """Say that `current` or the pin was changed by a person."""
    return _write(home, read(home))


def _served(home: Path) -> dict:
    nothing_told = {"overrides": [], "warnings": []}
    try:
        release = catalogue.served(home)
    except UserError:  # a damaged manifest must not keep people from seeing which release it is, or from going back
        known = {"release_id": catalogue.served_id(home), "path": f"releases/{catalogue.served_id(home)}"}
        return dict.fromkeys(("as_of", "published_at", "served_since")) | known | nothing_told
    if release is None:
        return dict.fromkeys(("release_id", "as_of", "published_at", "served_since", "path"), None) | nothing_told
    return {
        "release_id": release.release_id,
        "as_of": release.as_of.isoformat(),
        "published_at": release.published_at.isoformat(timespec="seconds"),
        # The link itself is as old as the switch.
        "served_since": _iso(datetime.fromtimestamp(catalogue.current_link(home).lstat().st_mtime, UTC)),
        "path": f"releases/{release.release_id}",
        "overrides": release.manifest.get("overrides", []),
        "warnings": [
            _told(check | {"check": f"{check['subject']}:{check['name']}"})
            for check in release.manifest["checks"]
            if check["severity"] == "warn" and not check["passed"]
        ],
    }


def _told(reason: dict) -> dict:
    return {name: plain(reason.get(name)) for name in _REASON}


def _pinned(home: Path) -> dict:
    pin = pins.pin(home)
    return {
        "pinned": pin is not None,
        "pinned_release_id": pin.release_id if pin else None,
        "pinned_since": pin.since if pin else None,
    }


def _is_untold(written: Status, served: dict) -> bool:
    """Whether the served release was published after what was written last; a rollback serves an older one."""
    if served["published_at"] is None or served["release_id"] == written.release_id:
        return False
    return written.last_outcome_at is None or served["published_at"] >= written.last_outcome_at


def _run(outcome: str, message: str) -> dict:
    return _outcome(outcome, _iso(datetime.now(UTC)), message)


def _outcome(outcome: str, at: str, message: str) -> dict:
    return {"last_outcome": outcome, "last_outcome_at": at, "last_message": message}


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _write(home: Path, status: Status) -> Status:
    directory = catalogue.published(home)
    facts = asdict(status)
    # Parquet first: a reader of the JSON, which is the one that names the paths, never finds it ahead.
    durable.replace_file(directory / "status.parquet", _as_parquet(facts))
    text = json.dumps(facts, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    durable.replace_file(directory / "status.json", text.encode())
    return status


def _as_parquet(facts: dict) -> bytes:
    """One row with the same columns as the JSON; lists as JSON text, so that their type never changes."""
    from pyarrow import parquet

    cells = {
        name: json.dumps(fact, ensure_ascii=False) if isinstance(fact, list | tuple) else fact
        for name, fact in facts.items()
    }
    columns = ", ".join(
        f"?::{'boolean' if isinstance(cell, bool) else _type(name)} as {name}" for name, cell in cells.items()
    )
    with duckdb.connect() as connection:
        row = connection.sql(f"select {columns}", params=list(cells.values())).to_arrow_table()
    written = io.BytesIO()  # not a file of the engine's own, which a killed process would leave behind
    parquet.write_table(row, written)
    return written.getvalue()


def _type(name: str) -> str:
    if name.endswith(("_at", "_since")):
        return "timestamp"
    return "date" if name.endswith("as_of") else "varchar"
