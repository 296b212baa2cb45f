"""Every dbt test passes on clean data, and fails on data that break what it claims."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from breaks import BY_NAME, GENERIC, broken_by, is_generic
from refreshes import Refresh, copy_home


@pytest.fixture(scope="module")
def checks(clean_refresh: Refresh) -> dict:
    """The data tests, compiled, by name."""
    return {name: result.node for name, result in clean_refresh.nodes("test").items()}


@pytest.fixture
def warehouse(clean_refresh: Refresh, tmp_path: Path):
    """A copy of the clean warehouse that may be broken."""
    home = copy_home(clean_refresh.home, tmp_path / "home")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        yield connection


def failures(warehouse, node, statements: list[str]) -> tuple[list[str], list[tuple]]:
    """What a check finds after some statements, which are taken back: its columns and its rows."""
    warehouse.execute("begin")
    try:
        for statement in statements:
            warehouse.execute(statement)
        found = warehouse.execute(node.compiled_code)
        return [column[0] for column in found.description], found.fetchall()
    finally:
        warehouse.execute("rollback")


def test_everything_passes_on_clean_data(clean_refresh):
    """A check that fails on a clean company would hold every refresh."""
    problems = {
        result.node.name: result.message for result in clean_refresh.results if result.status not in ("success", "pass")
    }

    assert problems == {}


def test_every_check_fails_on_broken_data(clean_refresh, checks, warehouse):
    """A check that cannot fail protects nothing."""
    models = {result.node.unique_id: result.node for result in clean_refresh.results}
    silent = []
    for name, node in checks.items():
        model = models.get(node.attached_node) if is_generic(node) else None
        table = f"{model.schema}.{model.name}" if model else ""
        is_view = bool(model) and model.config.materialized == "view"
        _, rows = failures(warehouse, node, broken_by(node, table, is_view=is_view))
        if not rows:
            silent.append(name)

    assert silent == []


def test_every_break_belongs_to_a_check(checks):
    """A break without a check is a check that somebody removed or renamed."""
    kinds = {node.test_metadata.name for node in checks.values() if is_generic(node)}
    singular = {name for name, node in checks.items() if not is_generic(node)}

    assert kinds == set(GENERIC)
    assert singular <= set(BY_NAME) <= set(checks)


def test_checks_show_the_key_first_and_nothing_personal(checks, warehouse):
    """Samples of failing rows are published with the results: they name rows, and nobody."""
    personal = {"name", "phone", "email", "text"}
    for name, node in checks.items():
        columns, _ = failures(warehouse, node, [])
        assert not personal & set(columns), name
        if is_generic(node):
            given = node.test_metadata.kwargs
            names = [given.get("key"), given.get("within"), given.get("columns"), [given.get("column_name")]]
            assert columns[0] == next(keys for keys in names if keys)[0], name


def test_singular_checks_name_the_model_they_judge(checks):
    """Dagster attaches a singular test to an asset by this name, and shows this description."""
    for name, node in checks.items():
        if not is_generic(node):
            reference = node.config.meta["dagster"]["ref"]["name"]
            assert any(dependency.endswith(f".{reference}") for dependency in node.depends_on.nodes), name
            assert node.config.meta["description"], name


def test_one_unknown_customer_in_a_thousand_is_tolerated(checks, warehouse):
    """99.5 % of the complaints up to as_of must be of a known customer, not all of them."""
    node = checks["complaints_are_of_known_customers"]
    ((landed,),) = warehouse.execute("select count(*) from staging.stg_complaints").fetchall()
    known = (
        "insert into raw.complaints (complaint_id, customer_id, opened_at, _load, _row)"
        f" select 'known' || number, 'c01', date '2026-06-01', 'l3', number from range({1000 - landed}) as n (number)"
    )
    unknown = (
        "insert into staging.unidentified (feed, record_key, happened_at)"
        " select 'complaints', 'unknown' || number, {day} from range({copies}) as n (number)"
    )
    five, six = (unknown.format(copies=copies, day="date '2026-06-01'") for copies in (5, 6))
    later = unknown.format(copies=100, day="date '2026-07-01'")

    assert failures(warehouse, node, [known, five, later])[1] == []
    assert len(failures(warehouse, node, [known, six])[1]) == 6
