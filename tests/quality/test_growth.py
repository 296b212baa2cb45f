"""When a table may grow, and when it has to be built in full."""

import datetime as dt
from itertools import pairwise

import pytest

from orchestration.quality.growth import Growth, forget

AS_OF = dt.date(2026, 6, 30)
TOLD = {"code": "1", "margin": 1.0}
CHAIN = [
    "staging.repeated_orders",
    "facts.orders",
    "facts.netted_orders",
    "facts.order_days",
    "facts.order_summaries",
]


@pytest.fixture
def built(warehouse):
    """A warehouse whose tables were built from the loads a and b."""
    for table in CHAIN:
        warehouse.create_table(table, "select 1 as row")
    land(warehouse, "a", "b")
    warehouse.create_table("staging.merged_customers", "select 'c1' as named_customer_id, 'c2' as customer_id")
    Growth(warehouse, AS_OF, TOLD).record(CHAIN)
    return warehouse


def land(warehouse, *loads: str) -> None:
    warehouse.create_table("raw.orders", f"select unnest({list(loads)}) as _load")


def test_a_table_grows_by_the_loads_that_have_come_since(built):
    """The date that it was built for tells what as_of has passed on its way."""
    land(built, "a", "aa", "b", "c")
    now = Growth(built, dt.date(2026, 7, 1), TOLD)
    expected = {"earlier_as_of": "2026-06-30", "new_loads": ["aa", "c"]}
    assert now.may_grow(CHAIN) == {table.split(".")[1]: expected for table in CHAIN}


def test_a_load_that_no_longer_counts_leads_to_a_full_build(built):
    """Its rows are in the table, and nothing says which."""
    land(built, "b", "c")
    assert Growth(built, AS_OF, TOLD).may_grow(CHAIN) == {}


def test_other_code_or_configuration_leads_to_a_full_build(built):
    """Old rows would keep the old meaning."""
    assert Growth(built, AS_OF, TOLD | {"margin": 0.5}).may_grow(CHAIN) == {}


def test_other_merged_customers_lead_to_full_facts(built):
    """An order of an old load may belong to somebody else now; which rows repeat is not touched by it."""
    built.create_table("staging.merged_customers", "select 'c1' as named_customer_id, 'c3' as customer_id")
    assert set(Growth(built, AS_OF, TOLD).may_grow(CHAIN)) == {"repeated_orders"}


def test_a_table_that_is_gone_is_built_in_full(built):
    """What is known of it says nothing then."""
    built.rows("drop table facts.orders")
    assert set(Growth(built, AS_OF, TOLD).may_grow(CHAIN)) == {table.split(".")[1] for table in CHAIN} - {"orders"}


def test_what_is_forgotten_is_built_in_full(built):
    """An erasure changes landed files in place."""
    forget(built)
    assert Growth(built, AS_OF, TOLD).may_grow(CHAIN) == {}


@pytest.mark.parametrize(("below", "above"), pairwise(CHAIN))
def test_a_table_built_on_an_older_one_is_not_recorded(built, below, above):
    """Whoever builds facts alone, after a load has come, gets rows that staging has not judged."""
    land(built, "a", "b", "c")
    now = Growth(built, AS_OF, TOLD)
    now.record(CHAIN[: CHAIN.index(below)])
    forget(built, [above])
    now.record([above])
    assert now.state(above) is None
