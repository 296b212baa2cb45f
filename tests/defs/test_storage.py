"""Dagster's storage, kept open: what is written can be read, by it and by Dagster's own."""

import os
import shutil

import dagster as dg
import pytest
from a_job import job

from orchestration.defs.storage import KEPT, OpenEventLog, Storage
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
