"""Pulls that land: nothing twice, nothing missed, and the watermark moves with the load."""

import sqlite3
from dataclasses import replace

import duckdb
import pytest

from orchestration.config.sources import Feed
from orchestration.defs.raw import view_of
from orchestration.sources import landing
from orchestration.sources.contract import CONTRACTS, ORDERS
from orchestration.sources.landing import land
from orchestration.sources.loads import in_force, loads_of


class Till:
    """A database with orders, and a home that pulls them."""

    def __init__(self, home, columns="order_id, customer_id, ordered_at, amount, updated_at"):
        self.home, self.file = home, home / "till.sqlite"
        self.feed = Feed(
            database={"url": f"sqlite:///{self.file}", "table": "orders", "cursor": {"column": "updated_at"}}
        )
        self.run(f"create table orders ({columns})")

    def run(self, sql: str) -> None:
        with sqlite3.connect(self.file) as connection:
            connection.execute(sql)

    def put(self, number: int, amount: str, updated: str) -> None:
        self.run(f"insert into orders values ({number}, 'c', '2026-01-01', '{amount}', '{updated}')")

    def pull(self):
        [load] = land(self.home, "orders", self.feed, limit=0.5)
        return load


@pytest.fixture
def till(tmp_path) -> Till:
    till = Till(tmp_path)
    for number in (1, 2, 3):
        till.put(number, "5", f"2026-01-0{number} 10:00:00")
    return till


def test_a_pull_of_nothing_new_is_no_load(till):
    """The lookback brings yesterday's rows again each time."""
    first = till.pull()
    assert first.rows["accepted"] == 3
    assert till.pull() == first
    assert loads_of(till.home, "orders") == [first]


def test_only_what_is_new_or_changed_is_accepted(till):
    """Row 3 lies within the lookback and is a duplicate; row 4 is new; row 2 was corrected."""
    till.pull()
    till.put(4, "6", "2026-01-03 12:00:00")
    till.run("update orders set amount = '7', updated_at = '2026-01-03 13:00:00' where order_id = 2")
    second = till.pull()
    assert (second.rows["accepted"], second.rows["duplicate"]) == (2, 1)
    assert second.watermark == "2026-01-03 13:00:00"


def test_a_row_that_goes_back_to_what_it_was_is_a_change(till):
    """5, then 7, then 5 again: the last one holds."""
    till.pull()
    for amount in ("7", "5"):
        till.run(f"update orders set amount = '{amount}' where order_id = 3")
        load = till.pull()
        assert load.rows["accepted"] == 1


def test_a_refused_row_that_is_pulled_again_is_refused_once(till):
    """It lies in quarantine already; rows 2 and 3 come again with their days."""
    till.put(4, "five", "2026-01-03 12:00:00")
    assert till.pull().rows["quarantined"] == 1
    till.put(5, "8", "2026-01-03 13:00:00")
    assert till.pull().rows == {"accepted": 1, "excluded": 0, "quarantined": 0, "duplicate": 3}


def test_the_watermark_moves_only_when_the_load_has_landed(till, monkeypatch):
    """Power fails between the pull and the end of landing: the next pull begins where the last load ended."""
    till.pull()
    till.put(4, "6", "2026-01-09 12:00:00")
    with monkeypatch.context() as patch:
        patch.setattr(landing, "sync", lambda path: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            till.pull()
    assert till.pull().rows["accepted"] == 1


def test_what_a_refused_load_brought_is_pulled_again(till):
    """Over the limit the load does not count, so its rows must come again when the source is mended."""
    till.pull()
    for number in (4, 5, 6):
        till.put(number, "five", f"2026-01-1{number} 12:00:00")
    assert till.pull().rejected_share > 0.5
    till.run("update orders set amount = '5' where amount = 'five'")
    assert till.pull().rows["accepted"] == 3


def test_a_changed_mapping_pulls_everything_again(till):
    """What was left out before is not in the later rows."""
    till.pull()
    till.feed = till.feed.model_copy(update={"columns": {"region": "'north'"}})
    assert till.pull().rows["accepted"] == 3


def test_a_table_that_is_pulled_whole_and_has_not_changed_is_no_load(till):
    """Without a cursor every pull brings all rows; two pulls must not put one another out of force."""
    till.feed = Feed(database={"url": f"sqlite:///{till.file}", "table": "orders"})
    first = till.pull()
    assert [till.pull(), till.pull()] == [first, first]
    assert in_force(loads_of(till.home, "orders"), till.feed) == [first]


def test_a_mapping_that_is_changed_back_pulls_everything_again(till):
    """What was pulled under the other one has amounts of the other one."""
    plain = till.feed
    till.pull()
    till.feed = plain.model_copy(update={"columns": {"amount": "'9'"}})
    till.pull()
    till.feed = plain
    assert till.pull().rows["accepted"] == 3


def test_what_landed_before_the_contract_had_a_column_is_still_known(till, monkeypatch):
    """Landed files are never written again. Under a new contract all is pulled again, and equal rows are equal."""
    known = tuple(column for column in ORDERS.columns if column.name != "refund_of")
    with monkeypatch.context() as patch:
        patch.setitem(CONTRACTS, "orders", replace(ORDERS, columns=known))
        first = till.pull()
    rows = duckdb.sql(f"select order_id, refund_of from ({view_of(till.home, ORDERS, [first])}) order by order_id")
    assert rows.fetchall() == [("1", None), ("2", None), ("3", None)]
    till.put(4, "6", "2026-01-03 12:00:00")
    *_, second = land(till.home, "orders", till.feed, limit=0.5)
    assert (second.rows["accepted"], second.rows["duplicate"]) == (1, 3)
