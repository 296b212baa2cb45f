"""Landing: what a feed's source holds now becomes immutable loads of typed Parquet.

A load is written under a temporary name, made durable and renamed, so it is there whole or not at all. Each file is a
load of its own and is recognised by its content when it comes again; files that a join completes, or of which each
holds all history, are one load together; so is what one pull of a database or an API brings.
"""

import datetime as dt
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from orchestration.config.sources import Feed
from orchestration.durable import sync
from orchestration.errors import UserError
from orchestration.sources.arrival import Arrival
from orchestration.sources.contract import CONTRACTS
from orchestration.sources.files import SourceFile
from orchestration.sources.loads import Load, admitted, in_force, loads_of, next_load_id
from orchestration.sources.locate import WILDCARDS, Original, located
from orchestration.sources.mapping import check_columns, mapped_rows, not_read, unknown_columns
from orchestration.sources.reading import opened
from orchestration.sources.rows import write_rows

if TYPE_CHECKING:
    from orchestration.sources.pulls import Pulled

IN_WORK = ".tmp-"


def land(home: Path, feed_name: str, feed: Feed, limit: float = 1.0) -> list[Load]:
    """Land what the source of a feed holds now; the loads that hold it, new ones and those that held it already.

    Parameters
    ----------
    home : Path
        TOUCHSTONE_HOME; the caller holds its lock.
    limit : float
        Loads with a larger share of quarantined rows do not count: what they brought is pulled again.

    Raises
    ------
    UserError
        A source is missing or cannot be read, a column is missing, or an expression of the mapping does not run. Of
        several files the others have landed.
    """
    with workshop(home, feed_name) as work:
        if feed.path is None:
            return [land_pull(home, feed_name, feed, limit, work)]
        where = f"feeds.{feed_name}"
        originals = located(feed.path, f"{where}.path", home, work)
        joined = {
            alias: located(join.path, f"{where}.join.{alias}.path", home, work) for alias, join in feed.join.items()
        }
        is_one = bool(feed.join) or feed.replaces
        known, loads, problems = loads_of(home, feed_name), [], []
        is_alone = is_one or not WILDCARDS.search(feed.path)
        for group in [originals] if is_one else [[original] for original in in_load_order(originals, known)]:
            try:
                load = land_files(home, feed_name, feed, {"source": group, **joined}, known, is_alone, work)
            except UserError as error:
                problems.append(error)
            else:
                loads.append(load)
                known += [load] if load not in known else []
        if problems:
            first, *others = problems
            told = f"{first.what} (and {len(others)} more of {len(originals)} files cannot be read)"
            raise UserError(told, first.where, first.mend) if others else first
        return loads


def in_load_order(originals: list[Original], known: list[Load]) -> list[Original]:
    """Files that have landed, as they landed; then the others by name, `orders-9` before `orders-10`.

    A changed mapping lands them all again, and which of two is the correction must stay as it was.
    """
    places = {load.source: place for place, load in reversed(list(enumerate(known)))}

    def key(original: Original) -> tuple[int, str]:
        natural = re.sub(r"[0-9]+", lambda number: number[0].zfill(20), original.name)
        return places.get(original.name, len(known)), natural

    return sorted(originals, key=key)


@contextmanager
def workshop(home: Path, feed_name: str) -> Iterator[Path]:
    """A folder for copies and conversions; what a dead run left is removed: the lock says that nobody uses it."""
    parent = home / "landing" / feed_name
    parent.mkdir(parents=True, exist_ok=True)
    for leftover in parent.glob(f"{IN_WORK}*"):
        shutil.rmtree(leftover)
    work = parent / f"{IN_WORK}work"
    work.mkdir()
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def land_files(
    home: Path,
    feed_name: str,
    feed: Feed,
    originals: dict[str, list[Original]],
    earlier: list[Load],
    is_alone: bool,
    work: Path,
) -> Load:
    """One load of these files, unless their content has landed already."""
    stamps = {file["stamp"]: file["sha256"] for load in earlier for file in load.files if "stamp" in file}
    prints = {alias: [original.fingerprint(stamps) for original in group] for alias, group in originals.items()}
    contents = {alias: [file["sha256"] for file in group] for alias, group in prints.items()}
    content, mapping = digest(contents), mapping_of(feed_name, feed)
    own = originals["source"]
    source = own[0].name if len(own) == 1 else f"{len(own)} files, {own[0].name} to {own[-1].name}"
    held = held_already(earlier, source, content, mapping, is_alone)
    if held:
        return held
    files = {
        alias: [file for original in group for file in opened(original, spec, work)]
        for (alias, group), spec in zip(originals.items(), [feed, *feed.join.values()], strict=True)
    }
    return write_load(
        home,
        arrival_of(feed_name, feed, files),
        earlier,
        source=source,
        content=content,
        mapping=mapping,
        files=[file for group in prints.values() for file in group],
        originals=[original for group in originals.values() for original in group],
    )


def held_already(earlier: list[Load], source: str, content: str, mapping: str, is_alone: bool) -> Load | None:
    """The load that holds this content, read as it would be read now, and that nothing from its source has followed.

    A source that goes back to what it held before has changed: what was bad in between must not stay in force. Of
    many files each has its own history; where there is only one, whatever landed last is what it must hold.
    """
    own = [load for load in earlier if load.replay_of is None]
    newest = {load.source: load for load in own}
    last = own[-1:] if is_alone else [newest[source]] if source in newest else list(newest.values())
    return next((load for load in last if (load.content, load.mapping) == (content, mapping)), None)


def land_pull(home: Path, feed_name: str, feed: Feed, limit: float, work: Path) -> Load:
    """One load of what a database or an API holds since the last pull that counts."""
    mapping = mapping_of(feed_name, feed)
    earlier = loads_of(home, feed_name)
    counted = in_force(admitted(earlier, limit), feed)
    # Under another mapping, rows were read otherwise that have not changed since.
    pulls = [load for load in counted if load.replay_of is None][-1:]
    pulls = [load for load in pulls if load.mapping == mapping]
    since = pulls[-1].watermark if pulls else None
    pulled = pull(feed, since, f"feeds.{feed_name}", home, work)
    file = SourceFile(pulled.name, pulled.path, "parquet", pulled.columns)
    fingerprint = Original.at(pulled.path, pulled.name).fingerprint()
    if pulled.rows == 0:
        if pulls:
            return pulls[-1]
        raise UserError(
            f"{pulled.name} holds no row yet",
            where=f"sources.yml, feeds.{feed_name}",
            mend="see that this user may read it, and that the parameters or the query do not leave out everything",
        )
    arrival = arrival_of(feed_name, feed, {"source": [file]})
    if not feed.replaces:
        arrival = replace(arrival, earlier=[load.folder(home) for load in counted])
    return write_load(
        home,
        arrival,
        earlier,
        source=pulled.name,
        # Two pulls of equal rows are not one: the later one holds only what the earlier does not.
        content=digest([fingerprint["sha256"], earlier[-1].load_id if earlier else None]),
        mapping=mapping,
        files=[fingerprint],
        watermark=pulled.watermark,
        last=pulls[-1] if pulls else None,
    )


def pull(feed: Feed, since: str | None, where: str, home: Path, work: Path) -> "Pulled":
    """What the database or the API of a feed holds from a watermark on."""
    from orchestration.sources.apis import pull_api
    from orchestration.sources.databases import pull_database

    if feed.database:
        return pull_database(feed.database, since, f"{where}.database", home, work)
    return pull_api(feed.api, since, f"{where}.api", home, work)


def arrival_of(feed_name: str, feed: Feed, files: dict[str, list[SourceFile]]) -> Arrival:
    """Files with their columns known and checked against the contract."""
    contract = CONTRACTS[feed_name]
    # One spelling a column: files of one feed may write it in capitals here and not there.
    spellings: dict[str, str] = {}
    for name in (name for file in files["source"] for name in file.columns):
        spellings.setdefault(name.lower(), name)
    found = list(spellings.values())
    check_columns(feed_name, feed, contract, found, files["source"])
    return Arrival(feed_name, feed, contract, files, found, unknown_columns(feed, contract, found))


def joined_files(home: Path, feed_name: str, feed: Feed, work: Path) -> dict[str, list[SourceFile]]:
    """The files that complete the rows of a feed, as they are now."""
    return {
        alias: [
            file
            for original in located(join.path, f"feeds.{feed_name}.join.{alias}.path", home, work)
            for file in opened(original, join, work)
        ]
        for alias, join in feed.join.items()
    }


def try_mapping(home: Path, feed_name: str, feed: Feed) -> list[str]:
    """Whether the mapping of a feed makes sense to the engine; no row is mapped. The names of the feed's files.

    Raises
    ------
    UserError
        As `land` would raise it.
    """
    with workshop(home, feed_name) as work:
        if feed.path is None:
            pulled = pull(feed, None, f"feeds.{feed_name}", home, work)
            files = {"source": [SourceFile(pulled.name, pulled.path, "parquet", pulled.columns)]}
        else:
            own = located(feed.path, f"feeds.{feed_name}.path", home, work)
            files = {"source": [file for original in own for file in opened(original, feed, work)]}
            files |= joined_files(home, feed_name, feed, work)
        arrival = arrival_of(feed_name, feed, files)
        with duckdb.connect() as connection:
            try:
                connection.execute(f"describe {mapped_rows(arrival.contract, feed, files, arrival.found, [])}")
            except duckdb.Error as error:
                raise not_read(feed_name, files, error) from None
        return [file.name for file in files["source"]]


def mapping_of(feed_name: str, feed: Feed) -> str:
    """How rows are read: contract and configuration but for where a file lies and how fresh it must be."""
    told = feed.model_dump(
        mode="json", exclude={"path": True, "newest_within_days": True, "join": {"__all__": {"path"}}}
    )
    return digest([repr(CONTRACTS[feed_name]), told])


def digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def write_load(
    home: Path,
    arrival: Arrival,
    earlier: list[Load],
    *,
    source: str,
    content: str,
    mapping: str,
    files: list[dict],
    watermark: str | None = None,
    replay_of: str | None = None,
    originals: Sequence[Original] = (),
    last: Load | None = None,
) -> Load:
    """Write one load beside the others: under a temporary name, durable, renamed.

    A pull that brings nothing but what has landed, and leaves the watermark of the `last` one, is that one.
    """
    now = dt.datetime.now(dt.UTC)
    load_id = next_load_id(earlier, content, now)
    parent = home / "landing" / arrival.feed_name
    work = parent / f"{IN_WORK}{load_id}"
    work.mkdir()
    try:
        with duckdb.connect() as connection:
            connection.execute(f"set memory_limit = '{os.environ.get('TOUCHSTONE_MEMORY', '4GB')}'")
            connection.execute(f"set temp_directory = '{work / 'spill'}'")
            counted = write_rows(connection, home, arrival, work)
        for original in originals:
            original.check_unchanged()
        nothing_new = counted["rows"]["duplicate"] + counted["erased"] == counted["source_rows"]
        if last and nothing_new and last.watermark == watermark:
            shutil.rmtree(work)
            return last
        shutil.rmtree(work / "spill", ignore_errors=True)
        load = Load(
            load_id=load_id,
            feed=arrival.feed_name,
            source=source,
            content=content,
            mapping=mapping,
            landed_at=now.isoformat(timespec="seconds"),
            files=files,
            unknown_columns=arrival.unread,
            watermark=watermark,
            replay_of=replay_of,
            **counted,
        )
        (work / "load.json").write_text(json.dumps(asdict(load), ensure_ascii=False, indent=1), "utf-8")
        for path in [*work.iterdir(), work]:
            sync(path)
        work.rename(load.folder(home))
        sync(parent)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return load
