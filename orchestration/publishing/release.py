"""Publishing and taking back: from a candidate in the warehouse to what readers get, in one switch.

Everything is written and verified under a temporary name; readers see nothing of it until `current` points to
it. Whether a candidate may be published is the gate's business.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration import durable
from orchestration.errors import UserError
from orchestration.publishing import catalogue, marts, pins, report, status
from orchestration.publishing import manifest as manifests
from orchestration.publishing.catalogue import ReleaseInfo
from orchestration.publishing.lock import home_lock


def publish(warehouse: duckdb.DuckDBPyConnection, home: Path, *, manifest: dict, message: str = "") -> ReleaseInfo:
    """Publish the candidate: the marts in schema `marts` of the warehouse, as one set or not at all.

    Parameters
    ----------
    warehouse : duckdb.DuckDBPyConnection
        Outside a transaction. Not changed.
    home : Path
        TOUCHSTONE_HOME. Its lock is taken, unless this process holds it.
    manifest : dict
        What is known of the candidate: the names in `orchestration.publishing.manifest.REQUIRED`; more may be
        given, such as `keys`, the key columns by mart. Ids, files and contents are added here.
    message : str
        What the status says about the run.

    Raises
    ------
    UserError
        What is served is pinned, another process is writing, or the engine cannot write, as on a full disk. Where
        only the status could not be written, the message says that the release is served.
    OSError
        Python cannot write.
    RuntimeError
        What was written does not read back as it was.

    On any exception before the switch nothing is left behind, and `current` is as it was.
    """
    manifests.require_complete(manifest)
    with home_lock(home, "publish"):
        _refuse_if_pinned(home)
        remove_leftovers(home)
        now = datetime.now(UTC)
        release_id = catalogue.next_release_id(home, manifest["fingerprint"], now)
        manifest = manifests.plain(manifest) | {
            "release_id": release_id,
            "published_at": now.isoformat(timespec="seconds"),
            "replaced": catalogue.served_id(home),
        }
        directory = catalogue.releases_directory(home) / release_id
        work = directory.with_name(f".tmp-{release_id}")
        temporary = work / "release"
        try:
            temporary.mkdir(parents=True)
            write_set(warehouse, temporary, manifest)
            # `work` stays until the switch: should the process die before it, the next one takes the release away.
            temporary.rename(directory)
            durable.sync(directory.parent)
            switch(home, release_id)
        except BaseException:
            if catalogue.served_id(home) != release_id:
                discard(directory)
            discard(work)
            raise
        work.rmdir()
        with _served_all_the_same(home, release_id, "mend it; the next refresh writes the status"):
            status.record_published(home, message)
        return catalogue.find(home, release_id)


def switch(home: Path, release_id: str) -> None:
    """Point `current` to a release, in one step that readers cannot see the inside of."""
    durable.replace_link(catalogue.current_link(home), f"releases/{release_id}")


def rollback(home: Path, release_id: str | None = None, *, who: str = "rollback") -> ReleaseInfo:
    """Serve an earlier release again, and pin it.

    Parameters
    ----------
    release_id : str, optional
        By default the one that the served release replaced. A later one may be given too.
    who : str
        What asked for it; written to the pin.

    Raises
    ------
    UserError
        There is nothing to go back to, or the release is damaged; `current` is then as it was. Or only the status
        could not be written: the message says that the release is served.
    """
    with home_lock(home, who):
        remove_leftovers(home)
        target = catalogue.find(home, release_id or _replaced_by_served(home))
        verify(target)
        # Pinned first: should the process die in between, the next refresh refuses instead of switching.
        with pins.pinned(home, target.release_id, who):
            switch(home, target.release_id)
        again = f"mend it, then run `touchstone rollback {target.release_id}` once more"
        with _served_all_the_same(home, target.release_id, again):
            status.record_switch(home)
        return target


def unpin(home: Path) -> None:
    """Let the next refresh switch again."""
    with home_lock(home, "unpin"):
        pins.remove_pin(home)
        status.record_switch(home)


def verify(release: ReleaseInfo) -> None:
    """See that a release is what was published.

    Raises
    ------
    UserError
        A file is missing or changed, or `marts.duckdb` does not open as this release.
    """
    manifests.verify_files(release.directory, release.manifest)
    path = release.directory / marts.DATABASE
    try:
        with duckdb.connect(path, read_only=True) as connection:
            found = connection.execute("select release_id from marts.release").fetchall()
    except duckdb.Error as error:
        found = error
    if found != [(release.release_id,)]:
        raise UserError(
            f"Release {release.release_id} does not open as itself: {found}.",
            where=str(path),
            mend="Choose another release, or restore this directory from a backup.",
        )


def remove_leftovers(home: Path) -> None:
    """Remove what dead processes left half-written, and a release that one of them had not switched to yet.

    The caller holds the lock, so nothing of it is in use.
    """
    releases = catalogue.releases_directory(home)
    releases.mkdir(parents=True, exist_ok=True)
    for work in filter(durable.is_leftover, releases.iterdir()):
        release_id = work.name.removeprefix(".tmp-")
        if release_id in catalogue.release_ids(home) and release_id != catalogue.served_id(home):
            discard(releases / release_id)
    places = (catalogue.published(home), catalogue.releases_directory(home), catalogue.backcasts_directory(home))
    for directory in filter(Path.is_dir, places):
        for path in filter(durable.is_leftover, directory.iterdir()):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def write_set(warehouse: duckdb.DuckDBPyConnection, directory: Path, manifest: dict) -> None:
    """Fill a directory with a whole release, verified and on the disk.

    Raises
    ------
    UserError
        The engine cannot write there, as on a full disk.
    """
    expected = marts.contents(warehouse)
    if not expected:
        raise ValueError("there is nothing to publish: the warehouse has no table in schema marts")
    keys = manifest.pop("keys", {})
    manifest["marts"] = {name: {**asdict(content), "key": keys.get(name, [])} for name, content in expected.items()}
    try:
        marts.write(warehouse, directory, manifest)
        marts.verify(warehouse, directory, expected)
    except (duckdb.IOException, duckdb.TransactionException) as error:  # the second where a commit cannot be written
        raise UserError(
            f"The release could not be written: {error}",
            where=str(directory.parent),
            mend="mend it, as by making room on the disk, and refresh again; what is served is as it was",
        ) from error
    with duckdb.connect(directory / marts.DATABASE, read_only=True) as connection:
        page = report.render(connection, manifest)
    (directory / "report.html").write_text(page, encoding="utf-8")
    manifests.write(directory, manifest)
    durable.sync_directory(directory)


def discard(directory: Path) -> None:
    """Remove a directory, renamed first: half a release must never bear a release's name."""
    if directory.exists():
        doomed = directory.with_name(f".tmp-discarded-{secrets.token_hex(4)}")
        directory.rename(doomed)
        shutil.rmtree(doomed)


@contextmanager
def _served_all_the_same(home: Path, release_id: str, mend: str) -> Iterator[None]:
    """Say of a status that cannot be written that the switch has happened: it is the moment of publishing."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"Release {release_id} is served, but the status could not be written: {error.strerror or error}.",
            where=str(catalogue.published(home) / "status.json"),
            mend=mend,
        ) from error


def _refuse_if_pinned(home: Path) -> None:
    pin = pins.pin(home)
    if pin is not None:
        raise UserError(
            f"Release {pin.release_id} is pinned since {pin.since} ({pin.who}): nothing else is published.",
            where=str(catalogue.published(home) / "pinned.json"),
            mend="Run `touchstone unpin` when refreshes may switch again.",
        )


def _replaced_by_served(home: Path) -> str:
    release = catalogue.served(home)
    replaced = release.manifest.get("replaced") if release else None
    if replaced is None:
        raise UserError(
            "There is nothing to go back to: " + ("the first release is served." if release else "nothing is served."),
            where=str(catalogue.published(home)),
            mend="`touchstone releases` lists what there is.",
        )
    there = [release_id for release_id in catalogue.release_ids(home) if release_id != release.release_id]
    if replaced not in there:
        raise UserError(
            f"What {release.release_id} replaced, {replaced}, is no longer kept.",
            where=str(catalogue.releases_directory(home)),
            mend=f"Name another: `touchstone rollback {there[-1]}`, say; there are {', '.join(there)}."
            if there
            else "There is no other release: the next refresh brings one, after `touchstone unpin`.",
        )
    return replaced
