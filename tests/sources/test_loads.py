"""What a load is: one content under one mapping, whole or not at all, in an order that holds."""

import datetime as dt
import hashlib
import json
import os
from dataclasses import replace

import duckdb
import pytest

from orchestration.defs.raw import view_of
from orchestration.errors import UserError
from orchestration.sources import landing, locate
from orchestration.sources.contract import COMPLAINTS, CONTRACTS
from orchestration.sources.loads import loads_of

GOOD = "1,c,2026-01-01,5"


def left_behind(desk) -> list[str]:
    return sorted(path.name for path in (desk.home / "landing" / "orders").glob(".*"))


def test_the_same_content_twice_is_one_load(desk):
    """A refresh that finds yesterday's export again must not count it twice."""
    first, second = desk.orders(GOOD), desk.orders(GOOD)
    assert first == second
    assert loads_of(desk.home, "orders") == [first]


def test_a_file_that_moved_is_the_same_content(desk):
    """Names carry dates; what they hold is what counts."""
    first = desk.orders(GOOD)
    desk.put((desk.home / "in" / "orders.csv").read_bytes(), "2026-07-01/orders.csv")
    assert desk.land("2026-07-01/orders.csv") == first


def test_a_joined_file_that_moved_is_the_same_content(desk):
    """The path of a join is no more part of the content than the feed's own."""
    desk.put("order_id,region\n1,north\n", "a.csv")
    desk.put("order_id,region\n1,north\n", "b.csv")
    loads = [
        desk.orders(
            GOOD, join={"more": {"path": str(desk.home / "in" / name), "match": {"order_id": "source.order_id"}}}
        )
        for name in ("a.csv", "b.csv")
    ]
    assert loads[0] == loads[1]


def test_a_promise_of_freshness_is_no_part_of_the_content(desk):
    """It judges rows; it does not change them."""
    assert desk.orders(GOOD) == desk.orders(GOOD, newest_within_days=3)


@pytest.fixture
def settled(monkeypatch):
    """Files count as settled as soon as they are written."""
    monkeypatch.setattr(locate, "SETTLED_AFTER", -1)


def test_a_file_that_nobody_touched_is_not_read_again(desk, settled, monkeypatch):
    """A folder with a year of daily exports is a hundred gigabytes each morning."""
    first = desk.orders(GOOD)
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert desk.land() == first


def test_a_file_of_the_same_size_and_time_is_read_again_when_it_was_written(desk, settled):
    """Programs set a file's time back; they cannot set back when they did."""
    first = desk.orders(GOOD)
    path = desk.home / "in" / "orders.csv"
    time = path.stat().st_mtime_ns
    path.write_text(path.read_text().replace(",5", ",6"))
    os.utime(path, ns=(time, time))
    assert [row["amount"] for row in desk.accepted(desk.land())] == [6]
    assert len(loads_of(desk.home, "orders")) == 2
    assert first.files[0]["bytes"] == path.stat().st_size


def test_a_file_written_just_now_is_read_again(desk):
    """Within one tick of the clock it may be written once more."""
    assert "stamp" not in desk.orders(GOOD).files[0]


def test_new_content_is_a_new_load_after_the_first(desk):
    """Later loads correct earlier ones, so their order is their meaning."""
    first, second = desk.orders(GOOD), desk.orders(GOOD, "2,c,2026-01-01,5")
    assert loads_of(desk.home, "orders") == [first, second]
    assert first.load_id < second.load_id


def test_a_changed_mapping_is_a_new_load_of_the_same_file(desk):
    """The same bytes read otherwise are other rows."""
    first = desk.orders(GOOD)
    second = desk.orders(GOOD, columns={"channel": "'shop'"})
    assert loads_of(desk.home, "orders") == [first, second]
    assert desk.accepted(first)[0]["channel"] is None
    assert desk.accepted(second)[0]["channel"] == "shop"


def test_a_changed_filter_is_a_new_load(desk):
    """What is left out on purpose is part of the mapping."""
    first = desk.orders(GOOD)
    second = desk.orders(GOOD, exclude=[{"when": "source.customer_id = 'c'", "reason": "own use"}])
    assert (first.rows["accepted"], second.rows["excluded"]) == (1, 1)


def test_a_changed_joined_file_is_a_new_load(desk):
    """Amounts may come from there."""
    loads = []
    for amount in (5, 6):
        path = desk.put(f"no,paid\n1,{amount}\n", "paid.csv")
        join = {"paid": {"path": str(path), "match": {"no": "source.order_id"}}}
        loads.append(desk.orders(GOOD, join=join, columns={"amount": "paid.paid"}))
    assert [load.money["accepted"] for load in loads] == ["5.0000", "6.0000"]


def test_loads_stay_in_order_when_the_clock_goes_back(desk, monkeypatch):
    """A corrected clock must not make yesterday's rows the newest."""
    first = desk.orders(GOOD)

    class Earlier(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2001, 1, 1, tzinfo=tz)

    monkeypatch.setattr(landing.dt, "datetime", Earlier)
    second = desk.orders(GOOD, "2,c,2026-01-01,5")
    third = desk.orders(GOOD, "3,c,2026-01-01,5")
    assert first.load_id < second.load_id < third.load_id


@pytest.mark.parametrize("mapping", [{"columns": {"region": "nonsense("}}, {"columns": {"region": "error('no')"}}])
def test_a_landing_that_fails_leaves_nothing(desk, mapping):
    """Half a load would be read as a whole one."""
    with pytest.raises(UserError):
        desk.orders(GOOD, **mapping)
    assert left_behind(desk) == []
    assert loads_of(desk.home, "orders") == []


def test_a_landing_that_is_interrupted_at_the_end_leaves_nothing(desk, monkeypatch):
    """Ctrl-C after the rows are written and before they are durable."""

    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(landing, "sync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        desk.orders(GOOD)
    assert list((desk.home / "landing" / "orders").iterdir()) == []


def test_what_a_dead_run_left_is_removed_and_never_read(desk):
    """Power fails between two writes; the next landing tidies up."""
    dead = desk.home / "landing" / "orders" / ".tmp-20260101T000000000000Z-dead"
    dead.mkdir(parents=True)
    (dead / "all.parquet").write_bytes(b"PAR1")
    load = desk.orders(GOOD)
    assert left_behind(desk) == []
    assert loads_of(desk.home, "orders") == [load]


def test_a_load_holds_its_manifest_and_no_working_file(desk):
    """Who reads landing by other means finds the counts beside the rows."""
    load = desk.orders(GOOD, "2,,2026-01-01,5")
    folder = load.folder(desk.home)
    assert sorted(path.name for path in folder.iterdir()) == ["accepted.parquet", "load.json", "set_aside.parquet"]
    assert json.loads((folder / "load.json").read_text("utf-8"))["rows"]["quarantined"] == 1


def test_nothing_set_aside_is_no_file(desk):
    """The views over set-aside rows list only loads that have some."""
    assert not (desk.orders(GOOD).folder(desk.home) / "set_aside.parquet").exists()


def test_complaints_landed_before_escalations_were_asked_for_have_none(desk, monkeypatch):
    """What has landed is never written again; beside it lies what came with the new column."""
    known = tuple(column for column in COMPLAINTS.columns if column.name != "escalated_at")
    desk.put("complaint_id,customer_id,opened_at\n1,c,2026-01-01\n", "old.csv")
    with monkeypatch.context() as patch:
        patch.setitem(CONTRACTS, "complaints", replace(COMPLAINTS, columns=known))
        before = desk.land("old.csv", "complaints")
    rows = "select complaint_id, escalated_at from ({}) order by complaint_id"
    assert duckdb.sql(rows.format(view_of(desk.home, COMPLAINTS, [before]))).fetchall() == [("1", None)]
    desk.put("complaint_id,customer_id,opened_at,escalated_at\n2,c,2026-01-02,2026-01-03\n", "new.csv")
    after = desk.land("new.csv", "complaints")
    found = duckdb.sql(rows.format(view_of(desk.home, COMPLAINTS, [before, after]))).fetchall()
    assert found == [("1", None), ("2", dt.datetime(2026, 1, 3))]
