"""Runs in Dagster's history: old ones go, dead ones are ended, those of others are left alone."""

import shutil

import dagster as dg
import pytest
from a_job import job

from orchestration.defs import runs, watching
from orchestration.publishing.lock import home_lock
from orchestration.settings import PROJECT, load_settings


@pytest.fixture
def instance(tmp_path, monkeypatch):
    """The project's own storage, in a DAGSTER_HOME that this test can look into."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    shutil.copy(PROJECT / "dagster.yaml", tmp_path)
    with dg.DagsterInstance.get() as found:
        yield found


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def ran(instance, home, tags=None) -> str:
    """A run that has ended; of this home, if that is said."""
    run_id = job.execute_in_process(instance=instance, tags=tags or {}).run_id
    if home:
        runs.mark(instance, run_id, home)
    return run_id


def at_work(instance, home) -> str:
    """A run that has begun, and told nothing since."""
    run_id = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED).run_id
    runs.mark(instance, run_id, home)
    return run_id


def status_of(instance, run_id) -> dg.DagsterRunStatus:
    return instance.get_run_by_id(run_id).status


def test_old_runs_go_with_their_events_and_logs_and_the_newest_stay(instance, home, tmp_path):
    """What is left of a run that went is no file and no event; one of a partition says what was computed, and stays."""
    ids = [ran(instance, home, tags) for tags in ({"dagster/partition": "2026-01-01"}, {}, {}, {}, {})]
    assert all((tmp_path / "storage" / run_id).is_dir() for run_id in ids)
    assert runs.remove_old(instance, home, 2) == 2
    assert [run.run_id for run in instance.get_runs()] == [ids[4], ids[3], ids[0]]
    assert all(instance.all_logs(run_id) for run_id in (ids[0], *ids[3:]))
    assert runs.remove_old(instance, home, 2) == 0
    left = {path.name.partition(".")[0] for path in (tmp_path / "history" / "runs").glob("*.db*")} - {"index"}
    assert left == {ids[0], *ids[3:]} == {path.name for path in (tmp_path / "storage").iterdir()}


def test_runs_of_others_are_not_counted_and_not_removed(instance, home, tmp_path):
    """A company's storage holds its other projects too, and a second home has a history of its own."""
    others = [ran(instance, None), ran(instance, tmp_path / "other"), ran(instance, None)]
    own = [ran(instance, home) for _ in range(2)]
    assert runs.remove_old(instance, home, 1) == 1
    assert {run.run_id for run in instance.get_runs()} == {*others, own[1]}


def test_a_removal_that_broke_off_is_brought_to_its_end(instance, home, monkeypatch):
    """Events whose run is gone already would never be found again."""
    ids = [ran(instance, home) for _ in range(2)]

    def dies(self, run_id):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(instance), "delete_run", dies)
    with pytest.raises(KeyboardInterrupt):
        runs.remove_old(instance, home, 1)
    monkeypatch.undo()
    assert instance.get_run_by_id(ids[0])
    assert runs.remove_old(instance, home, 1) == 1
    assert instance.get_run_by_id(ids[0]) is None


def test_a_run_whose_process_died_is_ended_and_the_queue_goes_on(instance, home, monkeypatch):
    """Dagster takes it for one at work, and starts nothing beside it."""
    monkeypatch.setattr(runs, "QUIET", 0)
    dead, other = at_work(instance, home), at_work(instance, home.with_name("other"))
    with home_lock(home, "test"):
        assert runs.end_dead(instance, home) == [dead]
    assert status_of(instance, dead) == dg.DagsterRunStatus.FAILURE
    assert status_of(instance, other) == dg.DagsterRunStatus.STARTED
    assert runs.remove_old(instance, home, 1) == 0


def test_a_run_that_told_something_a_moment_ago_is_at_work(instance, home):
    """It has begun and not yet taken the lock, or let go of it and not yet ended."""
    run_id = at_work(instance, home)
    instance.report_engine_event("at work", instance.get_run_by_id(run_id))
    assert runs.end_dead(instance, home) == []
    assert status_of(instance, run_id) == dg.DagsterRunStatus.STARTED


def test_the_daemon_ends_what_died_and_leaves_alone_what_holds_the_lock(instance, home, monkeypatch):
    """A large step tells nothing for many minutes, and keeps the lock meanwhile."""
    monkeypatch.setattr(runs, "QUIET", 0)
    run_id, settings = at_work(instance, home), load_settings()
    with home_lock(home, f"run {run_id}"):
        monkeypatch.setattr(watching, "home_lock", refused)
        assert watching.ended_now(instance, settings) == []
    monkeypatch.setattr(watching, "home_lock", home_lock)
    assert watching.ended_now(instance, settings) == [f"run {run_id} was ended: its process had died"]
    assert watching.failed_unseen(instance, settings, job.name) is None


def refused(home, who):
    """The lock as another process sees it."""
    from orchestration.errors import UserError

    raise UserError("somebody is writing")
