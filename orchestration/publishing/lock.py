"""One writer at a time: the lock that covers everything that changes TOUCHSTONE_HOME, whoever starts it.

`flock` on one file, which the kernel frees when the holder dies: there is no stale lock to clean up, and the
file is never deleted, since two processes could then hold locks on two files of the same name.
"""

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.errors import UserError


@dataclass
class _Held:
    """An open lock file of this process, and how many `with` blocks rely on it."""

    descriptor: int
    depth: int


_held: dict[Path, _Held] = {}
_guard = threading.Lock()
_watches_forks = False


@contextmanager
def home_lock(home: Path, who: str) -> Iterator[None]:
    """Hold the only right to write to a home for the length of a `with` block.

    Within one process it nests: the lock is let go at the end of the outermost block.

    Parameters
    ----------
    home : Path
        The directory TOUCHSTONE_HOME; made if it is missing.
    who : str
        What is writing ("refresh", "rollback"): told to whoever comes second.

    Raises
    ------
    UserError
        Another process holds the lock. It is not waited for.
    """
    home = Path(home).resolve()
    _enter(home, who)
    holder = os.getpid()
    try:
        yield
    finally:
        # A forked child leaves the block too, but the lock is its parent's.
        if os.getpid() == holder:
            _leave(home)


def holds(home: Path) -> bool:
    """Whether this process holds the lock."""
    with _guard:
        return Path(home).resolve() in _held


def left_behind(home: Path) -> dict | None:
    """Who held the lock last (`who`, `pid`, `since`), if that process died with it; the next holder clears this.

    A holder takes its note out of the file before it lets go; a process that dies cannot.
    """
    path = Path(home) / ".lock"
    if holds(home) or not path.exists():
        return None
    with path.open("rb") as stream:
        # A look at the lock is itself a lock, which a writer that begins now would take for another writer's.
        if not _read_holder(stream.fileno()):
            return None
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        return _read_holder(stream.fileno()) or None


def _enter(home: Path, who: str) -> None:
    with _guard:
        if home in _held:
            _held[home].depth += 1
            return
        _watch_forks()
        home.mkdir(parents=True, exist_ok=True)
        # Python opens files close-on-exec: a program started by the holder does not keep the lock.
        descriptor = os.open(home / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(home, descriptor, who)
        except BaseException:
            os.close(descriptor)  # a lock whose holder could not be noted, as on a full disk, is not kept either
            raise
        _held[home] = _Held(descriptor, depth=1)


def _lock(home: Path, descriptor: int, who: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _refusal(home, _read_holder(descriptor)) from None
    since = datetime.now(UTC).isoformat(timespec="seconds")
    _write_holder(descriptor, {"pid": os.getpid(), "who": who, "since": since})


def _leave(home: Path) -> None:
    with _guard:
        held = _held[home]
        held.depth -= 1
        if held.depth == 0:
            del _held[home]
            os.ftruncate(held.descriptor, 0)
            os.close(held.descriptor)


def _watch_forks() -> None:
    """Let go of inherited descriptors in forked children: one of them would keep a dead parent's lock."""
    global _watches_forks
    if not _watches_forks:
        os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_forget)
        _watches_forks = True


def _forget() -> None:
    for held in _held.values():
        os.close(held.descriptor)
    _held.clear()
    _guard.release()


def _write_holder(descriptor: int, holder: dict) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _read_holder(descriptor: int) -> dict:
    """Who holds the lock; empty in the instant between the holder's lock and its note."""
    try:
        return json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:
        return {}


def _refusal(home: Path, holder: dict) -> UserError:
    pid = holder.get("pid")
    process = f"process {pid}" if pid else "another process"
    return UserError(
        f"{holder.get('who', 'something else')} ({process}) has been writing since "
        f"{holder.get('since', 'a moment ago')}; only one may write at a time.",
        where=str(home / ".lock"),
        mend=f"Wait until it has finished. If it hangs, end {process}: the lock is freed when it ends.",
    )
