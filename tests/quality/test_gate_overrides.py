"""The gate under overrides: a failure on the data that are there is let through, and nothing else is."""

import datetime as dt

import pytest

from orchestration.config.gates import GatesConfig
from orchestration.config.overrides import Override
from orchestration.quality.checks import CheckOutcome
from orchestration.quality.gate import Gate

CHECKS = {
    "facts.orders:key": {"severity": "block"},
    "facts.orders:money": {"severity": "block"},
    "facts.orders:usual": {"severity": "warn"},
}


@pytest.fixture
def ledger(warehouse):
    """`ledger(check, ...)` opens the gate under overrides of these checks."""

    def opened(*checks: str, run: str = "run-1") -> Gate:
        told = {"reason": "merger", "who": "Li Jing", "until": dt.date(2026, 7, 31)}
        overrides = {check: Override(check=check, **told) for check in checks}
        return Gate(warehouse, GatesConfig(checks=CHECKS), "now", run, overrides)

    return opened


def say(gate: Gate, **results: bool | None) -> Gate:
    gate.record_checks([CheckOutcome("facts.orders", name, passed, "as it is") for name, passed in results.items()])
    return gate


def states(gate: Gate) -> list[tuple[str, str]]:
    return [(unmet.check, unmet.state) for unmet in gate.unmet(["facts.orders"])]


@pytest.fixture
def held(ledger) -> Gate:
    """Orders are built; one check failed on them, the other passed."""
    gate = ledger()
    gate.record_built("facts.orders", [])
    return say(gate, key=False, money=True)


def test_a_candidate_that_was_held_is_let_through_as_it_is(held, ledger):
    """A decision is not a change of data: nothing is built or checked again."""
    assert states(held) == [("key", "failed")]
    assert states(ledger("facts.orders:key", run="run-2")) == []


def test_another_check_is_not_covered(held, ledger):
    """Exactly one is let through."""
    say(held, money=False)
    assert states(ledger("facts.orders:key")) == [("money", "failed")]
    assert states(ledger("facts.orders:money")) == [("key", "failed")]


def test_a_check_that_has_not_run_is_not_covered(held, ledger):
    """There is nothing that anybody could have looked at and accepted."""
    held.record_built("facts.orders", [])
    assert states(ledger("facts.orders:key", "facts.orders:money")) == [("key", "not run"), ("money", "not run")]


def test_a_check_that_could_not_be_run_is_not_covered(held, ledger):
    """It broke before it looked; and the run is held for it, with its own words."""
    say(held, key=None)
    gate = ledger("facts.orders:key")
    assert [str(unmet) for unmet in gate.unmet(["facts.orders"])] == ["facts.orders:key not run: as it is"]
    assert [row["check_name"] for row in gate.failures_of_run()] == ["key"]


def test_a_table_that_is_outdated_is_not_covered(held, ledger):
    """New rows that nobody has seen are no failed check."""
    held.record_built("facts.orders", ["raw.orders"])
    say(held, key=False, money=True)
    held.record_built("raw.orders", [])
    assert states(ledger("facts.orders:key")) == [("is_current", "outdated")]


def test_a_failure_that_is_let_through_is_no_reason_to_hold(held, ledger):
    """The status of a run that is held for something else names only that."""
    assert [row["check_name"] for row in held.failures_of_run()] == ["key"]
    assert ledger("facts.orders:key").failures_of_run() == []


def test_only_a_failure_that_would_have_held_is_told_as_overridden(held, ledger):
    """An override of what passed, or of what only warns, was not used."""
    say(held, usual=False)
    results = ledger(*CHECKS).results()
    assert [(row["check_name"], row["is_overridden"]) for row in results] == [
        ("key", True),
        ("money", False),
        ("usual", False),
    ]
