"""Which releases there are, which one is served, and which one came before which.

Reads only. `published/current` is the truth about what is served; each manifest about what it followed.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from orchestration import durable
from orchestration.errors import UserError
from orchestration.publishing import manifest

_MOMENT = "%Y%m%dT%H%M%SZ"

# What the id of a back-cast begins with; a release of the first day may name one as its base.
BACKCAST = "backcast-"


@dataclass(frozen=True)
class ReleaseInfo:
    """A release that is complete on disk.

    Attributes
    ----------
    release_id : str
        Moment of publishing in UTC, and the candidate's fingerprint cut to 8 digits; sorts by time.
    directory : Path
        Where its files are, with symbolic links resolved.
    as_of : date
        The day it was computed for.
    published_at : datetime
        In UTC.
    manifest : dict
    """

    release_id: str
    directory: Path
    as_of: date
    published_at: datetime
    manifest: dict


@dataclass(frozen=True)
class Removed:
    """What stays known of a release that is no longer kept: its day, what it went on from, and when it was removed."""

    as_of: str
    base_release_id: str | None
    removed_at: str


def published(home: Path) -> Path:
    """The directory that readers are given."""
    return Path(home).resolve() / "published"


def releases_directory(home: Path) -> Path:
    """Where each release has its directory."""
    return published(home) / "releases"


def backcasts_directory(home: Path) -> Path:
    """Where each back-cast has its directory, named by its day; there may be none."""
    return published(home) / "backcasts"


def current_link(home: Path) -> Path:
    """The symbolic link to the release that is served."""
    return published(home) / "current"


def removed_file(home: Path) -> Path:
    """Where releases are written down that are no longer kept."""
    return published(home) / "removed.json"


def removed(home: Path) -> dict[str, Removed]:
    """The releases that are no longer kept, by id. One that was written down and never removed is still there.

    Raises
    ------
    UserError
        The file is damaged.
    """
    path = removed_file(home)
    if not path.exists():
        return {}
    try:
        gone = {name: Removed(**told) for name, told in json.loads(path.read_text(encoding="utf-8")).items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise UserError(
            f"The list of removed releases cannot be read: {type(error).__name__}.",
            where=str(path),
            mend="Restore it from a backup, or remove it: what is there is then followed without it.",
        ) from None
    return {name: told for name, told in gone.items() if not (releases_directory(home) / name).is_dir()}


def release_ids(home: Path) -> list[str]:
    """Ids of the releases on disk, oldest first, without opening them."""
    return sorted(name for name in _entries(home) if moment_of(name))


def strangers(home: Path) -> list[str]:
    """What else lies among the releases: nothing looks into it, and nothing removes it."""
    return sorted(name for name in _entries(home) if not moment_of(name))


def _entries(home: Path) -> Iterator[str]:
    directory = releases_directory(home)
    if directory.is_dir():
        yield from (path.name for path in directory.iterdir() if path.is_dir() and not durable.is_leftover(path))


def moment_of(release_id: str) -> datetime | None:
    """The moment in the id of a release; None for what is no such id."""
    moment, _, fingerprint = release_id.partition("-")
    try:
        return datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC) if fingerprint.isalnum() else None
    except ValueError:
        return None


def find(home: Path, release_id: str) -> ReleaseInfo:
    """Open one release.

    Raises
    ------
    UserError
        It is not there, or its manifest is missing or damaged.
    """
    directory = releases_directory(home) / release_id
    if release_id not in release_ids(home):
        there = ", ".join(release_ids(home)[-5:]) or "none"
        gone = _still_known(home).get(release_id)
        told = f" It was removed at {gone.removed_at}, as `keep` in publishing.yml says." if gone else ""
        raise UserError(
            f"There is no release {release_id!r}; the latest are: {there}.{told}",
            where=str(directory.parent),
            mend="Choose one that `touchstone releases` lists.",
        )
    found = manifest.read(directory)
    try:
        as_of = date.fromisoformat(found["as_of"])
        published_at = datetime.fromisoformat(found["published_at"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"The manifest of release {release_id} is damaged: {error!r}.",
            where=str(directory / manifest.NAME),
            mend="Roll back to another release, or restore this directory from a backup.",
        ) from None
    return ReleaseInfo(release_id, directory, as_of, published_at, found)


def releases(home: Path) -> list[ReleaseInfo]:
    """All releases on disk, oldest first."""
    return [find(home, release_id) for release_id in release_ids(home)]


def served_id(home: Path) -> str | None:
    """Id of the release that `current` points to; None before the first release.

    Raises
    ------
    UserError
        `current` is not a symbolic link.
    """
    link = current_link(home)
    if link.is_symlink():
        return Path(os.readlink(link)).name
    if link.exists():
        raise UserError(
            "`current` is not a symbolic link; a copy that followed links may have replaced it.",
            where=str(link),
            mend="Remove it, then run `touchstone rollback RELEASE` with the release that is to be served.",
        )
    return None


def served(home: Path) -> ReleaseInfo | None:
    """The release that readers get now; None before the first."""
    release_id = served_id(home)
    return None if release_id is None else find(home, release_id)


def base_release(home: Path, as_of: date) -> ReleaseInfo | None:
    """The latest release of an earlier day that is kept: what "previous" means to a refresh for `as_of`.

    Walks from the served release back along the bases, so that a rollback takes history back with it, and a
    day that is refreshed again does not count itself as its past. What a refresh needs is always kept.

    Raises
    ------
    UserError
        A release of the chain is damaged.
    """
    return next((release for release in line(home) if release.as_of < as_of), None)


def of_day(home: Path, as_of: date) -> ReleaseInfo | None:
    """The release of a day in the line of what is served, which the days after it went on from; if it is kept."""
    return next((release for release in line(home) if release.as_of == as_of), None)


def is_backcast(release_id: str) -> bool:
    """Whether an id is that of a back-cast, which is no release and may be replaced."""
    return release_id.startswith(BACKCAST)


def line(home: Path) -> Iterator[ReleaseInfo]:
    """The line of what is served: that release, what it went on from, and so on; those that are not kept left out.

    Where a base is neither there nor known as removed, somebody removed it: the line goes on with the latest release
    of an earlier day that had been published before it.

    Raises
    ------
    UserError
        A release of the line is damaged.
    """
    release, gone = served(home), _still_known(home)
    while release is not None:
        yield release
        base_id = _base_id(release, gone)
        if base_id is None or base_id in release_ids(home):
            base = base_id and find(home, base_id)
        else:
            before = (find(home, earlier) for earlier in reversed(release_ids(home)) if earlier < base_id)
            base = next((info for info in before if info.as_of < release.as_of), None)
        if base is not None and base.as_of >= release.as_of:
            raise UserError(
                f"Release {release.release_id} (as of {release.as_of}) names as its base {base_id} "
                f"(as of {base.as_of}), which is not earlier.",
                where=str(release.directory / manifest.NAME),
                mend="Restore the manifests from a backup, or roll back to a release before these.",
            )
        release = base


def _base_id(release: ReleaseInfo, gone: dict[str, Removed]) -> str | None:
    """The release that another went on from, or where that is removed, the next one behind it."""
    base_id = release.manifest.get("base_release_id")
    while base_id in gone:
        base_id = gone[base_id].base_release_id
    return None if base_id is None or is_backcast(base_id) else base_id


def _still_known(home: Path) -> dict[str, Removed]:
    """What is known of removed releases; nothing where the list is damaged, which `touchstone doctor` tells."""
    try:
        return removed(home)
    except UserError:
        return {}


def lost_bases(home: Path) -> list[str]:
    """Bases of the served line that are neither there nor known as removed."""
    gone, there = _still_known(home), release_ids(home)
    bases = (_base_id(release, gone) for release in line(home))
    return [base_id for base_id in bases if base_id is not None and base_id not in there]


def next_release_id(home: Path, fingerprint: str, now: datetime) -> str:
    """An id that sorts after every release on disk, also when the clock was set back."""
    moment = now.astimezone(UTC).replace(microsecond=0)
    existing = release_ids(home)
    if existing:
        moment = max(moment, moment_of(existing[-1]) + timedelta(seconds=1))
    return f"{moment:{_MOMENT}}-{fingerprint[:8]}"
