"""Faults of processes, disks and time: programs that die or meet, files that break, days that are not in turn."""

import datetime as dt
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from planting import DAY, Answer, Fault, Place, Running, faults

KINDS: list[Fault] = []
of_process, of_disk, of_time = (faults(family, KINDS) for family in ("process", "disk", "time"))

# Reads the marts again and again on one connection that is never closed; says when it has begun.
READER = """
import sys, duckdb
reader = duckdb.connect(sys.argv[1], read_only=True)
print("open", flush=True)
sys.stdin.read()
"""


# --- processes ----------------------------------------------------------------------------------------------------


def ended_early(place: Place, reached: Callable[[Running], bool], number: signal.Signals, moment: float) -> Answer:
    """A refresh that gets a signal some moments after it came so far; then one that nobody disturbs."""
    refresh = place.start("refresh")
    if not refresh.wait_until(lambda: reached(refresh)):
        place.damage.append("the refresh ended before it came to where it was to be killed")
        return refresh.ended()
    time.sleep(moment)
    ended = refresh.signalled(number)
    if ended.exit_code == 0:
        place.damage.append("the refresh ended before the signal came")
    place.require_intact("after the signal")
    return place.touchstone("refresh")


def told(words: str) -> Callable[[Running], bool]:
    return lambda refresh: words in refresh.told()


@of_process("recovered")
def killed_in_landing(place: Place, draw: Random) -> Answer:
    """kill -9 while feeds land"""
    return ended_early(place, told("loading the pipeline"), signal.SIGKILL, draw.uniform(4, 10))


@of_process("recovered")
def killed_in_models(place: Place, draw: Random) -> Answer:
    """kill -9 while dbt builds"""
    return ended_early(place, told("raw.loads"), signal.SIGKILL, draw.uniform(0.2, 4))


@of_process("recovered")
def killed_in_scores(place: Place, draw: Random) -> Answer:
    """kill -9 while scores are computed"""
    return ended_early(place, told("scores.clv"), signal.SIGKILL, draw.uniform(0, 1))


@of_process("recovered")
def killed_in_publishing(place: Place, draw: Random) -> Answer:
    """kill -9 while the release is written"""
    releases = place.home / "published" / "releases"
    return ended_early(place, lambda _: any(releases.glob(".tmp-*")), signal.SIGKILL, draw.uniform(0, 0.5))


@of_process("recovered")
def terminated(place: Place, draw: Random) -> Answer:
    """SIGTERM, as at a shutdown, in the middle of a refresh"""
    return ended_early(place, told("raw.loads"), signal.SIGTERM, draw.uniform(0, 8))


@of_process("refused", words=("touchstone refresh", "process", "only one may write at a time"))
def two_refreshes(place: Place, draw: Random) -> Answer:
    """a second refresh while one runs; the first goes on and publishes"""
    first = place.start("refresh")
    first.wait_until(lambda: "loading the pipeline" in first.told())
    second = place.touchstone("refresh")
    place.require_intact("after the second")
    if first.ended().exit_code != 0 or place.served() == place.before:
        place.damage.append("the first refresh did not publish")
    return second


@of_process("refused", words=("touchstone refresh", "process", "only one may write at a time"))
def rollback_during_refresh(place: Place, draw: Random) -> Answer:
    """a rollback while a refresh runs"""
    refresh = place.start("refresh")
    refresh.wait_until(lambda: "loading the pipeline" in refresh.told())
    rollback = place.touchstone("rollback")
    place.require_intact("after the rollback")
    refresh.signalled(signal.SIGKILL)
    return rollback


@of_process("held", words=("Pinned", "touchstone unpin"))
def refresh_after_rollback(place: Place, draw: Random) -> Answer:
    """a refresh after a rollback, before unpin"""
    place.touchstone("rollback")
    place.before = place.served()
    return place.touchstone("refresh")


@of_process("refused", words=("warehouse", "close the program that has it open"))
def reader_of_the_warehouse(place: Place, draw: Random) -> Answer:
    """a BI tool that has warehouse.duckdb open"""
    with reader(place.home / "warehouse.duckdb"):
        return place.touchstone("refresh")


@of_process("recovered")
def reader_that_never_closes(place: Place, draw: Random) -> Answer:
    """a BI tool that has current/marts.duckdb open through the whole refresh"""
    with reader(place.current / "marts.duckdb"):
        return place.touchstone("refresh")


class reader:
    """A program that has a database open."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self) -> None:
        command = [sys.executable, "-c", READER, str(self.path)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def __exit__(self, *error) -> None:
        self.process.communicate()


# --- disks --------------------------------------------------------------------------------------------------------


@of_disk("refused", words=("Read-only file system", "nothing is lost"))
def read_only_home(place: Place, draw: Random) -> Answer:
    """a home on a disk that has become read-only"""
    subprocess.run(["mount", "--bind", str(place.home), str(place.home)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(place.home)], check=True)
        return place.touchstone("refresh")
    finally:
        subprocess.run(["umount", "-l", str(place.home)], check=True)


def on_a_small_disk(place: Place, free: int) -> Answer:
    """A refresh on a disk with so much left, then one with room; as root, which may mount."""
    room = sum(path.stat().st_blocks * 512 for path in place.folder.rglob("*") if path.is_file()) + free
    disk = Path(tempfile.mkdtemp())
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(disk)], check=True)
    try:
        for folder in (place.home, place.config):
            shutil.copytree(folder, disk / folder.name, symlinks=True)
        small = Place(disk, before=place.before)
        full = small.touchstone("refresh")
        if full.exit_code != 1:
            place.damage.append(f"the refresh on the full disk ended with {full.exit_code}")
        if "No space left" not in full.told and "disk" not in full.told.lower():
            place.damage.append("it is not told that the disk is full")
        small.require_intact("on the full disk")
        place.damage += small.damage
        subprocess.run(["mount", "-o", "remount,size=1g", str(disk)], check=True)
        again = small.touchstone("refresh")
        if again.exit_code == 0 and not small.is_complete():
            place.damage.append("what was published afterwards is not complete")
        shutil.rmtree(place.home)
        shutil.copytree(small.home, place.home, symlinks=True)
        return again
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
        disk.rmdir()


@of_disk("recovered")
def disk_full_at_once(place: Place, draw: Random) -> Answer:
    """a disk with 64 kB left"""
    return on_a_small_disk(place, 65_536)


@of_disk("recovered")
def disk_full_later(place: Place, draw: Random) -> Answer:
    """a disk that is full somewhere between landing and publishing"""
    return on_a_small_disk(place, draw.randrange(1_000_000, 8_000_000))


@of_disk("recovered")
def mart_damaged(place: Place, draw: Random) -> Answer:
    """a byte of the served marts.duckdb is another; the doctor finds it, the next refresh publishes over it"""
    path = place.current.resolve() / "marts.duckdb"
    content = bytearray(path.read_bytes())
    content[draw.randrange(20_000, len(content))] ^= 255
    path.write_bytes(content)
    if "WRONG served release" not in (doctor := place.touchstone("doctor")).told or doctor.exit_code != 1:
        place.damage.append("the doctor does not find it")
    return place.touchstone("refresh")


@of_disk("refused", words=("The manifest of release", "cannot be read", "Roll back"))
def manifest_damaged(place: Place, draw: Random) -> Answer:
    """the manifest of the served release, which history goes on from, is half there; the doctor finds it"""
    path = place.current.resolve() / "manifest.json"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    place.before = place.served()
    if "WRONG served release" not in (doctor := place.touchstone("doctor")).told or doctor.exit_code != 1:
        place.damage.append("the doctor does not find it")
    return place.touchstone("refresh")


@of_disk("recovered")
def current_gone(place: Place, draw: Random) -> Answer:
    """the link published/current is deleted"""
    place.current.unlink()
    return place.touchstone("refresh")


@of_disk("recovered")
def status_damaged(place: Place, draw: Random) -> Answer:
    """status.json is half there"""
    path = place.home / "published" / "status.json"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return place.touchstone("refresh")


def newest_load(place: Place, feed: str) -> Path:
    """The folder of the newest load that the served release was made from."""
    newest = max(load["load_id"] for load in place.manifest()["loads"] if load["feed"] == feed)
    return place.home / "landing" / feed / f"load={newest}"


@of_disk("held", "raw.loads:rows_are_conserved", ("orders", "it is gone"))
def load_deleted(place: Place, draw: Random) -> None:
    """a landed load of orders is deleted"""
    shutil.rmtree(newest_load(place, "orders"))


@of_disk("refused", words=("landing", "orders"))
def load_damaged(place: Place, draw: Random) -> None:
    """a landed Parquet file is cut off"""
    path = newest_load(place, "orders") / "accepted.parquet"
    path.write_bytes(path.read_bytes()[:-100])


@of_disk("refused", words=("landing", "orders"))
def load_manifest_damaged(place: Place, draw: Random) -> None:
    """load.json of a landed load is half there"""
    path = newest_load(place, "orders") / "load.json"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@of_disk("recovered")
def warehouse_deleted(place: Place, draw: Random) -> None:
    """warehouse.duckdb is deleted"""
    (place.home / "warehouse.duckdb").unlink()


@of_disk("refused", words=("warehouse.duckdb", "remove it"))
def warehouse_damaged(place: Place, draw: Random) -> None:
    """warehouse.duckdb is cut off"""
    path = place.home / "warehouse.duckdb"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])


@of_disk("recovered")
def dagster_storage_deleted(place: Place, draw: Random) -> None:
    """Dagster's run storage is deleted"""
    shutil.rmtree(place.home / "dagster")


# --- time ---------------------------------------------------------------------------------------------------------


@of_time("held", "raw.orders:fresh", ("newest ordered_at", "promise: 3"))
def day_in_the_future(place: Place, draw: Random) -> Answer:
    """as_of a year ahead"""
    return place.touchstone("refresh", "--as-of", "2027-06-30")


@of_time("held", words="no event is dated up to 2001-01-01")
def day_before_history(place: Place, draw: Random) -> Answer:
    """as_of before the first order"""
    return place.touchstone("refresh", "--as-of", "2001-01-01")


@of_time("held", "release.current:not_back_in_time", ("which is served", "touchstone rollback"))
def day_before_the_served(place: Place, draw: Random) -> Answer:
    """as_of before the served one, as after a clock that was set back"""
    served = dt.date.fromisoformat(place.manifest()["as_of"])
    return place.touchstone("refresh", "--as-of", str(served - dt.timedelta(days=1)))


@of_time("refused", words=("2027-02-29", "YYYY-MM-DD"))
def day_that_is_none(place: Place, draw: Random) -> Answer:
    """as_of 29 February 2027"""
    return place.touchstone("refresh", "--as-of", "2027-02-29")


@of_time("read aright")
def same_day_twice(place: Place, draw: Random) -> Answer:
    """the same day twice: the same numbers"""
    if (first := place.touchstone("refresh")).exit_code:
        return first
    return place.touchstone("refresh")


@of_time("recovered")
def leap_day(place: Place, draw: Random) -> Answer:
    """a company whose last day is 29 February 2028, from its first refresh on"""
    shutil.rmtree(place.home)
    place.home.mkdir()
    place.touchstone(
        "sample", "--out", str(place.home / "sample"), "--customers", "300", "--orders", "3000", "--end", "2028-02-29"
    )
    return place.touchstone("refresh", "--as-of", "2028-02-29")


OVERRIDE = """overrides:
  - check: raw.orders:contract
    reason: the till of Hangzhou was down
    who: li.na
    until: {until}
"""


def with_override(place: Place, draw: Random, until: str) -> None:
    place.change("orders", 0.02, draw, lambda row: {"ordered_at": "2026-02-30 10:00:00"})
    place.write_config("overrides.yml", OVERRIDE.format(until=until))


@of_time("held", "raw.orders:contract", ("li.na until", "which is over"))
def expired_override(place: Place, draw: Random) -> None:
    """2 % of the orders broken, and an override that expired yesterday"""
    with_override(place, draw, time.strftime("%Y-%m-%d", time.localtime(time.time() - 86_400)))


@of_time("warned", words=("raw.orders:contract", "li.na"))
def override_in_force(place: Place, draw: Random) -> None:
    """2 % of the orders broken, and an override until tomorrow"""
    with_override(place, draw, time.strftime("%Y-%m-%d", time.localtime(time.time() + 86_400)))


@of_time("recovered")
def nothing_wrong(place: Place, draw: Random) -> Answer:
    """the next day's clean exports: published, as it must be"""
    return place.touchstone("refresh", "--as-of", DAY)
