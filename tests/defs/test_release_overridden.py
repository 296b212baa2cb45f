"""A check that is let through, as Dagster, the status and the manifest tell of it."""

import datetime as dt
from types import SimpleNamespace

import dagster as dg
import pytest

from orchestration.config.gates import GatesConfig
from orchestration.config.overrides import OverridesConfig
from orchestration.defs import dbt
from orchestration.defs.release import used_overrides
from orchestration.defs.session import Session
from orchestration.quality.checks import CheckOutcome
from orchestration.quality.gate import Gate
from orchestration.settings import load_settings
from orchestration.warehouse.duckdb import Warehouse

KEY = "facts.orders:key"


@pytest.fixture
def session(tmp_path):
    """`session(days)`: a run in which one check is overridden up to so many days from today."""
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.prepare()

    def opened(days: int = 0) -> Session:
        settings = load_settings(tmp_path)
        until = settings.today + dt.timedelta(days=days)
        entry = {"check": KEY, "reason": "merger", "who": "Li Jing", "until": until}
        told = {
            "gates": GatesConfig(checks={KEY: {"severity": "block"}}),
            "overrides": OverridesConfig(overrides=[entry]),
        }
        settings = settings.__class__(**vars(settings) | told)
        gate = Gate(warehouse, settings.gates, "now", "run", settings.overrides.in_force(settings.today))
        return Session(settings, dt.date(2026, 6, 30), {}, warehouse, gate, None, "run")

    return opened


def outcome(passed: bool | None) -> CheckOutcome:
    return CheckOutcome("facts.orders", "key", passed, "3 keys twice", observed=3, threshold=0)


@pytest.mark.parametrize(
    ("passed", "days", "goes_on"),
    [(False, 0, True), (False, -1, False), (None, 0, False)],
    ids=["in force", "expired", "could not be run"],
)
def test_what_comes_after_runs_only_where_an_override_in_force_covers_a_failure(session, passed, days, goes_on):
    """A blocking check that fails stops Dagster; the run must go on to the gate where the gate would let it through."""
    ran = []

    @dg.asset(key=["facts", "orders"], check_specs=[dg.AssetCheckSpec("key", asset=["facts", "orders"], blocking=True)])
    def orders():
        return dg.MaterializeResult(check_results=[session(days).to_dagster(outcome(passed))])

    @dg.asset(deps=[orders])
    def after():
        ran.append("after")

    result = dg.materialize([orders, after], raise_on_error=False)
    assert ran == (["after"] if goes_on else [])
    [told] = result.get_asset_check_evaluations()
    assert not told.passed
    assert told.description.endswith("3 keys twice")
    assert told.description.startswith("overridden until ") is goes_on


def test_the_result_says_by_whom_until_when_and_why(session):
    """Whoever sees the yellow mark on the page need not look into a file."""
    run = session()
    told = run.to_dagster(outcome(False))
    words = f"overridden until {run.settings.today} by Li Jing: merger"
    assert told.description == f"{words}\n3 keys twice"
    assert told.metadata["on failure"].value == words


def test_a_reason_to_hold_tells_of_the_override_that_is_over(session):
    """What went through yesterday and holds today needs an explanation."""
    run = session(days=-1)
    run.gate.record_built("facts.orders", [])
    run.gate.record_checks([outcome(False)])
    yesterday = run.settings.today - dt.timedelta(days=1)
    [reason] = run.reasons()
    assert reason["message"] == f"3 keys twice (let through by Li Jing until {yesterday}, which is over)"


def test_what_failed_in_this_run_hides_nothing_else_that_holds(session):
    """Who mends one reason must not find the next one tomorrow."""
    run = session(days=-1)
    run.gate.record_built("facts.orders", [])
    run.gate.record_checks([outcome(False)])
    run.unmet = run.gate.unmet(["facts.orders", "facts.complaints"])
    assert [reason["check"] for reason in run.reasons()] == [KEY, "facts.complaints:is_current"]


def test_the_manifest_has_the_override_and_what_its_check_said(session):
    """Years later it can be read what was known when the numbers were published."""
    run = session()
    run.gate.record_built("facts.orders", [])
    run.gate.record_checks([outcome(False)])
    assert used_overrides(run.gate, run.gate.results()) == [
        {
            "check": KEY,
            "reason": "merger",
            "who": "Li Jing",
            "until": run.settings.today.isoformat(),
            "message": "3 keys twice",
            "observed": 3,
            "threshold": 0,
        }
    ]
    run.gate.record_checks([outcome(True)])
    assert used_overrides(run.gate, run.gate.results()) == []


@pytest.mark.parametrize("status", ["error", "skipped"])
def test_a_dbt_test_that_could_not_be_run_has_said_nothing(status):
    """It counted no rows, so nobody can accept what it found; and an engine's error may quote a customer's phone."""
    run = SimpleNamespace(status=status, failures=None, message="Conversion Error: could not convert '13711102201'")
    spec = dg.AssetCheckSpec("key", asset=["facts", "orders"])
    outcome = dbt.test_outcome(None, run, spec)
    assert (outcome.passed, outcome.observed) == (None, None)
    assert outcome.message == "could not run: Conversion Error: could not convert '…'"
