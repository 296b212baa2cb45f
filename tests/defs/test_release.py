"""What the manifest of a release tells of its loads, and the room that is made when it is published."""

from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from orchestration.config.publishing import KeepConfig, PublishingConfig
from orchestration.config.sources import Feed
from orchestration.defs.release import drop_strangers, lines_set_aside, make_room
from orchestration.errors import UserError
from orchestration.publishing import retention
from orchestration.sources.landing import land
from orchestration.warehouse.duckdb import Warehouse


@pytest.fixture
def session(tmp_path):
    """A warehouse in which staging has set nothing aside yet."""
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.prepare()
    place = "'' as feed, '' as _load, 0::bigint as _row"
    warehouse.create_table("staging.set_aside", f"select {place}, '' as outcome where false")
    warehouse.create_table("staging.unidentified", f"select {place} where false")
    return SimpleNamespace(settings=SimpleNamespace(home=tmp_path), warehouse=warehouse)


def test_a_record_that_is_set_aside_takes_all_its_lines_along(session, tmp_path):
    """Lines and records are different things to count: 3 of the 5 lines are of the invoice that came again."""
    path = tmp_path / "invoices.csv"
    path.write_text(
        "order_id,customer_id,ordered_at,amount\n"
        "1,c,2026-01-01,5\n2,c,2026-01-01,5\n2,c,2026-01-01,5\n2,c,2026-01-01,6\n3,d,2026-01-01,7\n"
    )
    [load] = land(tmp_path, "orders", Feed(path=str(path), lines=True))
    assert (load.records, load.rows["accepted"]) == (3, 5)
    session.warehouse.rows(f"insert into staging.set_aside values ('orders', '{load.load_id}', 2, 'duplicate')")
    session.warehouse.rows(f"insert into staging.unidentified values ('orders', '{load.load_id}', 5)")
    assert lines_set_aside(session, load) == {(load.load_id, "duplicate"): 3, (load.load_id, "unidentified"): 1}


def test_what_no_model_builds_is_not_published(session):
    """Left from another version, as a table or a view, it would be published and never checked."""
    session.warehouse.create_table("marts.customer_value", "select 1 as customer_id")
    session.warehouse.create_table("marts.left_behind", "select 1 as customer_id")
    session.warehouse.create_view("marts.seen_behind", "select 1 as customer_id")
    drop_strangers(session, {"customer_value"})
    found = session.warehouse.rows("select table_name from information_schema.tables where table_schema = 'marts'")
    assert found == [("customer_value",)]


@pytest.mark.parametrize("error", [UserError("release 1 is damaged"), OSError("read-only file system")])
def test_that_old_releases_cannot_be_removed_is_a_warning(monkeypatch, error):
    """What was published is published; a damaged release of last month must not make today's run an error."""

    def refuse(home, keep):
        raise error

    monkeypatch.setattr(retention, "remove_old", refuse)
    told, warned = [], []
    with dg.DagsterInstance.ephemeral() as instance:
        make_room(session_with(KeepConfig()), instance, told.append, warned.append)
    assert (told, warned) == ([], [f"Old releases were not removed: {error}"])


def test_what_was_removed_stands_in_the_log_of_the_run(monkeypatch):
    """Whoever misses a release finds when it went, and why."""
    monkeypatch.setattr(retention, "remove_old", lambda home, keep: [f"{keep.releases}-a", "b"])
    told, warned = [], []
    with dg.DagsterInstance.ephemeral() as instance:
        make_room(session_with(KeepConfig(releases=3)), instance, told.append, warned.append)
    assert (told, warned) == (["Removed, as `keep` in publishing.yml says: 3-a, b"], [])


def test_that_old_runs_cannot_be_removed_is_a_warning(monkeypatch):
    """Whatever storage dagster.yaml names, and whatever it raises."""
    monkeypatch.setattr(retention, "remove_old", lambda home, keep: [])
    told, warned = [], []
    make_room(session_with(KeepConfig()), None, told.append, warned.append)
    assert told == []
    assert [warning.partition(":")[0] for warning in warned] == ["Old runs were not removed"]


def session_with(keep):
    return SimpleNamespace(settings=SimpleNamespace(home=Path("home"), publishing=PublishingConfig(keep=keep)))
