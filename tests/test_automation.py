"""What starts a refresh by itself: files as they come, are written, and change; the morning of a new day."""

import datetime as dt
import os
import subprocess
import sys
import time
import zoneinfo
from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration.defs import automation
from orchestration.publishing.catalogue import ReleaseInfo
from orchestration.settings import load_settings

HOLD = (
    "import pathlib, sys; from orchestration.publishing.lock import home_lock\n"
    "with home_lock(pathlib.Path(sys.argv[1]), 'touchstone refresh'): print(flush=True); sys.stdin.read()"
)


class Desk:
    """A company's exports and configuration, and the daemon's side of the sensor: it keeps the cursor."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance):
        self.exports, self.config, self.instance = folder / "exports", folder / "config", instance
        self.exports.mkdir()
        self.config.mkdir()
        self.cursor: str | None = None
        self.configure()

    def configure(self, **told) -> None:
        told = {"feeds": {"orders": {"path": "${EXPORTS}/orders*"}}} | told
        (self.config / "sources.yml").write_text(yaml.safe_dump({"company": {"name": "A", "currency": "CNY"}} | told))

    def put(self, name: str, text: str = "a", seconds_old: float = 60) -> Path:
        path = self.exports / name
        path.write_text(text)
        os.utime(path, (time.time() - seconds_old,) * 2)
        return path

    def look(self) -> tuple[list[str], str | None]:
        """One look of the sensor: keys of the runs that it asks for, and why it asks for none."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        tick = automation.new_files("refresh", load_settings()).evaluate_tick(context)
        self.cursor = tick.cursor
        return [request.run_key for request in tick.run_requests], tick.skip_message

    def runs_after_looks(self, looks: int = 3) -> list[str]:
        return [key for _ in range(looks) for key in self.look()[0]]

    def schedule(self) -> dg.ScheduleDefinition:
        return automation.every_morning("refresh", load_settings())


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("EXPORTS", str(tmp_path / "exports"))
    monkeypatch.delenv("TOUCHSTONE_TARGET", raising=False)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Desk(tmp_path, instance)


@pytest.fixture
def settled(desk):
    """A desk whose files have been refreshed."""
    desk.put("orders-01.csv")
    assert len(desk.runs_after_looks()) == 1
    return desk


# --- files ------------------------------------------------------------------------------------------------------


def test_a_new_file_starts_one_run_at_the_second_look(settled):
    """The first look cannot know whether it still grows; after the second nothing is new."""
    settled.put("orders-02.csv")
    assert [len(settled.look()[0]) for _ in range(4)] == [0, 1, 0, 0]


def test_a_file_that_is_still_being_written_is_left_alone(settled):
    """Half of it would be landed."""
    path = settled.put("orders-07.csv", seconds_old=5)
    assert settled.look() == ([], "orders-07.csv is still being written")
    assert settled.runs_after_looks() == []
    os.utime(path, (time.time() - 60,) * 2)
    assert len(settled.runs_after_looks()) == 1


def test_a_file_that_grows_under_an_old_time_is_left_alone(settled):
    """Some programs set the time of the original at once, and write on."""
    started = []
    for size in range(1, 5):
        settled.put("orders-02.csv", "a" * size)
        started += settled.look()[0]
    assert started == []
    assert len(settled.runs_after_looks()) == 1


@pytest.mark.parametrize("name", ["orders-07.csv.part", "orders.tmp", "orders-07.csv.crdownload", "orders-07.csv~"])
def test_a_name_of_an_unfinished_file_is_no_file(settled, name):
    """However long the download pauses. Landing leaves such names out by the same rule."""
    settled.put(name)
    assert settled.look() == ([], "no new file: 1 are known")


def test_a_file_being_written_does_not_hide_another(settled):
    """A program that never closes its file must not stop the company's mornings."""
    settled.put("orders-open.csv", seconds_old=5)
    settled.put("orders-02.csv")
    assert len(settled.runs_after_looks()) == 1
    settled.put("orders-open.csv", "aa")
    assert len(settled.runs_after_looks()) == 1, "and is taken when it is done"


def test_a_known_file_that_is_written_anew_starts_a_run_only_when_it_is_done(settled):
    """While it is written, what is quiet is less than before, but nothing has come."""
    settled.put("orders-02.csv")
    assert len(settled.runs_after_looks()) == 1
    settled.put("orders-01.csv", "other", seconds_old=5)
    assert settled.runs_after_looks() == []
    settled.put("orders-01.csv", "other")
    assert len(settled.runs_after_looks()) == 1


def test_a_file_that_is_moved_here_with_its_old_time_starts_a_run(settled):
    """Most exports are written elsewhere and moved in."""
    settled.put("orders-open.csv", seconds_old=5)
    settled.put("elsewhere.csv", seconds_old=90_000).rename(settled.exports / "orders-02.csv")
    assert len(settled.runs_after_looks()) == 1


def test_a_file_that_goes_back_to_what_it_was_is_a_change_too(settled):
    """Each run has a key of its own: Dagster would drop one that it has seen."""
    path, kept = settled.exports / "orders-01.csv", settled.exports / "kept"
    keys = []
    for replace in (lambda: (path.rename(kept), settled.put("orders-01.csv", "bad")), lambda: kept.replace(path)) * 2:
        replace()
        keys += settled.runs_after_looks()
    assert len(set(keys)) == 4


def test_a_look_that_is_repeated_asks_for_the_same_run(desk):
    """Where the daemon dies before it keeps the cursor, it knows the run by its key."""
    desk.put("orders-01.csv")
    desk.look()
    before = desk.cursor
    [key], _ = desk.look()
    desk.cursor = before
    assert desk.look()[0] == [key]


def test_files_of_joins_are_looked_at(desk):
    """Late payments change the orders."""
    join = {"payments": {"path": "${EXPORTS}/payments.csv", "match": {"order_id": "source.order_id"}}}
    desk.configure(feeds={"orders": {"path": "${EXPORTS}/orders.csv", "join": join}})
    desk.put("orders.csv")
    desk.put("payments.csv")
    assert len(desk.runs_after_looks()) == 1
    desk.put("payments.csv", "other")
    assert len(desk.runs_after_looks()) == 1


def test_what_is_not_on_this_machine_is_the_schedules(desk):
    """A look costs nothing: no download, no query."""
    api = {"api": {"url": "https://desk.example/api"}}
    desk.configure(feeds={"orders": {"path": "https://shop.example/orders.csv"}, "complaints": api})
    assert desk.look() == ([], "no new file: 0 are known")


def test_files_older_than_the_served_release_start_no_run(desk, monkeypatch):
    """The page is opened after a refresh by hand: nothing has come since."""
    now = dt.datetime.now(dt.UTC)
    release = ReleaseInfo("r", desk.exports, now.date(), now + dt.timedelta(seconds=1), {})
    monkeypatch.setattr(automation.catalogue, "served", lambda home: release)
    desk.put("orders-01.csv")
    assert desk.runs_after_looks() == []
    desk.put("orders-02.csv")
    assert len(desk.runs_after_looks()) == 1


def test_the_cursor_stays_short(desk):
    """Dagster keeps it with every look for a week."""
    for day in range(200):
        desk.put(f"orders-{day:03}.csv")
    desk.look()
    assert len(desk.cursor) < 200


# --- what keeps a run from starting --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
def test_a_run_that_is_on_its_way_is_not_doubled(settled, status):
    """It may have read the files before they changed: another one follows."""
    run = dg.DagsterRun(job_name="refresh", status=status)
    settled.instance.add_run(run)
    settled.put("orders-02.csv")
    settled.look()
    keys, told = settled.look()
    assert keys == []
    assert f"follows when run {run.run_id} has ended" in told
    settled.instance.delete_run(run.run_id)
    assert len(settled.runs_after_looks()) == 1


def test_a_refresh_at_the_command_line_is_waited_for(settled):
    """It would refuse the run at the lock, and the file would wait for the next morning."""
    settled.put("orders-02.csv")
    settled.look()
    command = [sys.executable, "-c", HOLD, os.environ["TOUCHSTONE_HOME"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        keys, told = settled.look()
        holder.stdin.close()
    assert keys == []
    assert "touchstone refresh (process" in told
    assert len(settled.runs_after_looks()) == 1


def test_a_missing_file_is_told_in_words(settled):
    """Such a refresh would be held; it starts when the file is there."""
    cursor = settled.cursor
    (settled.exports / "orders-01.csv").unlink()
    keys, told = settled.look()
    assert keys == []
    assert "there is no file" in told
    assert "feeds.orders.path" in told
    assert settled.cursor == cursor


def test_a_variable_that_is_not_set_is_told_in_words(settled, monkeypatch):
    """The page was started from another shell."""
    monkeypatch.delenv("EXPORTS")
    keys, told = settled.look()
    assert keys == []
    assert "the environment variable EXPORTS is not set" in told


# --- days -------------------------------------------------------------------------------------------------------


def test_the_morning_is_the_companys(desk):
    """Five in the morning in Shanghai is nine in the evening in London, and there the day is not over."""
    desk.configure(time_zone="Asia/Shanghai", refresh_at="06:30")
    schedule = desk.schedule()
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 6 * * *", "Asia/Shanghai")


def test_the_zone_is_the_machines_where_none_is_said(desk, monkeypatch):
    """A name that is none is no zone that Dagster would take."""
    for told, zone in (("Asia/Shanghai", "Asia/Shanghai"), (":Europe/Berlin", "Europe/Berlin"), ("XYZ-8", "UTC")):
        monkeypatch.setenv("TZ", told)
        assert desk.schedule().execution_timezone == zone
    monkeypatch.delenv("TZ")
    assert desk.schedule().execution_timezone in zoneinfo.available_timezones()


def test_both_are_on_for_a_living_company_and_off_for_a_closed_data_set(desk):
    """Nobody waits for new files of the example company."""
    desk.configure()
    sensor = automation.new_files("refresh", load_settings())
    assert (desk.schedule().default_status.value, sensor.default_status.value) == ("RUNNING", "RUNNING")
    desk.configure(as_of=dt.date(2026, 6, 30))
    sensor = automation.new_files("refresh", load_settings())
    assert (desk.schedule().default_status.value, sensor.default_status.value) == ("STOPPED", "STOPPED")


def test_a_new_day_changes_nothing_in_a_closed_data_set(desk):
    """Also where somebody has switched the schedule on."""
    assert len(desk.schedule().evaluate_tick(dg.build_schedule_context()).run_requests) == 1
    desk.configure(as_of=dt.date(2026, 6, 30))
    tick = desk.schedule().evaluate_tick(dg.build_schedule_context())
    assert tick.run_requests == []
    assert "is a date" in tick.skip_message
