"""Publishing, going back, unpinning and telling a hold on a disk that is full at each step.

    sudo python benchmarks/faults/full_disk.py

A small tmpfs is filled until so many pages are free, or so many files can still be made: from none to as many as the
work needs, in steps of 16 pages, and page by page in the first and the last of these steps. Where the work fails, its
error must be one that the command line tells in words; what is served must be whole and the status true while the disk
is full; and once there is room, the next publishing must succeed, in the same process and without help, and leave
nothing behind. Mounting asks for root. The tests do a short one with a limit on the size of files instead.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from children import ended
from children import started as child_of
from homes import HELD_NOW, assert_goes_on, assert_told, assert_whole, hold, make_pinned, make_served, publish

from orchestration.cli import OUTSIDE
from orchestration.errors import UserError
from orchestration.publishing import catalogue, release

PAGE = 4096
COARSE = 16
SIZE, FILES = 16 << 20, 200

WORKS = {
    "publish": (make_served, lambda home: publish(home, 35)),
    "rollback": (make_served, lambda home: release.rollback(home)),
    "unpin": (make_pinned, lambda home: release.unpin(home)),
    "hold": (make_served, lambda home: hold(home, HELD_NOW)),
}


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    """A small tmpfs."""
    folder.mkdir()
    options = f"size={SIZE},nr_inodes={FILES}"
    found = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True
    )
    if found.returncode:
        raise SystemExit(f"a tmpfs could not be mounted, which asks for root: {found.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill_pages(disk: Path, left: int) -> None:
    """Leave so many pages free."""
    room = os.statvfs(disk)
    ballast = os.open(disk / "ballast" / "pages", os.O_CREAT | os.O_WRONLY)
    os.posix_fallocate(ballast, 0, (room.f_bavail - left) * PAGE)
    os.close(ballast)


def fill_files(disk: Path, left: int) -> None:
    """Let so many files still be made."""
    for number in range(os.statvfs(disk).f_ffree - left):
        (disk / "ballast" / str(number)).touch()


FILLS = {"pages": fill_pages, "files": fill_files}


def failed_at(error: BaseException) -> str:
    """The function of ours in which it failed, innermost."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/orchestration/" in frame.filename]
    return f"{Path(ours[-1].filename).stem}.{ours[-1].name}"


def is_told(error: BaseException) -> bool:
    """Whether the command line tells it in words."""
    return isinstance(error, UserError) or (isinstance(error, OSError) and error.errno in OUTSIDE)


def tried(disk: Path, name: str, fill: Callable[[Path, int], None], left: int, told: Path) -> None:
    """Do a work on a full disk and write down how it ended; then go on with room. Fails where a claim does not hold."""
    home = disk / "home"
    before = catalogue.release_ids(home)
    fill(disk, left)
    try:
        WORKS[name][1](home)
        failure = None
    except Exception as error:
        failure = error
    told.write_text(json.dumps(failure and failed_at(failure)))
    if failure:
        assert is_told(failure), repr(failure)
        assert not list(catalogue.releases_directory(home).glob(".tmp-*")), "half a release is left"
    assert_whole(home)
    assert_told(home, before)
    shutil.rmtree(disk / "ballast")
    assert_goes_on(home, before)


class Ladder:
    """A disk, homes to begin with, and what came of filling it."""

    def __init__(self, disk: Path, folder: Path):
        self.disk, self.folder = disk, folder
        self.steps, self.wrong = Counter(), 0
        for make in (make_served, make_pinned):
            if ended(child_of(lambda make=make: make(folder / make.__name__))):
                raise SystemExit("the home could not be made")

    def succeeds(self, name: str, kind: str, left: int) -> bool:
        """Whether a work ends well with so much left."""
        for path in self.disk.iterdir():
            shutil.rmtree(path)
        shutil.copytree(self.folder / WORKS[name][0].__name__, self.disk / "home", symlinks=True)
        (self.disk / "ballast").mkdir()
        told = self.folder / "told.json"
        told.unlink(missing_ok=True)
        failed = ended(child_of(lambda: tried(self.disk, name, FILLS[kind], left, told)))
        step = json.loads(told.read_text())
        self.steps[name, kind, step or "done"] += 1
        if failed:
            self.wrong += 1
            print(f"wrong: {name} with {left} {kind} left", flush=True)
        return step is None

    def climb(self, name: str, kind: str) -> None:
        """From nothing left to enough."""
        coarse = COARSE if kind == "pages" else 1
        left = 0
        while not self.succeeds(name, kind, left):
            left += coarse
        if coarse > 1:
            for fine in sorted({*range(1, coarse), *range(max(left - coarse, 0) + 1, left)}):
                self.succeeds(name, kind, fine)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, mounted(Path(folder) / "disk") as disk:
        ladder = Ladder(disk, Path(folder))
        for name in WORKS:
            for kind in FILLS:
                ladder.climb(name, kind)
    print(f"{ladder.steps.total()} times on a full disk")
    for (name, kind, step), times in ladder.steps.items():
        print(f"{name:10} no {kind:6} {step:32} {times:5}")
    print(f"wrong: {ladder.wrong}")
    sys.exit(ladder.wrong > 0)


if __name__ == "__main__":
    main()
