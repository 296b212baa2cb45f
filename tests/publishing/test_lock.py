"""One process writes at a time; the others are told who does."""

import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys

import pytest

from orchestration.errors import UserError
from orchestration.publishing.lock import home_lock

HOLD = """
import sys, time
from pathlib import Path
from orchestration.publishing.lock import home_lock
with home_lock(Path(sys.argv[1]), "refresh"):
    print("held", flush=True)
    {then}
"""


def hold(home, then="time.sleep(60)"):
    """Start a process that holds the lock; returns when it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(then=then), str(home)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().strip() == "held"
    return process


def end(process):
    """Kill and reap."""
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_second_is_told_who_holds_the_lock_and_since_when(home):
    """A person who cannot go on must know whom to wait for."""
    process = hold(home)
    try:
        with pytest.raises(UserError) as refused, home_lock(home, "rollback"):
            pass
    finally:
        end(process)
    note = json.loads((home / ".lock").read_text())
    assert f"refresh (process {process.pid})" in str(refused.value)
    assert note["since"] in str(refused.value)
    assert "Wait until it has finished" in refused.value.mend


def test_a_killed_holder_frees_the_lock(home):
    """The kernel lets go when a process dies; nobody has to remove a file."""
    process = hold(home)
    process.send_signal(signal.SIGKILL)
    end(process)
    with home_lock(home, "refresh"):
        assert json.loads((home / ".lock").read_text())["pid"] == os.getpid()


def test_it_nests_within_a_process_and_is_freed_by_the_outermost(home):
    """Publishing takes the lock that its refresh already has."""
    with home_lock(home, "refresh"):
        with home_lock(home / ".." / home.name, "publish"):
            pass
        attempt = subprocess.run(
            [sys.executable, "-c", HOLD.format(then="pass"), str(home)], capture_output=True, text=True
        )
        assert attempt.returncode != 0
        assert "refresh" in attempt.stderr
    end(hold(home))
    assert (home / ".lock").exists()


def test_a_program_started_by_the_holder_does_not_keep_the_lock(home):
    """A child that outlives its parent must not block the next refresh."""
    process = hold(home, "import subprocess; print(subprocess.Popen(['sleep', '30']).pid, flush=True); time.sleep(60)")
    child = int(process.stdout.readline())
    end(process)
    try:
        with home_lock(home, "refresh"):
            pass
    finally:
        os.kill(child, signal.SIGKILL)


def _try_to_lock(home, said):
    try:
        with home_lock(home, "fork"):
            said.put("got it")
    except UserError:
        said.put("refused")


def test_a_forked_child_neither_has_nor_frees_its_parents_lock(home):
    """A fork copies memory: without care it would believe that it holds the lock."""
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()
    with home_lock(home, "refresh"):
        child = context.Process(target=_try_to_lock, args=(home, said))
        child.start()
        child.join()
        assert said.get() == "refused"
        attempt = subprocess.run(
            [sys.executable, "-c", HOLD.format(then="pass"), str(home)], capture_output=True, text=True
        )
        assert attempt.returncode != 0
    end(hold(home))


def test_the_lock_is_freed_when_the_block_fails(home):
    """An error must not lock the home for the life of the process."""
    with pytest.raises(ZeroDivisionError), home_lock(home, "refresh"):
        _ = 1 / 0
    end(hold(home))


def test_a_lock_that_cannot_be_noted_is_not_kept(home, monkeypatch):
    """On a full disk the holder cannot be written down; once there is room, the same process goes on."""

    def full(*arguments):
        raise OSError(errno.ENOSPC, "disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="disk full"), home_lock(home, "refresh"):
            pass
    with home_lock(home, "refresh"):
        pass
