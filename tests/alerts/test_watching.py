"""A run that died, or failed before it began, is told by the daemon."""

import os
import signal
import subprocess
import sys

import dagster as dg
import pytest

from orchestration.defs.watching import watch
from orchestration.publishing import status
from orchestration.publishing.lock import home_lock, left_behind

HOLD = (
    "import pathlib, sys; from orchestration.publishing.lock import home_lock\n"
    "with home_lock(pathlib.Path(sys.argv[1]), sys.argv[2]): print(flush=True); sys.stdin.read()"
)
RUN = "run 0b0ee4d5-5d27-4b54-8a66-4b1c8f3cf0d1"


@pytest.fixture
def daemon(settings, listener, monkeypatch):
    """Looks once, as the daemon does; says why it starts nothing."""
    monkeypatch.setenv("ALERT_OPS", f"json://{listener.base}/")
    read = settings({"to": "${ALERT_OPS}"})
    with dg.DagsterInstance.ephemeral() as instance:

        def look():
            tick = watch("refresh").evaluate_tick(dg.build_sensor_context(instance=instance))
            return tick.skip_message

        look.instance, look.settings = instance, read
        yield look


def writer(home, who):
    """A process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home), who], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    return process


@pytest.mark.parametrize("who", [RUN, "touchstone refresh"])
def test_a_refresh_whose_process_was_killed_is_told_once(daemon, listener, who):
    """The kernel's killer for memory leaves no word."""
    process = writer(daemon.settings.home, who)
    assert daemon() == "no run has died"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert "its process died" in daemon()
    assert daemon() == "no run has died"
    assert listener.titles == ["福记 Fook Kee: refresh failed"]
    assert status.read(daemon.settings.home).last_outcome == "error"


def test_a_writer_that_ended_as_it_should_is_not_mourned(daemon):
    """Neither one that ended by an error, which it told itself."""
    with pytest.raises(ZeroDivisionError), home_lock(daemon.settings.home, RUN):
        1 / 0  # noqa: B018
    assert left_behind(daemon.settings.home) is None
    assert daemon() == "no run has died"


def test_a_killed_doctor_is_nobody_s_business(daemon, listener):
    """Only refreshes are waited for."""
    process = writer(daemon.settings.home, "touchstone doctor")
    process.kill()
    process.communicate()
    assert daemon() == "no run has died"
    assert listener.arrived == []


def test_a_run_that_failed_before_its_first_step_is_told(daemon, listener):
    """Nothing of it could write the status: the warehouse was open in another program."""

    @dg.resource
    def broken(_):
        raise RuntimeError("no")

    @dg.op(required_resource_keys={"session"})
    def step():
        """Never reached."""

    @dg.job(name="refresh", resource_defs={"session": broken})
    def refresh():
        step()

    refresh.execute_in_process(instance=daemon.instance, raise_on_error=False)
    assert "failed before its first step" in daemon()
    assert daemon() == "no run has died"
    assert listener.titles == ["福记 Fook Kee: refresh failed"]


def test_a_failed_run_that_told_of_itself_is_not_told_again(daemon, listener):
    """The status has its words already, which say more."""

    @dg.op
    def step():
        raise RuntimeError("no")

    @dg.job(name="refresh")
    def refresh():
        step()

    result = refresh.execute_in_process(instance=daemon.instance, raise_on_error=False)
    status.record_error(daemon.settings.home, f"run {result.run_id}: orders.csv has no column amount")
    assert daemon() == "no run has died"
    [(_, told)] = listener.arrived
    assert "orders.csv has no column amount" in told["message"]
