"""Planted movers over three months: found with their causes, and the migration as a plain script works it out.

The whole year is in benchmarks/history.py.
"""

import datetime as dt
import hashlib
import json
from collections import Counter

import duckdb
import pytest
from a_company import CUSTOMERS, ORDERS, Company
from a_year import PLANTED, Truth, configure, matrix, plant, since

from orchestration.sample.company import write_company

MONTH_ENDS = [dt.date(2025, 12, 31), dt.date(2026, 1, 31), dt.date(2026, 2, 28)]


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Company:
    """Three releases. The first is stripped of what the program before this one did not publish."""
    company = Company(tmp_path_factory.mktemp("movers"))
    write_company(company.home / "sample", CUSTOMERS, ORDERS)
    plant(company)
    config = configure(company.home / "config")
    for as_of in MONTH_ENDS:
        result = company.touchstone("refresh", "--as-of", as_of.isoformat(), config=config)
        assert result.exit_code == 0, result.output
        if as_of == MONTH_ENDS[0]:
            make_old(company)
    return company


def make_old(company: Company) -> None:
    """Take from the served release what an upgrade adds: columns, marts, keys of the configuration."""
    release = company.current.resolve()
    values = release / "customer_value.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table kept as select * exclude (orders) from '{values}'")
        connection.execute(f"copy kept to '{values}'")
    (release / "segment_moves.parquet").unlink()
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    del manifest["configuration"]["tiers"]["hysteresis"]
    del manifest["files"]["segment_moves.parquet"]
    manifest["files"]["customer_value.parquet"] = hashlib.sha256(values.read_bytes()).hexdigest()
    (release / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.fixture(scope="module")
def line(company) -> list:
    truth = Truth(company)
    return [(as_of, truth.tiers(as_of)) for as_of in MONTH_ENDS]


def ask(company, question: str, month: int = -1) -> list[tuple]:
    release = sorted((company.home / "published" / "releases").iterdir())[month]
    with duckdb.connect(str(release / "marts.duckdb"), read_only=True) as connection:
        return connection.execute(question).fetchall()


@pytest.mark.parametrize("month", [0, 1, 2])
def test_tiers_since_and_the_tier_before_are_those_of_the_files(company, line, month):
    """Every customer, in every release."""
    found = ask(
        company, "select customer_id, value_tier, tier_since, previous_value_tier from marts.customer_value", month
    )
    assert set(found) == {(who, tier, *since(line[: month + 1], who)) for who, tier in line[month][1].items()}


@pytest.mark.parametrize("month", [1, 2])
def test_the_migration_is_that_of_the_files(company, line, month):
    """From where to where, and how many."""
    found = ask(
        company,
        "select from_segment, to_segment, customers from marts.tier_migration"
        " where scheme = 'value_tier' and comparison = 'previous_release'",
        month,
    )
    counts = Counter({(before, after): customers for before, after, customers in found})
    assert counts == matrix(line[month - 1][1], line[month][1])


def test_planted_movers_are_found_with_their_causes(company):
    """In February one gave back what it had bought, one bought again, and one ordered nothing after a first order.

    The last one's value fell by 4,249, and the cut of iron by 2,472: it would have fallen out of an unmoved tier too.
    """
    found = ask(
        company,
        "select customer_id, cause from marts.segment_moves"
        f" where scheme = 'value_tier' and customer_id in {tuple(PLANTED)}",
    )
    assert dict(found) == {"X_gives_back": "refunds", "X_rises": "new_orders", "X_is_new": "lapse"}


def test_after_an_upgrade_movers_are_told_and_their_causes_are_not_known(company, line):
    """Orders were not published by the program before: better no cause than a wrong one. Who is new is still new."""
    moved = {who for who, tier in line[1][1].items() if line[0][1].get(who) not in (tier, None)}
    new = line[1][1].keys() - line[0][1].keys()
    found = ask(company, "select customer_id, cause from marts.segment_moves where scheme = 'value_tier'", 1)
    assert "X_rises" in moved
    assert "X_is_new" in new
    assert set(found) == {(who, "unknown") for who in moved} | {(who, "new_customer") for who in new}
