"""Replacing files of a folder together: after a crash at any point it is either not begun, or can be finished."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration import durable

WORK = ".tmp-erasing"
READY = ".erasing"


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give a folder to write to; at the end of the block its files take the place of those of the same name.

    What counts is one rename, of the folder: before it nothing has happened, after it `finish` does the rest.
    """
    finish(folder)
    work = folder / WORK
    work.mkdir()
    try:
        yield work
        durable.sync_directory(work)
        work.rename(folder / READY)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    durable.sync(folder)
    finish(folder)


def finish(folder: Path) -> None:
    """Finish what a dead process had decided, and remove what it had not."""
    if (folder / WORK).is_dir():
        shutil.rmtree(folder / WORK)
    ready = folder / READY
    if ready.is_dir():
        for path in sorted(ready.iterdir()):
            os.replace(path, folder / path.name)
        durable.sync(folder)
        ready.rmdir()
        durable.sync(folder)
