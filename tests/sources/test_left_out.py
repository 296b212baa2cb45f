"""A load that was refused whole is waited for, also when its file has gone."""

import pytest

from orchestration.config.sources import Feed
from orchestration.errors import UserError
from orchestration.sources.left_out import dismiss, left_out
from orchestration.sources.quarantine import replay

LIMIT = 0.01
GOOD, BAD = "1,c,2026-01-01,5", "2,c,2026-01-01,five"
MENDED = {"amount": "replace(source.amount, 'five', '5')"}


def missed(desk, feed: str = "orders") -> dict[str, int]:
    return {one.load.load_id: one.records for one in left_out(desk.home, feed, Feed(path="-"), LIMIT)}


def test_its_good_rows_are_missed_too(desk):
    """They are as little in the facts as the bad ones; a file that is rotated away must not take them along unseen."""
    bad = desk.orders(GOOD, BAD)
    assert missed(desk) == {bad.load_id: 2}
    desk.orders("3,c,2026-01-01,5")
    assert missed(desk) == {bad.load_id: 2}


def test_records_that_come_again_settle_it(desk):
    """In any file, in any number of them."""
    bad = desk.orders(GOOD, BAD)
    desk.orders(GOOD)
    assert missed(desk) == {bad.load_id: 1}
    desk.orders(BAD.replace("five", "5"))
    assert missed(desk) == {}


def test_a_replay_settles_it(desk):
    """What was refused is taken up, so the load counts."""
    desk.orders(GOOD, BAD)
    replay(desk.home, "orders", Feed(path=str(desk.home / "in" / "orders.csv"), columns=MENDED))
    assert missed(desk) == {}


def test_lines_without_a_key_are_settled_with_the_rest(desk):
    """A line that is no CSV names no record."""
    desk.orders(GOOD, "2,c,2026-01-01,5,6,7")
    desk.orders(GOOD, "2,c,2026-01-01,5")
    assert missed(desk) == {}


def test_events_are_settled_by_the_next_load_of_their_source(desk):
    """They have no key by which one could be known again."""
    header = "customer_id,occurred_at,kind\n"
    desk.put(header + "c,2026-01-01,call me\nc,2026-01-01,call\n", "events.csv")
    bad = desk.land("events.csv", "interactions")
    desk.put(header + "d,2026-01-01,call\n", "others.csv")
    desk.land("others.csv", "interactions")
    assert missed(desk, "interactions") == {bad.load_id: 2}
    desk.put(header + "c,2026-01-01,call\nc,2026-01-01,call\n", "events.csv")
    desk.land("events.csv", "interactions")
    assert missed(desk, "interactions") == {}


def test_a_few_refused_rows_leave_out_nothing(desk):
    """Below the limit a load counts."""
    desk.orders(BAD, *(f"{number},c,2026-01-01,5" for number in range(100, 300)))
    assert missed(desk) == {}


def test_a_person_may_give_it_up(desk):
    """Nothing is removed, and why is written down."""
    bad = desk.orders(GOOD, BAD)
    dismiss(desk.home, bad.load_id, "a file of the test system")
    assert missed(desk) == {}
    assert "a file of the test system" in (desk.home / "dismissed.json").read_text("utf-8")
    assert len(desk.set_aside(bad)) == 1
    with pytest.raises(UserError, match="no load is called 'L9'"):
        dismiss(desk.home, "L9", "a mistake")
