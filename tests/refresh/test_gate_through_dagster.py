"""The gate asked through Dagster's own instance on disk, by a release that is launched alone, as the page can do.

Each test works on a home whose release was published, so that nothing but what the test does can refuse.
"""

import subprocess
import sys

import duckdb
import pytest
import yaml
from a_company import alone

from orchestration.errors import UserError
from orchestration.quality import gate
from orchestration.settings import SHIPPED_CONFIG

KEY = "facts.orders:orders_amount_is_present"
HOLD = (
    "import pathlib, sys; from orchestration.publishing.lock import home_lock\n"
    "with home_lock(pathlib.Path(sys.argv[1]), sys.argv[2]): print(flush=True); sys.stdin.read()"
)
READ = (
    "import sys, duckdb; reader = duckdb.connect(sys.argv[1], read_only=True)\n"
    "for _ in range(2):\n"
    "    print(*reader.execute('select release_id from marts.release join marts.customer_value on true limit 1')"
    ".fetchone(), flush=True); sys.stdin.readline()"
)


@pytest.fixture
def in_place(company, monkeypatch):
    """The copied company, where Dagster finds it."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(company.home))
    monkeypatch.setenv("DAGSTER_HOME", str(company.home / "dagster"))
    return company


@pytest.fixture
def gates(tmp_path, monkeypatch):
    """`gates(change)` makes a configuration whose gates.yml is the shipped one, changed."""

    def changed(change):
        told = yaml.safe_load((SHIPPED_CONFIG / "gates.yml").read_text("utf-8"))
        change(told["checks"])
        (tmp_path / "config").mkdir()
        (tmp_path / "config" / "gates.yml").write_text(yaml.safe_dump(told), "utf-8")
        monkeypatch.setenv("TOUCHSTONE_CONFIG", str(tmp_path / "config"))

    return changed


def refusal(company, before) -> str:
    """Why a release that is launched alone is refused; what is served is as it was."""
    result = alone("release.current")
    assert not result.success
    assert company.served_bytes() == before
    return result.failure_data_for_node("release__current").user_failure_data.description


def started(program: str, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_where_nothing_has_changed_the_release_is_published_and_an_open_reader_keeps_its_own(in_place):
    """Else the refusals below would prove nothing; and a BI tool that never closes delays nobody."""
    before = in_place.current.resolve().name
    with started(READ, str(in_place.current / "marts.duckdb")) as reader:
        assert reader.stdout.readline().strip() == before
        assert alone("release.current").success
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline().strip() == before
        reader.stdin.close()
    assert reader.returncode == 0
    after = in_place.current.resolve().name
    assert after > before
    with duckdb.connect(str(in_place.current / "marts.duckdb"), read_only=True) as opened_now:
        assert opened_now.execute("select release_id from marts.release").fetchall() == [(after,)]


def test_deleted_results_of_a_check_hold_the_release(in_place):
    """Dagster still shows the check as passed: the ledger decides."""
    before = in_place.served_bytes()
    with duckdb.connect(str(in_place.home / "warehouse.duckdb")) as ledger:
        deleted = ledger.execute(
            "delete from gate.refresh_checks where subject || ':' || check_name = ?", [KEY]
        ).fetchall()
    assert deleted == [(1,)]
    assert f"{KEY} not run" in refusal(in_place, before)


def test_a_check_that_is_renamed_in_gates_yml_stops_everything(in_place, gates):
    """The rule under its own name has no gate any more: nothing even loads."""
    before = in_place.served_bytes()
    gates(lambda checks: checks.update({"facts.orders:amount_is_there": checks.pop(KEY)}))
    with pytest.raises(UserError, match=f"'{KEY}' has no gate") as refused:
        alone("release.current")
    assert "gates.yml" in str(refused.value)
    assert in_place.served_bytes() == before


def test_a_gate_whose_check_nothing_runs_holds_the_release(in_place, gates):
    """A rule that was renamed or deleted where it runs is not a rule that passed."""
    before = in_place.served_bytes()
    gates(lambda checks: checks.update({"facts.orders:amount_is_there": {"severity": "block"}}))
    assert "facts.orders:amount_is_there not run" in refusal(in_place, before)


@pytest.mark.parametrize("change", [{"threshold": 0.02}, {"severity": "warn"}], ids=["threshold", "disabled"])
def test_a_changed_gate_makes_what_was_checked_count_no_more(in_place, gates, change):
    """Passed under another number, or not asked any more: both are another candidate."""
    before = in_place.served_bytes()
    gates(lambda checks: checks["raw.orders:contract"].update(change))
    told = refusal(in_place, before)
    assert "raw.orders:is_current outdated: it was built for another date, configuration, code or base release" in told


def test_changed_code_makes_what_was_built_count_no_more(in_place, monkeypatch):
    """A model that was mended since has not built what is there."""
    before = in_place.served_bytes()
    monkeypatch.setattr(gate, "code_version", lambda: "the code of tomorrow")
    assert "marts.customer_value:is_current outdated" in refusal(in_place, before)


def test_a_table_that_is_built_again_alone_holds_until_what_stands_on_it_is_built(in_place):
    """Without the models that follow; the run that built it is over, and another one asks."""
    before = in_place.served_bytes()
    assert alone("scores.value_tiers").success
    told = refusal(in_place, before)
    assert "it was built from an older scores.value_tiers" in told
    assert "scores.value_tiers:sizes_are_as_cut" not in told, "its own checks ran with it, and passed"


@pytest.mark.parametrize("holder", ["touchstone refresh", "run 5f1c2a"], ids=["a person first", "the schedule first"])
def test_of_a_person_and_the_schedule_the_second_is_told_who_is_first(in_place, holder):
    """A run of the page or the schedule, a refresh and a rollback at the command line: one lock for all."""
    before = in_place.served_bytes()
    with started(HOLD, str(in_place.home), holder) as first:
        first.stdout.readline()
        run = alone("release.current")
        failed = " ".join(str(event.event_specific_data) for event in run.all_events if event.is_failure)
        refresh, rollback = in_place.touchstone("refresh"), in_place.touchstone("rollback")
        first.stdin.close()
    assert not run.success
    for told in (failed, refresh.output, rollback.output):
        assert f"{holder} (process {first.pid})" in told
    assert (refresh.exit_code, rollback.exit_code) == (1, 1)
    assert in_place.served_bytes() == before
