"""Tables that grow by load hold what a full build would give, row for row, whatever lands and wherever as_of moves.

`benchmarks/faults/incremental.py` does the same for as many rounds as it is given.
"""

from __future__ import annotations

from random import Random

import pytest
from growing import GROWING, ORDERS_ALONE, GrowingCompany

from orchestration.errors import UserError
from orchestration.quality.growth import Growth

NAMES = {table.split(".")[1] for table in GROWING}


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(tmp_path_factory.mktemp("growing")))
        yield GrowingCompany(tmp_path_factory.mktemp("growing"), Random(20_260_630))


@pytest.fixture
def grown_tables(monkeypatch) -> list[str]:
    """The names of the tables that have grown instead of being built in full."""
    grown = []
    decide = Growth.may_grow

    def spy(self, tables):
        growing = decide(self, tables)
        grown.extend(growing)
        return growing

    monkeypatch.setattr(Growth, "may_grow", spy)
    return grown


def test_grown_tables_equal_a_full_build(company, grown_tables):
    """A load between two others on the same day, backward over a year's end, and forward over a year."""
    company.clear()
    company.land("l2")
    company.land("l4")
    company.build("2026-01-01")
    for as_of, loads in (("2026-01-01", ["l3", "l5"]), ("2025-12-30", []), ("2026-12-31", ["l6"])):
        for load in loads:
            company.land(load)
        grown_tables.clear()
        company.build(as_of)
        assert set(grown_tables) == NAMES
        assert company.contents() == company.full_contents(as_of), as_of


def test_a_build_that_died_before_it_was_recorded_is_followed_by_a_full_one(company, grown_tables, monkeypatch):
    """The tables may hold a load that the next refresh does not count, and nobody would know."""
    company.clear()
    company.land("l1")
    company.build("2026-01-01", ORDERS_ALONE)
    with monkeypatch.context() as patch:
        patch.setattr(Growth, "record", lambda self, tables: None)
        company.build("2026-01-03", ORDERS_ALONE)
    assert set(grown_tables) == {"repeated_orders", "orders"}
    grown_tables.clear()
    company.build("2026-01-01", ORDERS_ALONE)
    assert grown_tables == []


def test_a_table_that_cannot_be_filled_keeps_its_rows(company):
    """Rows are deleted and inserted in one transaction."""
    company.clear()
    company.land("l1")
    company.build("2026-01-01", ORDERS_ALONE)
    before = company.warehouse.rows("select * from facts.orders order by all")
    company.warehouse.rows("alter table facts.orders rename profit to other")
    with pytest.raises(UserError, match="orders"):
        company.build("2026-03-01", ORDERS_ALONE)
    assert company.warehouse.rows("select * from facts.orders order by all") == before
