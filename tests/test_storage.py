"""Dagster's storage, kept open: what is written can be read, by it and by Dagster's own."""

import os
import shutil

import dagster as dg
import pytest

from orchestration.defs.storage import KEPT, OpenEventLog, Storage, remove_old_runs
from orchestration.settings import PROJECT


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A DAGSTER_HOME with the project's dagster.yaml."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    shutil.copy(PROJECT / "dagster.yaml", tmp_path)
    return tmp_path


def open_files(folder) -> set[str]:
    """Databases under the folder that this process has open."""
    links = (os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd"))
    return {link for link in links if link.startswith(str(folder)) and link.endswith(".db")}


@dg.op
def works():
    pass


@dg.job
def job():
    works()


def test_every_run_can_be_read_also_those_whose_file_was_closed(home):
    """Only the last few stay open, and none after the instance is closed."""
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, OpenEventLog)
        runs = [job.execute_in_process(instance=instance).run_id for _ in range(KEPT + 2)]
        events = [[event.dagster_event_type for event in instance.all_logs(run)] for run in runs]
        assert len(open_files(home / "history" / "runs")) <= KEPT
    assert all(dg.DagsterEventType.RUN_SUCCESS in told for told in events)
    assert not open_files(home / "history" / "runs")
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.get() as instance:
        assert not isinstance(instance.event_log_storage, OpenEventLog)
        assert [[event.dagster_event_type for event in instance.all_logs(run)] for run in runs] == events


def test_without_dagster_home_it_lies_where_a_refresh_puts_it(tmp_path, monkeypatch):
    """As under `dagster dev` from the project's folder, which else keeps no history."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    assert Storage.from_config_value(None, {}).base_dir == str(tmp_path / "dagster")


def test_old_runs_go_with_their_events_and_logs_and_the_newest_stay(home):
    """What is left of a run that went is no file and no event; one of a partition says what was computed, and stays."""
    with dg.DagsterInstance.get() as instance:
        ids = [
            job.execute_in_process(instance=instance, tags=tags).run_id
            for tags in ({"dagster/partition": "2026-01-01"}, {}, {}, {}, {})
        ]
        assert all((home / "storage" / run_id).is_dir() for run_id in ids)
        assert remove_old_runs(instance, 2) == 2
        assert [run.run_id for run in instance.get_runs()] == [ids[4], ids[3], ids[0]]
        assert all(instance.all_logs(run_id) for run_id in (ids[0], *ids[3:]))
        assert remove_old_runs(instance, 2) == 0
    left = {path.name.partition(".")[0] for path in (home / "history" / "runs").glob("*.db*")} - {"index"}
    assert left == {ids[0], *ids[3:]} == {path.name for path in (home / "storage").iterdir()}


def test_a_run_that_has_not_ended_stays(home):
    """A refresh that is at work is no history."""
    with dg.DagsterInstance.get() as instance:
        waiting = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED).run_id
        job.execute_in_process(instance=instance)
        assert remove_old_runs(instance, 1) == 0
        assert instance.get_run_by_id(waiting)
