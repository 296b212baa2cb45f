"""What a refresh gives on the company of company.sql, and what the next one makes of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from refreshes import Refresh, copy_home, prepare, refresh

PUBLISHED = ("facts", "history", "marts")

LATER_EVENTS = """
insert into raw.orders (order_id, customer_id, ordered_at, amount, channel, region, _load, _row) values
    ('x1', 'c02', '2026-07-01 00:00', 5000, 'web', 'west', 'l9', 1),
    ('x2', 'c99', '2026-07-02 09:00', 5000, 'web', 'west', 'l9', 2);
insert into raw.complaints (complaint_id, customer_id, opened_at, category, _load, _row) values
    ('x1', 'c01', '2026-07-01 00:00', 'delivery', 'l9', 1);
insert into raw.surveys values ('x1', 'c01', '2026-07-01', 'overall_satisfaction', 5, 5, 1, 5, 'l9', 1);
insert into raw.customers (customer_id, region, registered_at, _load, _row) values
    ('c98', 'west', '2026-07-01', 'l9', 1);
insert into raw.interactions values ('c05', '2026-07-01', 'visit', null, null, 'l9', 1);
insert into raw.service_costs values ('c05', '2026-07-01', 'visit', 100, 'l9', 1);
update raw.orders set delivered_at = '2026-07-01', paid_at = '2026-07-01' where order_id = 'o07';
update raw.complaints set
    first_response_at = '2026-07-01', resolved_at = '2026-07-02', resolution_accepted = true
where complaint_id = 'k4';
"""

SHUFFLE = "".join(
    f"create table shuffled as select * from raw.{feed} order by hash(_row + 7); "
    f"drop table raw.{feed}; create table raw.{feed} as select * from shuffled; drop table shuffled; "
    for feed in ("orders", "complaints", "surveys", "customers", "interactions", "service_costs", "wallets")
)

# A month later: c01 and c02 change places, c04 ordered again, c09 has been forgotten, c11 is new.
A_MONTH_LATER = """
insert into previous.segment_history select * from marts.segment_history;
insert into previous.release values ('r1', '2026-06-30');
insert into raw.orders (order_id, customer_id, ordered_at, amount, _load, _row) values
    ('o20', 'c04', '2026-07-10 09:00', 100, 'l3', 1),
    ('o21', 'c11', '2026-07-11 09:00', 100, 'l3', 2);
update scores.silence set is_silent = false where customer_id = 'c04';
delete from raw.customers where customer_id = 'c09';
update scores.clv set customer_id = 'c11' where customer_id = 'c09';
update scores.value_tiers set customer_id = 'c11' where customer_id = 'c09';
update scores.clusters set customer_id = 'c11' where customer_id = 'c09';
update scores.silence set customer_id = 'c11' where customer_id = 'c09';
insert into previous.customer_value
select customer_id, last_ordered_at, orders, revenue, profit, clv, clv_method, key_account_rank_revenue
from marts.customer_value;
update scores.value_tiers set value_tier = 'iron' where customer_id = 'c01';
update scores.value_tiers set value_tier = 'platinum' where customer_id = 'c02';
"""


def differing_tables(one: Path, other: Path) -> list[str]:
    """The published tables whose rows differ between two homes."""
    with duckdb.connect() as connection:
        for name, home in (("one", one), ("other", other)):
            connection.execute(f"attach '{home / 'warehouse.duckdb'}' as {name} (read_only)")
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            f" where database_name = 'one' and schema_name in {PUBLISHED} order by all"
        ).fetchall()
        assert len(tables) > 20
        return [
            table
            for (table,) in tables
            if connection.execute(
                f"(from one.{table} except all from other.{table})"
                f" union all (from other.{table} except all from one.{table})"
            ).fetchall()
        ]


@pytest.fixture(scope="module")
def next_refresh(clean_refresh: Refresh, dbt_target: Path, tmp_path_factory) -> Refresh:
    """The refresh of a month later, on top of the first."""
    home = copy_home(clean_refresh.home, tmp_path_factory.mktemp("next") / "home")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(A_MONTH_LATER)
    return refresh(home, dbt_target, "--exclude-resource-type", "unit_test", as_of="2026-07-31")


def test_each_row_that_is_not_accepted_is_set_aside(clean_refresh):
    """The same row landing twice is a duplicate; an older version is superseded by its correction."""
    rows = clean_refresh.rows("select feed, record_key, outcome, amount from staging.set_aside order by all")

    assert rows == [
        ("complaints", "k5", "duplicate", None),
        ("customers", "c03", "superseded", None),
        ("orders", "o08", "duplicate", Decimal(90000)),
        ("orders", "o08", "superseded", Decimal(80000)),
        ("surveys", "s3|content_effectiveness", "superseded", None),
    ]


def test_money_of_a_customer_is_its_orders_less_refunds_and_costs(clean_refresh):
    """90,000 - 20,000 of revenue; 40,000 - 8,000 - 6,000 of profit, two equal charges being two charges."""
    rows = clean_refresh.rows("select revenue, profit from marts.customer_value where customer_id = 'c02'")

    assert rows == [(Decimal(70000), Decimal(26000))]


def test_the_index_stands_beside_that_of_the_month_before(clean_refresh):
    """May lacks manner: the change is over what both months have, and not 67 - 54.3; May itself has no month before."""
    rows = clean_refresh.rows(
        "select period, round(quality_index_before, 6), round(quality_index_change, 6) from marts.service_quality"
        " where dimension = 'overall' order by period"
    )

    assert rows == [("2026-05", None, None), ("2026-06", 54.285714, 2.857143)]


def test_profitable_but_dissatisfied_customers_are_flagged(clean_refresh):
    """It is the first list that a manager wants."""
    rows = clean_refresh.rows(
        "select customer_id from marts.customer_relationship where is_profitable_but_dissatisfied"
    )

    assert rows == [("c01",)]


def test_marts_keep_personal_data_out(clean_refresh):
    """Names, phones, e-mails and what customers wrote stay in raw."""
    rows = clean_refresh.rows(
        "select table_name, column_name from duckdb_columns() where not internal"
        " and schema_name not in ('raw', 'scores', 'previous') and column_name in ('name', 'phone', 'email', 'text')"
    )

    assert rows == []


def test_every_published_column_is_described_in_the_engine(clean_refresh):
    """Readers of the marts find out there what a column means."""
    rows = clean_refresh.rows(
        "select table_name, column_name from duckdb_columns()"
        " where schema_name in ('facts', 'history', 'marts', 'seeds') and comment is null"
    )

    assert rows == []


def test_first_release_has_nothing_to_compare_with(clean_refresh):
    """Without it, everybody would look new."""
    assert clean_refresh.rows("select count(*) from marts.tier_migration") == [(0,)]
    assert clean_refresh.rows("select count(*) from marts.segment_history where valid_to is not null") == [(0,)]


def test_next_refresh_passes_its_own_checks(next_refresh):
    """History that moved must still be one open interval each, with nothing lost."""
    problems = {
        result.node.name: result.message for result in next_refresh.results if result.status not in ("success", "pass")
    }

    assert problems == {}


def test_tier_moves_with_the_date_and_the_tier_before(next_refresh):
    """A one-off segmentation is the classic mistake: each customer shows since when, and from what."""
    rows = next_refresh.rows(
        "select customer_id, value_tier, previous_value_tier, tier_since from marts.customer_value"
        " where customer_id in ('c01', 'c02', 'c05', 'c11') order by customer_id"
    )

    assert rows == [
        ("c01", "iron", "platinum", date(2026, 7, 31)),
        ("c02", "platinum", "iron", date(2026, 7, 31)),
        ("c05", "lead", None, date(2026, 6, 30)),
        ("c11", "lead", None, date(2026, 7, 31)),
    ]


def test_migration_counts_those_who_stay_move_come_and_go(next_refresh):
    """Seven stay in lead; a year ago there was no history, so that comparison is empty."""
    rows = next_refresh.rows(
        "select comparison, from_segment, to_segment, customers from marts.tier_migration"
        " where scheme = 'value_tier' order by all"
    )

    assert rows == [
        ("previous_release", "iron", "platinum", 1),
        ("previous_release", "lead", "gone", 1),
        ("previous_release", "lead", "lead", 7),
        ("previous_release", "new", "lead", 1),
        ("previous_release", "platinum", "iron", 1),
    ]


def test_an_order_after_decline_wins_the_customer_back(next_refresh):
    """c04 was in decline at the release before, and ordered since."""
    rows = next_refresh.rows(
        "select segment, valid_from, valid_to from marts.segment_history"
        " where customer_id = 'c04' and scheme = 'lifecycle_stage' order by valid_from"
    )

    assert rows == [
        ("decline", date(2026, 6, 30), date(2026, 7, 31)),
        ("win_back", date(2026, 7, 31), None),
    ]


def test_later_events_and_the_order_of_the_rows_change_nothing(clean_refresh, dbt_target, tmp_path):
    """The same inputs give the same tables to the last bit, and a past date does not know what came later."""
    home = prepare(tmp_path / "home", LATER_EVENTS + SHUFFLE)
    again = refresh(home, dbt_target, "--exclude-resource-type", "test", "unit_test")

    assert differing_tables(clean_refresh.home, again.home) == []
