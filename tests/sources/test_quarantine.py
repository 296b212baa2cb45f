"""Quarantine: what is listed, and what another try takes up."""

import subprocess
import sys
from decimal import Decimal

import duckdb
import pytest

from orchestration.config.sources import Feed
from orchestration.defs.raw import view_of
from orchestration.errors import UserError
from orchestration.sources.contract import CONTRACTS
from orchestration.sources.loads import admitted, in_force, loads_of
from orchestration.sources.quarantine import refused, replay, without_customer

GOOD = "1,c,2026-01-01,5"
MENDED = {"amount": "replace(source.amount, 'five', '5')"}


def listed(desk, feed="orders") -> dict[str, int]:
    return {group.reason: group.rows for group in refused(desk.home, feed, None)}


def feed(desk, **mapping) -> Feed:
    return Feed(path=str(desk.home / "in" / "orders.csv"), **mapping)


def test_refused_rows_are_listed_by_reason_with_their_place_and_text(desk):
    """Who is to mend them needs file, line and what stood there."""
    desk.orders(GOOD, "2,c,2026-01-01,five", "3,c,soon,5", "4,c,soon,5")
    groups = list(refused(desk.home, "orders", None))
    assert [(group.reason, group.rows) for group in groups] == [
        ("unparseable:ordered_at", 2),
        ("unparseable:amount", 1),
    ]
    assert "orders.csv, line 3: " in groups[1].samples[0]
    assert '"amount":"five"' in groups[1].samples[0]


def test_a_row_whose_record_has_come_since_is_settled(desk):
    """The source was mended: nobody has to do anything about the old row."""
    desk.orders(GOOD, "2,c,2026-01-01,five")
    desk.orders("2,c,2026-01-01,5")
    assert listed(desk) == {}


def test_a_mended_mapping_takes_up_what_fits_now(desk):
    """The file may be gone: what was refused is read from quarantine."""
    first = desk.orders(GOOD, "2,c,2026-01-01,five", "3,c,soon,5")
    [again] = replay(desk.home, "orders", feed(desk, columns=MENDED))
    assert again.replay_of == first.load_id
    assert [(row["order_id"], row["amount"], row["_row"]) for row in desk.accepted(again)] == [("2", 5, 2)]
    assert listed(desk) == {"unparseable:ordered_at": 1}


def test_a_replayed_row_has_every_digit_and_every_nested_value(desk):
    """Numbers of JSON have fifteen digits; those of a ledger have more."""
    path = desk.put("", "orders.parquet")
    duckdb.sql(
        "copy (select '1' as order_id, 'c' as customer_id, 'soon' as ordered_at, 77328080637812.6899::decimal(18,4) as "
        "amount, 12345678901234567890.12345::decimal(38,10) as category, map {'a': 1.25} as region) "
        f"to '{path}' (format parquet)"
    )
    desk.land("orders.parquet")
    [again] = replay(desk.home, "orders", Feed(path=str(path), columns={"ordered_at": "'2026-01-01'"}))
    [row] = desk.accepted(again)
    told = (row["amount"], row["category"], row["region"])
    assert told == (Decimal("77328080637812.6899"), "12345678901234567890.1234500000", "{a=1.25}")


def test_replaying_twice_takes_up_nothing_twice(desk):
    """A person presses the key again."""
    desk.orders(GOOD, "2,c,2026-01-01,five")
    assert len(replay(desk.home, "orders", feed(desk, columns=MENDED))) == 1
    assert replay(desk.home, "orders", feed(desk, columns=MENDED)) == []


def test_events_without_a_key_are_taken_up_once_too(desk):
    """Nothing but their place tells two of them apart."""
    desk.put("customer_id,occurred_at,kind\nc,2026-01-01,call me\nc,2026-01-01,call me\n", "events.csv")
    desk.land("events.csv", "interactions")
    mended = Feed(path="unused", columns={"kind": "'call'"})
    assert replay(desk.home, "interactions", mended)[0].records == 2
    assert replay(desk.home, "interactions", mended) == []


def test_replayed_rows_are_rows_of_the_load_that_refused_them(desk):
    """Order 2 came as 6, refused, as 9, refused, and as 7: the replays are its past, in that order, and 7 holds."""
    wrong = {"amount": "source.amount", "region": "source.amount"}
    desk.orders("2,c,2026-01-01,six", columns=wrong)
    desk.orders("2,c,2026-01-01,nine", columns=wrong)
    desk.orders("2,c,2026-01-01,7", columns=wrong)
    mended = {"amount": "replace(replace(source.amount, 'six', '6'), 'nine', '9')"}
    assert len(replay(desk.home, "orders", feed(desk, columns=mended))) == 2
    view = view_of(desk.home, CONTRACTS["orders"], in_force(loads_of(desk.home, "orders"), None))
    rows = duckdb.sql(f"select amount::int, _row from ({view}) order by _load, _row").fetchall()
    assert rows == [(6, 1), (9, 1), (7, 1)]


def test_a_load_that_does_not_count_settles_nothing(desk):
    """Over the limit its rows are in no fact, so the refused row of the first is still open."""
    desk.orders(GOOD, "2,c,2026-01-01,five")
    desk.orders("2,c,2026-01-01,5", "3,c,soon,5", "4,c,soon,5")
    assert {group.reason: group.rows for group in refused(desk.home, "orders", None, limit=0.5)} == {
        "unparseable:amount": 1,
        "unparseable:ordered_at": 2,
    }


def test_a_load_that_was_refused_whole_counts_once_enough_of_it_is_taken_up(desk):
    """One of two rows is over the limit of a tenth; after the replay none is left."""
    first = desk.orders(GOOD, "2,c,2026-01-01,five")
    assert admitted(loads_of(desk.home, "orders"), 0.1) == []
    [again] = replay(desk.home, "orders", feed(desk, columns=MENDED))
    assert admitted(loads_of(desk.home, "orders"), 0.1) == [first, again]


def test_content_read_again_under_another_mapping_takes_the_place_of_the_first(desk):
    """Rows under a wrong key would stay beside the right ones."""
    desk.orders(GOOD)
    second = desk.orders(GOOD, columns={"order_id": "'A-' || source.order_id"})
    assert in_force(loads_of(desk.home, "orders"), None) == [second]


def test_an_order_of_lines_is_taken_up_whole(desk):
    """Its good line waits in quarantine beside the refused one."""
    desk.orders(GOOD, "1,c,2026-01-01,five", lines=True)
    [again] = replay(desk.home, "orders", feed(desk, columns=MENDED, lines=True))
    assert [(row["amount"], row["_lines"]) for row in desk.accepted(again)] == [(10, 2)]
    assert replay(desk.home, "orders", feed(desk, columns=MENDED, lines=True)) == []


def test_numbers_of_a_typed_source_are_numbers_again(desk):
    """A mapping that multiplies must still run on what was refused."""
    path = desk.home / "in" / "orders.parquet"
    path.parent.mkdir(parents=True)
    duckdb.sql(
        "copy (select * from (values ('1', 'c', '2026-01-01', 2, 3.5), ('2', 'c', 'soon', 2, 3.5)) "
        f"as rows (order_id, customer_id, ordered_at, pieces, price)) to '{path}'"
    )
    columns = {"amount": "source.pieces * source.price"}
    desk.land("orders.parquet", columns=columns)
    mended = Feed(path=str(path), columns=columns | {"ordered_at": "replace(source.ordered_at, 'soon', '2026-01-02')"})
    [again] = replay(desk.home, "orders", mended)
    assert desk.accepted(again)[0]["amount"] == 7


def test_the_list_is_refused_in_words_while_a_refresh_writes(tmp_path):
    """Only another process shuts the file, so the writer is one."""
    warehouse = tmp_path / "warehouse.duckdb"
    program = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, str(warehouse)]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(UserError, match="while another program has the warehouse open"):
            without_customer(warehouse)
    finally:
        writer.communicate()
    assert without_customer(warehouse) == []
