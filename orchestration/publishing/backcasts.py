"""Back-casts: the set of marts as of a past day, beside the releases and never served.

Where they lie, what one continues, and writing one. They are written and verified as a release is; nothing points to
them, so a new one takes the place of an older one of the same day.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

import duckdb

from orchestration import durable
from orchestration.errors import UserError
from orchestration.publishing import catalogue, release
from orchestration.publishing import manifest as manifests
from orchestration.publishing.catalogue import ReleaseInfo
from orchestration.publishing.lock import home_lock

Loads = Literal["now", "then"]


@dataclass(frozen=True)
class Backcast:
    """What a back-cast is made of, besides its day.

    Attributes
    ----------
    loads : {"now", "then"}
        Everything that has landed by now, or what counted then.
    released : ReleaseInfo or None
        Of `then`: the release of that day in the line of what is served, whose loads and base are taken.
    base : ReleaseInfo or None
        The history that it continues.
    """

    loads: Loads
    released: ReleaseInfo | None
    base: ReleaseInfo | None


def days(home: Path) -> list[date]:
    """The days that there are back-casts of, earliest first."""
    return sorted(filter(None, map(_day_of, catalogue.backcasts_directory(home).glob("*"))))


def _day_of(path: Path) -> date | None:
    """The day that a folder is named by; None for what somebody else has put there."""
    try:
        day = date.fromisoformat(path.name)
    except ValueError:
        return None
    return day if day.isoformat() == path.name else None


def find(home: Path, as_of: date) -> ReleaseInfo:
    """Open the back-cast of a day.

    Raises
    ------
    UserError
        Its manifest is missing or damaged.
    """
    directory = catalogue.backcasts_directory(home) / as_of.isoformat()
    try:
        found = manifests.read(directory, named_by="as_of")
        return ReleaseInfo(found["release_id"], directory, as_of, datetime.fromisoformat(found["published_at"]), found)
    except (UserError, KeyError, TypeError, ValueError):
        raise UserError(
            f"the manifest of the back-cast of {as_of} is missing or damaged",
            where=str(directory / manifests.NAME),
            mend=f"compute it again: touchstone backfill --from {as_of:%Y-%m} --to {as_of:%Y-%m}; or remove the folder",
        ) from None


def latest_before(home: Path, as_of: date, loads: Loads | None = None) -> ReleaseInfo | None:
    """The latest back-cast of an earlier day, made from these loads if that is said."""
    for day in reversed(days(home)):
        if day < as_of:
            found = find(home, day)
            if loads in (None, found.manifest["backcast"]["loads"]):
                return found
    return None


def base_of_release(home: Path, as_of: date) -> ReleaseInfo | None:
    """What a refresh continues: the served line's release of an earlier day; before there is any, a back-cast.

    Raises
    ------
    UserError
        A file of it that is read is damaged or gone; or it is gone itself and nothing lies behind it: that must not
        pass for no history.
    """
    found = catalogue.base_release(home, as_of)
    if found is None and (lost := catalogue.lost_bases(home)):
        raise UserError(
            f"release {lost[-1]}, which the history of {as_of} goes on from, is gone",
            where=str(catalogue.releases_directory(home)),
            mend="restore it from a backup, or refresh for a later day, which goes on from what is served",
        )
    found = found or latest_before(home, as_of)
    if found:
        manifests.verify_files(found.directory, found.manifest, suffix=".parquet")
    return found


def planned(home: Path, as_of: date, loads: Loads) -> Backcast:
    """What the back-cast of a day is made of.

    What was published that day is computed again from its own base. Otherwise the month before goes first, so that one
    month is compared with another, and not with the day before.
    """
    released = catalogue.of_day(home, as_of) if loads == "then" else None
    if released:
        return Backcast(loads, released, _base_of(home, released))
    before = latest_before(home, as_of, loads)
    if before and before.as_of == as_of.replace(day=1) - timedelta(days=1):
        return Backcast(loads, None, before)
    return Backcast(loads, None, catalogue.base_release(home, as_of) or before)


def _base_of(home: Path, released: ReleaseInfo) -> ReleaseInfo | None:
    base_id = released.manifest["base_release_id"]
    if base_id is None:
        return None
    if not catalogue.is_backcast(base_id):
        return catalogue.find(home, base_id)
    found = next((find(home, day) for day in days(home) if day.isoformat() in base_id), None)
    if found is None or found.release_id != base_id:
        raise UserError(
            f"release {released.release_id} continued the back-cast {base_id}, which is no longer there",
            where=str(catalogue.backcasts_directory(home)),
            mend="without it that day cannot be computed again as it was published; use --loads now",
        )
    return found


def write(warehouse: duckdb.DuckDBPyConnection, home: Path, *, manifest: dict) -> ReleaseInfo:
    """Write the candidate in the warehouse as the back-cast of its day; what is served is not touched.

    Parameters
    ----------
    warehouse : duckdb.DuckDBPyConnection
        Outside a transaction. Not changed.
    manifest : dict
        As for `release.publish`, and `backcast`: which loads it is made of.

    Raises
    ------
    UserError
        Another process is writing.
    RuntimeError
        What was written does not read back as it was.
    """
    manifests.require_complete(manifest)
    with home_lock(home, "backfill"):
        release.remove_leftovers(home)
        as_of = manifest["as_of"]
        release_id = f"{catalogue.BACKCAST}{as_of}-{manifest['fingerprint'][:8]}"
        now = datetime.now(UTC).isoformat(timespec="seconds")
        told = manifests.plain(manifest) | {"release_id": release_id, "published_at": now, "replaced": None}
        directory = catalogue.backcasts_directory(home) / as_of.isoformat()
        temporary = directory.with_name(f".tmp-{release_id}")
        temporary.mkdir(parents=True)
        try:
            release.write_set(warehouse, temporary, told)
            release.discard(directory)
            temporary.rename(directory)
            durable.sync(directory.parent)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        return find(home, as_of)
