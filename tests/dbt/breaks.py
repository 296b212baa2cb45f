"""How to break the company's warehouse so that a check must fail: by kind for generic tests, by name for the others.

Each break is SQL that is run inside a transaction and rolled back.
"""

from __future__ import annotations

GENERIC = {
    "unique_key": "insert into {table} select * from {table} limit 1",
    "never_null": "update {table} set {column} = null",
    "one_of": "update {table} set {column} = 'undeclared'",
    "never_negative": "update {table} set {column} = -1",
    "within": "update {table} set {column} = {most} + 1",
    "on_its_scale": "update {table} set {column} = {most} + 1",
    "ascending": "update {table} set {last} = {first} - 1",
    "not_after_as_of": "update {table} set {column} = date '2026-07-01'",
    "relationship_share": "update {table} set {column} = 'nobody'",
    "identified_share": (
        "insert into {table} (feed, record_key, happened_at) values ('{feed_name}', 'r1', timestamp '2026-06-01')"
    ),
    "row_for_every": "delete from {table} where {column} = (select min({column}) from {table})",
    "holds_no_contact": "update {table} set {first} = 'call １３８ 1234-5678'",
    "shares_sum_to_one": "update {table} set {column} = {column} + 0.1",
}

BY_NAME = {
    # Empty at the first release: there is no row yet to repeat.
    "tier_migration_move_is_unique": (
        "insert into marts.tier_migration values"
        " ('year_ago', 'abc', 'new', 'C', 3, 0, 0, 0), ('year_ago', 'abc', 'new', 'C', 3, 0, 0, 0)"
    ),
    "segment_moves_customer_and_scheme_are_unique": (
        "insert into marts.segment_moves (customer_id, scheme) values ('c02', 'abc'), ('c02', 'abc')"
    ),
    "segment_moves_cause_is_declared": (
        "insert into marts.segment_moves (customer_id, scheme, cause) values ('c02', 'abc', 'weather')"
    ),
    # Everybody is identified in the company, and nobody is merged.
    "merged_customers_named_customer_id_is_unique": (
        "insert into staging.merged_customers values ('c05', 'c01', null), ('c05', 'c01', null)"
    ),
    "unidentified_reason_is_declared": (
        "insert into staging.unidentified (feed, record_key, reason) values ('orders', 'o01', 'no_idea')"
    ),
    "assert_raw_rows_are_accepted_or_set_aside": ("delete from staging.set_aside where feed = 'complaints'"),
    "assert_order_money_is_accepted_or_set_aside": (
        "update staging.set_aside set amount = amount - 1 where feed = 'orders'"
    ),
    "assert_customer_revenue_is_the_money_of_its_orders": (
        "update marts.customer_value set revenue = revenue + 0.01 where customer_id = 'c02'"
    ),
    "assert_customer_order_days_are_its_orders_less_refunds": (
        "update facts.order_days set amount = amount + 0.01 where customer_id = 'c02'"
    ),
    "assert_customer_orders_count_each_order_once": (
        "update facts.customer_orders set orders = orders + 1 where customer_id = 'c02'"
    ),
    "assert_each_customer_is_in_one_segment_per_scheme": (
        "delete from marts.customer_segments where customer_id = 'c02' and scheme = 'rfm'"
    ),
    "assert_value_tiers_have_the_sizes_of_the_pyramid": (
        "update marts.customer_value set value_tier = 'platinum' where customer_id = 'c02'"
    ),
    "assert_quality_index_follows_from_its_indicators": (
        "delete from marts.service_quality_indicators where indicator = 'manner'"
    ),
    "assert_quality_changes_follow_from_the_indicators": (
        "update marts.service_quality_changes set contribution = contribution + 0.00001"
        " where indicator = 'satisfaction'"
    ),
    "assert_history_has_one_open_interval_per_customer_and_scheme": (
        "update marts.segment_history set valid_to = valid_from where customer_id = 'c02' and scheme = 'abc'"
    ),
    "assert_history_keeps_what_was_published": (
        "insert into previous.segment_history values ('c02', 'abc', 'A', '2026-01-31', '2026-03-31')"
    ),
    "assert_profit_curve_ends_at_the_total_profit": (
        "update marts.profit_curve set cumulative_profit = cumulative_profit - 1 where percentile = 100"
    ),
    "assert_migration_accounts_for_every_customer": (
        "insert into marts.tier_migration values ('year_ago', 'abc', 'new', 'C', 3, 0, 0, 0)"
    ),
    "assert_complaint_trends_count_each_complaint_once": "delete from marts.complaint_trends where category = 'price'",
    "assert_complaint_changes_count_each_complaint_once": (
        "delete from marts.complaint_changes where category = 'price'"
    ),
    "assert_relationship_summary_counts_each_customer_once": (
        "delete from marts.relationship_summary where dimension = 'region' and member = 'south'"
    ),
    "assert_price_like_benefits_depend_on_the_ladder_only": (
        "insert into marts.service_plan by name select * replace ('c99' as customer_id, 1 as rebate_amount)"
        " from marts.service_plan where customer_id = 'c01'"
    ),
    "assert_rebate_is_given_or_its_gap_is_reported": (
        "update marts.service_plan set rebate_amount = 3000 where customer_id = 'c07'"
    ),
}


def is_generic(node) -> bool:
    """Whether a data test is an instance of one under tests/generic, and not a query of its own."""
    return hasattr(node, "test_metadata")


def broken_by(node, table: str, *, is_view: bool) -> list[str]:
    """The statements after which this data test must fail.

    Parameters
    ----------
    node
        dbt's node of a data test.
    table
        The relation that it is attached to, as ``schema.name``.
    is_view
        Whether this relation is a view.

    Raises
    ------
    KeyError
        A kind of test, or a singular test, has no break yet.
    """
    if node.name in BY_NAME or not is_generic(node):
        return [BY_NAME[node.name]]
    given = node.test_metadata.kwargs
    columns = given.get("columns", [None])
    statement = GENERIC[node.test_metadata.name].format(
        table=table,
        column=given.get("column_name"),
        feed_name=given.get("feed_name"),
        most=given.get("most"),
        first=columns[0],
        last=columns[-1],
    )
    if not is_view:
        return [statement]
    # A view cannot be changed: a table with its rows takes its place.
    return [
        f"create temp table rows_of_view as select * from {table}",
        f"drop view {table}",
        f"create table {table} as select * from rows_of_view",
        statement,
    ]
