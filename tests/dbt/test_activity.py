"""The E-value as a rule over any activity; cases worked out by hand are unit tests of dbt beside the model."""

from math import log

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

WEIGHTS = {"value_added_purchase": 0.45, "search": 0.25, "message_click": 0.2, "post": 0.1}
CUSTOMERS = ("a", "b", "c")

# How often each of three customers did each of four kinds.
activity = st.fixed_dictionaries(
    {customer: st.fixed_dictionaries({kind: st.integers(0, 30) for kind in WEIGHTS}) for customer in CUSTOMERS}
)


@pytest.fixture(scope="module")
def e_values(clean_refresh):
    """`e_values(activity)` runs the model's own statement over it."""
    statement = clean_refresh.nodes("model")["customer_activity"].node.compiled_code
    with duckdb.connect() as connection:
        connection.execute(
            "attach ':memory:' as warehouse; use warehouse;"
            "create schema facts; create schema staging; create schema scores;"
            "create table facts.customers (customer_id varchar);"
            "create table scores.quality_weights (hierarchy varchar, indicator varchar, global_weight double);"
            "create table staging.identified_interactions"
            " (customer_id varchar, kind varchar, occurred_at timestamp, category varchar)"
        )
        connection.executemany("insert into facts.customers values (?)", [[customer] for customer in CUSTOMERS])
        connection.executemany(
            "insert into scores.quality_weights values ('customer_activity', ?, ?)",
            list(WEIGHTS.items()),
        )

        def ask(counts):
            connection.execute("truncate staging.identified_interactions")
            connection.executemany(
                "insert into staging.identified_interactions"
                " select ?, ?, timestamp '2026-06-01 10:00:00', null from range(?)",
                [[customer, kind, times] for customer, did in counts.items() for kind, times in did.items()],
            )
            return dict(connection.execute(f"select customer_id, e_value from ({statement})").fetchall())

        yield ask


@given(activity, st.sampled_from(CUSTOMERS), st.sampled_from(sorted(WEIGHTS)))
@settings(max_examples=40, deadline=None)
def test_one_more_of_anything_never_lowers_the_e_value(e_values, counts, customer, kind):
    """Nor does it leave 0 to 100: a score that falls for doing more is none of activity."""
    before = e_values(counts)
    more = counts | {customer: counts[customer] | {kind: counts[customer][kind] + 1}}
    after = e_values(more)
    assert after[customer] >= (before[customer] or 0)
    assert all(0 <= value <= 100 for value in after.values())


@given(activity)
@settings(max_examples=40, deadline=None)
def test_the_e_value_is_the_formula(e_values, counts):
    """100 x sum of weight x ln(1 + count) / ln(1 + highest), over the kinds that anybody used, by Python alone."""
    highest = {kind: max(did[kind] for did in counts.values()) for kind in WEIGHTS}
    used = {kind: weight for kind, weight in WEIGHTS.items() if highest[kind]}
    found = e_values(counts)
    if not used:
        assert set(found.values()) == {None}
        return
    for customer, did in counts.items():
        earned = sum(weight * log(1 + did[kind]) / log(1 + highest[kind]) for kind, weight in used.items())
        assert found[customer] == pytest.approx(100 * earned / sum(used.values()), abs=1e-4)
