"""The shape of the rows in force: a broken row that was corrected holds nothing; one that was not is named."""

import datetime as dt

import pytest

from orchestration.quality import gx, in_force
from orchestration.sources.contract import CONTRACTS, SQL_TYPES

AS_OF = dt.date(2026, 6, 30)
GOOD = {
    "orders": {"order_id": "'1'", "customer_id": "'c'", "ordered_at": "timestamp '2026-06-30 10:00'", "amount": "5"},
    "surveys": {
        "response_id": "'1'",
        "customer_id": "'c'",
        "answered_at": "timestamp '2026-06-30'",
        "question": "'q'",
        "score": "3",
    },
    "interactions": {"customer_id": "'c'", "occurred_at": "timestamp '2026-06-30'", "kind": "'search'"},
    "aliases": {"customer_id": "'c'", "kind": "'phone'", "value": "'13800000000'"},
}
TYPO = {"ordered_at": "timestamp '2062-06-30 10:00'"}
FILES = {"1": ["june.csv"], "2": ["july.csv"]}


def shape(warehouse, feed, *rows):
    """The outcome on rows given as (load, number, what differs from a good row)."""
    landed(warehouse, feed, rows)
    return in_force.shape(warehouse, CONTRACTS[feed], gx.feed_expectations(feed, AS_OF), FILES)


def told(warehouse, feed, *rows):
    """The broken rows in force as a message names them."""
    landed(warehouse, feed, rows)
    select = in_force.broken_rows(CONTRACTS[feed], gx.feed_expectations(feed, AS_OF))
    warehouse.create_table("gate.broken", select)
    return in_force.places(warehouse, "gate.broken", CONTRACTS[feed], FILES)


def landed(warehouse, feed, rows):
    columns = {**{c.name: SQL_TYPES[c.kind] for c in CONTRACTS[feed].columns}, "_load": "varchar", "_row": "bigint"}
    selects = []
    for load, number, row in rows:
        values = {**GOOD[feed], **row, "_load": f"'{load}'", "_row": str(number)}
        selects.append(
            "select " + ", ".join(f"{values.get(name, 'null')}::{kind} as {name}" for name, kind in columns.items())
        )
    warehouse.create_table(f"raw.{feed}", " union all ".join(selects))


def test_a_row_that_a_later_load_corrects_holds_nothing(warehouse):
    """The company did what it was asked to: it sent the order again, with the year put right."""
    outcome = shape(warehouse, "orders", ("1", 1, {"order_id": "'2'"}), ("1", 2, TYPO), ("2", 1, {}))
    assert outcome.passed
    assert (outcome.key, outcome.rows_failing) == ("raw.orders:shape", 0)
    assert warehouse.rows("from duckdb_tables() where schema_name = 'gate'") == []


def test_what_is_in_force_and_broken_is_named_with_its_place_and_how_to_mend_it(warehouse):
    """Whoever mends it must find it: key, column, file and row; the values of the row are nobody's business."""
    corrected, other = {**TYPO, "order_id": "'7'"}, {"order_id": "'8'", "status": "'secret'", **TYPO}
    outcome = shape(
        warehouse, "orders", ("1", 1, corrected), ("1", 2, other), ("2", 3, {"order_id": "'7'"}), ("2", 4, TYPO)
    )
    assert not outcome.passed
    assert outcome.subject == "raw.orders"
    assert "ordered_at: column values to be between" in outcome.message
    assert "2 of 3 rows do not" in outcome.message
    assert "order_id 8, status, ordered_at (june.csv, row 2); order_id 1, ordered_at (july.csv, row 4)" in (
        outcome.message
    )
    assert "export it again" in outcome.message
    assert "order_id 7" not in outcome.message
    assert "secret" not in outcome.message
    assert "2062" not in outcome.message


EARLY, LATE = {"updated_at": "timestamp '2026-07-01'"}, {"updated_at": "timestamp '2026-07-02'"}


@pytest.mark.parametrize(
    ("first", "second", "passes"),
    [
        # The time of revision decides before the load does, as in staging.
        (("1", 1, LATE), ("2", 1, TYPO | EARLY), True),
        (("1", 1, TYPO | LATE), ("2", 1, EARLY), False),
        # A version without one comes after those with one.
        (("1", 1, TYPO | LATE), ("2", 1, {}), False),
        # Within a load the last row counts; the tenth comes after the ninth.
        (("1", 9, TYPO), ("1", 10, {}), True),
        (("1", 9, {}), ("1", 10, TYPO), False),
    ],
)
def test_the_version_that_counts_is_the_one_that_staging_keeps(warehouse, first, second, passes):
    """Newest revision, then newest load, then last row."""
    assert (told(warehouse, "orders", first, second) == []) is passes


def test_an_answer_is_corrected_by_the_same_question_alone(warehouse):
    """The key of an answer is its response and its question."""
    turned, right = {"scale_min": "5", "scale_max": "1"}, {"scale_min": "1", "scale_max": "5"}
    assert told(warehouse, "surveys", ("1", 1, turned), ("2", 1, {"question": "'other'", **right})) == [
        "response_id|question 1|q, scale_max (june.csv, row 1)"
    ]
    assert told(warehouse, "surveys", ("1", 1, turned), ("2", 1, right)) == []


def test_an_event_without_a_key_is_told_by_its_place(warehouse):
    """No later event takes its place: the file must, and the message says so."""
    outcome = shape(warehouse, "interactions", ("1", 3, {"occurred_at": "timestamp '1970-01-01'"}), ("2", 1, {}))
    assert not outcome.passed
    assert ": occurred_at (june.csv, row 3). To mend" in outcome.message
    assert "`replaces: true`" in outcome.message


def test_a_phone_number_is_never_told_though_it_is_part_of_the_key(warehouse):
    """An alias is told by its place."""
    assert told(warehouse, "aliases", ("1", 3, {"kind": "'fax'"})) == ["kind (june.csv, row 3)"]


def test_at_most_five_rows_are_named(warehouse):
    """A thousand would hide what the message says."""
    rows = [("1", at, {**TYPO, "order_id": f"'{at}'"}) for at in range(1, 8)]
    assert len(told(warehouse, "orders", *rows)) == 5


def test_every_expectation_of_a_feed_is_known_in_sql():
    """An expectation that is added without it would stop the refresh where a row breaks it."""
    for feed in CONTRACTS:
        for expectation in gx.feed_expectations(feed, AS_OF):
            in_force.broken_by(expectation)
