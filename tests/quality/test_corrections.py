"""What newer loads replaced of records that the base release knew."""

import pytest

from orchestration.quality.drift import corrections
from orchestration.quality.drift.corrections import FEEDS, Replaced, replaced
from orchestration.sources.contract import CONTRACTS

ORDERS = CONTRACTS["orders"]
COLUMNS = "order_id, customer_id, amount, category, paid_at, status, updated_at, _load, _row, outcome"


@pytest.fixture
def orders(warehouse):
    """`orders(rows)`: what newer loads than `a` and `b` replaced, of versions as staging tells them apart."""

    def found(*versions: str) -> dict[str, int]:
        with warehouse.connect() as connection:
            values = ", ".join(f"({version})" for version in versions)
            connection.execute(f"create table staging.repeated_orders as from (values {values}) as rows ({COLUMNS})")
            connection.execute(
                "create table staging.stg_orders as select number as order_id from range(40) as n (number)"
            )
        told = replaced(warehouse, ORDERS, {"a", "b"})
        assert (told.feed, told.records) == ("orders", 40)
        return {name: count for name, count in told.columns.items() if count}

    return found


def test_feeds_whose_records_are_events_with_a_key_are_looked_at():
    """A customer's balance is there to be replaced, and an event without a key cannot be known again."""
    assert [contract.feed for contract in FEEDS] == ["orders", "complaints", "surveys"]


def test_a_value_that_was_there_and_is_another_now_is_replaced(orders):
    """One that was missing is filled in; a status lives on; of the versions before, the last counts."""
    assert orders(
        "1, 'c', 5, 'cable', null, 'completed', 1, 'a', 1, 'superseded'",
        "1, 'c', 5, 'wires', 3, 'returned', 2, 'c', 1, 'kept'",
        "2, 'c', 7, 'cable', null, 'completed', 1, 'a', 2, 'superseded'",
        "2, 'c', 8, 'cable', 3, 'completed', 1, 'b', 2, 'superseded'",
        "2, 'c', 8, null, 3, 'completed', 1, 'c', 2, 'kept'",
    ) == {"category": 2}


def test_what_the_base_had_replaced_already_and_what_came_in_between_is_not_told_again(orders):
    """Each replacement is of the loads since the base: an old correction must not be told each day."""
    assert (
        orders(
            "1, 'c', 5, 'cable', 3, 'completed', 1, 'a', 1, 'superseded'",
            "1, 'd', 6, 'wires', 4, 'completed', 1, 'b', 1, 'kept'",
            "2, 'c', 5, 'cable', 3, 'completed', 1, 'c', 2, 'superseded'",
            "2, 'd', 6, 'wires', 4, 'completed', 1, 'd', 2, 'kept'",
            "3, 'c', 5, 'cable', 3, 'completed', 1, 'a', 3, 'duplicate'",
            "3, 'c', 5, 'cable', 3, 'completed', 1, 'c', 3, 'kept'",
        )
        == {}
    )


def test_an_export_that_comes_again_tells_no_old_correction_again(orders):
    """Its row is the base's own, which is then a duplicate; what was replaced before the base is the base's past."""
    assert (
        orders(
            "1, 'c', 5, 'cable', 3, 'completed', 1, 'a', 1, 'superseded'",
            "1, 'c', 5, 'wires', 3, 'completed', 1, 'b', 1, 'duplicate'",
            "1, 'c', 5, 'wires', 3, 'completed', 1, 'c', 1, 'kept'",
        )
        == {}
    )


def test_what_the_base_knew_is_its_latest_revision_whenever_that_landed(orders):
    """A late file may bring an older version."""
    assert orders(
        "1, 'c', 5, 'cable', 3, 'completed', 2, 'a', 1, 'superseded'",
        "1, 'c', 5, 'wires', 3, 'completed', 1, 'b', 1, 'superseded'",
        "1, 'c', 6, 'cable', 3, 'completed', 3, 'c', 1, 'kept'",
    ) == {"amount": 1}


def test_it_is_told_by_the_columns_that_were_replaced_most():
    """They are what tells units from keys from names."""
    told = Replaced("orders", 1_000, {"paid_at": 0, "category": 40, "amount": 30, "region": 20, "cost": 10})
    assert (
        str(told) == "newer loads replaced category in 40 and amount in 30 and region in 20 of 1,000 records of orders"
    )
    assert told.share == 0.04


@pytest.mark.parametrize(("most", "share"), [(19, 0.0), (20, 0.5)])
def test_a_handful_is_a_correction_that_somebody_made(most, share):
    """However few records a young feed has."""
    assert Replaced("orders", 40, {"amount": most}).share == share


def test_of_a_large_feed_a_part_is_looked_at_by_key(warehouse, monkeypatch):
    """Every version of a record is in it or none, so that the share is right, and told as that of a part."""
    monkeypatch.setattr(corrections, "MOST_RECORDS", 1_000)
    with warehouse.connect() as connection:
        connection.execute(
            "create table staging.stg_orders as select number as order_id from range(4500) as n (number)"
        )
        rows = "select id, 'c', amount, 'cable', null, 'completed', 1, load, id, outcome from range(4500) as n (id),"
        versions = "(values (1, 'a', 'superseded'), (2, 'c', 'kept')) as versions (amount, load, outcome)"
        connection.execute(f"create table staging.repeated_orders as from ({rows} {versions}) as rows ({COLUMNS})")
    told = replaced(warehouse, ORDERS, {"a"})
    assert told.one_in == 5
    assert 700 < told.records == told.columns["amount"] < 1_100  # a fifth of 4,500, but for chance
    assert str(told).endswith("records of orders (looked at one in 5)")


def test_a_feed_without_records_replaces_nothing():
    """As one that is configured and has not come yet."""
    told = Replaced("wallets", 0, {"share": 0})
    assert (told.share, str(told)) == (0.0, "newer loads replaced nothing of 0 records of wallets")
