"""The gate: a result counts for the data that are there now, and for nothing else."""

import datetime as dt

import pytest

from orchestration.config.gates import GatesConfig
from orchestration.errors import UserError
from orchestration.quality import gate as gates
from orchestration.quality.checks import CheckOutcome
from orchestration.quality.gate import Gate, inputs_of
from orchestration.settings import load_settings

CHECKS = {"facts.orders:key": {"severity": "block"}, "facts.orders:usual": {"severity": "warn"}}


@pytest.fixture
def ledger(warehouse):
    """`ledger(inputs=..., run=..., checks=...)` opens the gate of one warehouse, as a run would."""

    def opened(inputs: str = "now", run: str = "run-1", checks: dict | None = None) -> Gate:
        return Gate(warehouse, GatesConfig(checks=CHECKS if checks is None else checks), inputs, run)

    return opened


def outcome(name: str = "key", passed: bool = True, subject: str = "facts.orders", **more) -> CheckOutcome:
    return CheckOutcome(subject, name, passed, more.pop("message", "as it is"), **more)


def states(gate: Gate, *tables: str) -> list[tuple[str, str, str]]:
    return [(unmet.subject, unmet.check, unmet.state) for unmet in gate.unmet(list(tables))]


@pytest.fixture
def built(ledger) -> Gate:
    """Orders are built, and their check has passed."""
    gate = ledger()
    gate.record_built("raw.orders", [])
    gate.record_built("facts.orders", ["raw.orders"])
    gate.record_checks([outcome()])
    return gate


def test_a_check_that_passed_on_the_data_that_are_there_lets_through(built):
    """The one way through."""
    assert built.unmet(["raw.orders", "facts.orders"]) == []


def test_a_check_that_never_ran_holds(ledger):
    """Silence is not consent."""
    gate = ledger()
    gate.record_built("facts.orders", [])
    assert states(gate) == [("facts.orders", "key", "not run")]


def test_a_check_that_failed_holds_and_says_why(ledger):
    """With the number it found and the one it was held against."""
    gate = ledger()
    gate.record_built("facts.orders", [])
    gate.record_checks([outcome(passed=False, message="3 keys twice", observed=3, threshold=0)])
    (unmet,) = gate.unmet([])
    assert (unmet.state, unmet.message, unmet.observed, unmet.threshold) == ("failed", "3 keys twice", 3, 0)
    assert str(unmet) == "facts.orders:key failed: 3 keys twice"


def test_a_table_that_was_built_again_has_to_be_checked_again(built):
    """What was said of the old rows says nothing of the new ones."""
    built.record_built("facts.orders", ["raw.orders"])
    assert states(built) == [("facts.orders", "key", "not run")]


def test_a_table_under_a_newer_upstream_is_outdated(built):
    """New orders arrived, and the facts do not know them, though their check passed."""
    built.record_built("raw.orders", [])
    assert states(built, "raw.orders", "facts.orders") == [("facts.orders", "is_current", "outdated")]


def test_an_upstream_that_is_first_built_later_makes_outdated(ledger):
    """A table built before its input was there has not seen it."""
    gate = ledger(checks={})
    gate.record_built("facts.orders", ["raw.orders"])
    assert states(gate, "facts.orders") == []
    gate.record_built("raw.orders", [])
    assert states(gate, "facts.orders") == [("facts.orders", "is_current", "outdated")]


def test_a_table_that_was_never_built_holds(ledger):
    """Even where no check asks for it."""
    assert states(ledger(checks={}), "marts.labels") == [("marts.labels", "is_current", "not built")]


def test_other_inputs_make_every_table_outdated(built, ledger):
    """Another date, configuration, code or base release is another candidate."""
    later = ledger(inputs="tomorrow", run="run-2")
    assert states(later, "raw.orders", "facts.orders") == [
        ("facts.orders", "is_current", "outdated"),
        ("raw.orders", "is_current", "outdated"),
    ]


def test_a_run_after_another_with_the_same_inputs_goes_on_where_it_stopped(built, ledger):
    """A retry need not do again what holds."""
    assert states(ledger(run="run-2"), "raw.orders", "facts.orders") == []


def test_results_that_were_deleted_count_no_more(built, warehouse):
    """Nothing is remembered outside the table."""
    warehouse_rows(warehouse, "delete from gate.refresh_checks")
    assert states(built) == [("facts.orders", "key", "not run")]


def test_versions_that_were_deleted_hold(built, warehouse):
    """A check cannot be held against a table of which nothing is known."""
    warehouse_rows(warehouse, "delete from gate.table_versions where table_name = 'facts.orders'")
    assert ("facts.orders", "key", "not run") in states(built)
    assert ("facts.orders", "is_current", "not built") in states(built)


def test_a_renamed_check_holds_until_it_has_run_under_its_name(built, ledger):
    """Else a rule could be dropped by renaming it in one place."""
    renamed = ledger(checks={"facts.orders:key_is_unique": {"severity": "block"}})
    assert states(renamed) == [("facts.orders", "key_is_unique", "not run")]


def test_a_result_given_before_the_table_was_built_counts_for_nothing(ledger):
    """It looked at something else."""
    gate = ledger()
    gate.record_checks([outcome()])
    gate.record_built("facts.orders", [])
    assert states(gate) == [("facts.orders", "key", "not run")]
    assert gate.results() == []


def test_a_warning_never_holds(built):
    """It is told, and published all the same."""
    built.record_checks([outcome("usual", passed=False)])
    assert states(built) == []
    assert [(row["check_name"], row["passed"], row["severity"]) for row in built.results()] == [
        ("key", True, "block"),
        ("usual", False, "warn"),
    ]


@pytest.mark.parametrize(("first", "then", "holds"), [(False, True, False), (True, False, True)])
def test_of_two_results_on_the_same_data_the_later_wins(ledger, first, then, holds):
    """Within one call and across calls: a check that was mended, or one that found more."""
    gate = ledger()
    gate.record_built("facts.orders", [])
    gate.record_checks([outcome(passed=then), outcome(passed=first, observed=1)])
    gate.record_checks([outcome(passed=then)])
    assert bool(gate.unmet([])) is holds
    assert [(row["passed"], row["observed"]) for row in gate.results()] == [(then, None)]


def test_a_later_failure_shows_its_own_numbers_only(ledger):
    """The number of an earlier result beside the words of a later one would be a lie."""
    gate = ledger()
    gate.record_built("facts.orders", [])
    gate.record_checks([outcome(passed=False, observed=7)])
    gate.record_checks([outcome(passed=False, message="could not be read")])
    (unmet,) = gate.unmet([])
    assert (unmet.message, unmet.observed) == ("could not be read", None)


def test_a_check_that_no_gate_names_is_an_error_and_writes_nothing(built):
    """What its failure does was never decided; nor may half of a batch count."""
    with pytest.raises(UserError, match=r"'facts\.orders:new' has no gate"):
        built.record_checks([outcome(passed=False), outcome("new")])
    assert states(built) == []


def test_results_tell_only_of_the_tables_that_are_there_now(built):
    """The manifest of a release must not carry the results of tables since replaced."""
    built.record_built("facts.orders", ["raw.orders"])
    assert built.results() == []


def test_five_ids_at_most_are_kept(ledger):
    """Enough to look, too few to leak a table."""
    gate = ledger()
    gate.record_built("facts.orders", [])
    gate.record_checks([outcome(passed=False, sample_ids=list("abcdefg"))])
    assert gate.results()[0]["sample_ids"] == '["a", "b", "c", "d", "e"]'


def test_failures_of_a_run_are_its_own_and_block(built, ledger):
    """Status speaks of this refresh, not of last week's, and not of warnings."""
    built.record_checks([outcome(passed=False, message="first run")])
    second = ledger(run="run-2")
    assert second.failures_of_run() == []
    second.record_checks([outcome("usual", passed=False), outcome(passed=False, message="second run")])
    assert [row["message"] for row in second.failures_of_run()] == ["second run"]


def test_inputs_change_with_date_configuration_code_and_base(monkeypatch):
    """Each of the four makes other marts."""
    settings = load_settings()
    day = dt.date(2026, 6, 30)
    found = {inputs_of(settings, day, None), inputs_of(settings, day, "r1")}
    found.add(inputs_of(settings, dt.date(2026, 7, 1), None))
    monkeypatch.setattr(gates, "code_version", lambda: "other code")
    found.add(inputs_of(settings, day, None))
    monkeypatch.undo()
    monkeypatch.setitem(settings.values, "clv", {"margin": 0.5})
    found.add(inputs_of(settings, day, None))
    assert len(found) == 5


def warehouse_rows(warehouse, sql: str) -> None:
    with warehouse.connect() as connection:
        connection.execute(sql)
