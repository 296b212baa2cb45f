"""Homes with small releases, for scripts that break publishing: what is there before, and what must hold afterwards.

The candidate is that of the tests, without drawings. Whoever imports this never opens the engine, whose threads would
not survive a fork: each piece of work, and each comparison, is a child.
"""

import sys
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path

import duckdb

from orchestration.publishing import catalogue, marts, pins, release, report, status
from orchestration.publishing.hashing import content_of

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "publishing"))
from candidate import fill, manifest_of

DAY = date(2026, 6, 30)
HELD_BEFORE, HELD_NOW = "held before", "held now"
WHEN_TIDY = {"current", "releases", "status.json", "status.parquet"}

report.render = lambda connection, manifest: manifest["release_id"]
for library in ("numpy", "pandas", "pyarrow.parquet"):
    import_module(library)  # before the fork: each child would spend a second on them


def publish(home: Path, customers: int, ready: Callable[[], None] = lambda: None) -> None:
    """Publish a candidate of so many customers; `ready` is called when it is there and publishing begins."""
    with duckdb.connect() as warehouse:
        fill(warehouse, customers=customers, small=True)
        ready()
        release.publish(warehouse, home, manifest=manifest_of(DAY))


def hold(home: Path, message: str) -> None:
    """Say that a candidate was refused."""
    status.record_held(home, DAY, [{"check": "volume_is_usual", "message": message}])


def make_served(home: Path) -> None:
    """Two releases, of which the second is served, and a candidate that was refused after them."""
    publish(home, 20)
    publish(home, 30)
    hold(home, HELD_BEFORE)


def make_pinned(home: Path) -> None:
    """The same, after a rollback to the first."""
    make_served(home)
    release.rollback(home)


def assert_whole(home: Path) -> None:
    """What is served opens and is what its manifest says, in both formats; the status tells of it, in both forms."""
    info = catalogue.served(home)
    release.verify(info)
    with duckdb.connect(info.directory / marts.DATABASE, read_only=True) as reader:
        for name, said in info.manifest["marts"].items():
            for relation in (f"marts.{name}", f"read_parquet('{info.directory}/{name}.parquet')"):
                found = content_of(reader, relation)
                assert (found.rows, found.content_hash) == (said["rows"], said["content_hash"]), relation
        published = catalogue.published(home)
        for form in (f"read_json('{published}/status.json')", f"read_parquet('{published}/status.parquet')"):
            assert reader.execute(f"select count(release_id) from {form}").fetchall() == [(1,)], form
    known, pin = status.read(home), pins.pin(home)
    assert known.release_id == info.release_id
    assert known.path == f"releases/{info.release_id}"
    assert known.pinned_release_id == (pin and pin.release_id)


def assert_told(home: Path, before: list[str]) -> None:
    """A release that came after the hold ended it; otherwise it goes on, with the old reasons or the new ones."""
    known = status.read(home)
    if known.release_id in before:
        assert known.held
        assert known.reasons[0]["message"] in (HELD_BEFORE, HELD_NOW)
    else:
        assert (known.held, known.reasons, known.last_outcome) == (False, [], "published"), known


def assert_goes_on(home: Path, before: list[str]) -> None:
    """What lies there is whole and told truly; the next publishing needs no help, and nothing half-done is left."""
    assert_whole(home)
    assert_told(home, before)
    served = catalogue.served_id(home)
    if pins.pin(home):
        release.unpin(home)
    publish(home, 40)
    assert_whole(home)
    there = catalogue.release_ids(home)
    assert there == [*before, *({served} - set(before)), catalogue.served_id(home)], there
    left = {path.name for path in catalogue.published(home).iterdir()} - WHEN_TIDY
    left |= {path.name for path in catalogue.releases_directory(home).iterdir()} - set(there)
    assert not left, f"left behind: {left}"
    assert status.read(home).last_outcome == "published"
