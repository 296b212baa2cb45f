"""Which releases are kept, and removing the others: after a release was published, with the lock held.

`current`, the pin and the line of what is served decide, then the counts of publishing.yml. A reader that has a file
of a removed release open reads it to its end.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from orchestration import durable
from orchestration.config.publishing import KeepConfig
from orchestration.publishing import catalogue, pins, release
from orchestration.publishing.catalogue import ReleaseInfo, Removed
from orchestration.publishing.lock import home_lock


def remove_old(home: Path, keep: KeepConfig) -> list[str]:
    """Remove the releases that are no longer kept; their ids, oldest first.

    What each went on from is written down before anything is removed, so that the line of what is served can be
    followed past them. A process that dies in between leaves whole releases, or a `.tmp-` that the next run clears.

    Raises
    ------
    UserError
        A release or removed.json is damaged, so that what depends on it is not known: nothing is removed. Or another
        process is writing.
    OSError
        A file cannot be removed.
    """
    with home_lock(home, "removing old releases"):
        old, gone = not_kept(home, keep), catalogue.removed(home)
        if old:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            gone |= {info.release_id: _told(info, now) for info in old}
            text = json.dumps({name: asdict(told) for name, told in sorted(gone.items())}, indent=1)
            durable.replace_file(catalogue.removed_file(home), text.encode())
        for info in old:
            release.discard(info.directory)
        return [info.release_id for info in old]


def _told(info: ReleaseInfo, now: str) -> Removed:
    return Removed(info.as_of.isoformat(), info.manifest.get("base_release_id"), now)


def not_kept(home: Path, keep: KeepConfig) -> list[ReleaseInfo]:
    """What a new release would make go, oldest first.

    Raises
    ------
    UserError
        A release is damaged.
    """
    there, pin = catalogue.releases(home), pins.pin(home)
    line = list(catalogue.line(home))
    if not line:
        return []
    fixed = {line[0].release_id, line[0].manifest.get("replaced"), pin.release_id if pin else None}
    kept = fixed | counted([info.release_id for info in there], keep.releases)
    kept |= counted(last_of_each(line, lambda info: info.as_of), keep.days)
    kept |= counted(last_of_each(line, lambda info: (info.as_of.year, info.as_of.month)), keep.months)
    kept |= {info.manifest.get("base_release_id") for info in there if info.release_id in kept}
    return [info for info in there if info.release_id not in kept]


def counted(ids: Iterable[str], newest: int) -> set[str]:
    """The newest of these: an id sorts by the moment of publishing."""
    return set(sorted(ids, reverse=True)[:newest])


def last_of_each(line: list[ReleaseInfo], period: Callable[[ReleaseInfo], object]) -> list[str]:
    """The last release of each period in the line, which is ordered from the served one back.

    Releases beside the line, which were rolled back or computed again, are no day's last word.
    """
    last: dict[object, str] = {}
    for info in line:
        last.setdefault(period(info), info.release_id)
    return list(last.values())
