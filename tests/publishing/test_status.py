"""The status says what is served and what is held, and is never half-written or out of step."""

import json
from datetime import date
from types import SimpleNamespace

import duckdb
import pytest
from candidate import check, manifest_of
from click.testing import CliRunner

from orchestration.cli import main, tell_headline
from orchestration.publishing import catalogue, release, status
from orchestration.publishing.difference import _checks

pytestmark = pytest.mark.usefixtures("plain_report")

REASON = {
    "check": "volume_is_usual",
    "subject": "raw.orders",
    "severity": "block",
    "message": "Nothing arrived.",
    "observed": 0,
    "threshold": "400–900",
}


def test_before_the_first_release_nothing_is_served_and_nothing_is_wrong(home):
    """A fresh installation has a status too."""
    found = status.read(home)
    assert (found.release_id, found.held, found.pinned, found.last_outcome) == (None, False, False, None)


def test_what_could_not_be_judged_for_another_reason_is_one_line():
    """Five lines for one missing column hide the one that says so."""

    def reason(check, message):
        return {"check": check, "message": message}

    unjudged = [reason(f"raw.orders:{name}", "not judged: the feed did not arrive") for name in ("volume", "fresh")]
    arrived = reason("raw.orders:arrived", "no column amount")
    assert status.told_reasons([arrived, *unjudged]) == [
        "raw.orders:arrived: no column amount",
        "for want of that not judged: raw.orders:volume, raw.orders:fresh",
    ]
    assert status.told_reasons([arrived, unjudged[0]])[1] == "raw.orders:volume: not judged: the feed did not arrive"
    assert len(status.told_reasons(unjudged)) == 2


def test_a_hold_keeps_what_is_served_and_says_why(warehouse, home):
    """A manager asks: since when is this old, and why?"""
    info = release.publish(warehouse, home, manifest=manifest_of())
    status.record_held(home, date(2026, 7, 1), [REASON])
    found = status.read(home)
    assert (found.release_id, found.as_of) == (info.release_id, "2026-06-30")
    assert (found.held, found.held_as_of, found.last_outcome) == (True, "2026-07-01", "held")
    assert found.reasons == [REASON]


def test_held_since_is_the_first_hold_in_a_row(warehouse, home, monkeypatch):
    """Three days of holds are three days, not one night."""
    moments = iter(["2026-07-01T03:00:00+00:00", "2026-07-02T03:00:00+00:00", "2026-07-04T03:00:00+00:00"])
    monkeypatch.setattr(status, "_iso", lambda moment: next(moments))
    status.record_held(home, date(2026, 7, 1), [REASON])
    assert status.record_held(home, date(2026, 7, 2), [REASON]).held_since == "2026-07-01T03:00:00+00:00"
    monkeypatch.undo()
    status.record_error(home, "the source did not answer")
    assert status.read(home).held_since == "2026-07-01T03:00:00+00:00"
    assert status.record_published(home).held_since is None
    assert status.record_held(home, date(2026, 7, 5), [REASON]).held_since > "2026-07-04"


def test_reasons_carry_no_keys_of_customers(home):
    """The status is shown more widely than the marts."""
    status.record_held(home, date(2026, 7, 1), [REASON | {"sample_ids": ["C00001"], "phone": "138"}])
    text = (home / "published" / "status.json").read_text()
    assert "C00001" not in text
    assert "138" not in text


def test_an_error_is_told_and_changes_nothing_else(warehouse, home):
    """A run that broke off says nothing about the data."""
    info = release.publish(warehouse, home, manifest=manifest_of())
    found = status.record_error(home, "orders.csv is not there")
    assert (found.release_id, found.held) == (info.release_id, False)
    assert (found.last_outcome, found.last_message) == ("error", "orders.csv is not there")


def test_what_failed_of_the_served_release_without_holding_it_is_told(warehouse, home):
    """Whoever uses the numbers should know of a warning, and of what was let through; without keys of customers."""
    override = {"check": "raw.orders:volume_is_usual", "reason": "merger", "who": "Li Jing", "until": "2026-07-31"}
    release.publish(warehouse, home, manifest=manifest_of(overrides=[override]))
    written = json.loads((home / "published" / "status.json").read_text())
    [warning] = written["warnings"]
    assert (warning["check"], warning["severity"]) == ("raw.orders:volume_is_usual", "warn")
    assert warning["message"] == "310 rows arrived on a Tuesday; 400 to 900 are usual."
    assert written["overrides"] == [override]
    assert "C00001" not in json.dumps(written)
    release.publish(warehouse, home, manifest=manifest_of(checks=[]))
    assert (status.read(home).warnings, status.read(home).overrides) == ([], [])


def test_the_command_tells_a_few_warnings_and_every_override(warehouse, home, monkeypatch):
    """In words, for those who read no JSON; how many there are is told even where not all are shown."""
    override = {"check": "facts.orders:key", "reason": "merger", "who": "Li Jing", "until": "2026-07-31"}
    checks = [check(f"rule_{number}", "raw.orders", severity="warn", passed=False) for number in range(7)]
    release.publish(warehouse, home, manifest=manifest_of(checks=checks, overrides=[override]))
    monkeypatch.delenv("TOUCHSTONE_CONFIG", raising=False)
    told = CliRunner().invoke(main, ["status"], env={"TOUCHSTONE_HOME": str(home)}, catch_exceptions=False).output
    assert "overridden facts.orders:key until 2026-07-31 by Li Jing: merger" in told
    assert "7 warnings, the first 5 of them:" in told
    assert "- raw.orders:rule_4: rule 4: None" in told
    assert "rule_5" not in told


def test_rollback_and_unpin_show(warehouse, home):
    """Whoever wonders why nothing changes finds the pin."""
    first = release.publish(warehouse, home, manifest=manifest_of())
    release.publish(warehouse, home, manifest=manifest_of())
    release.rollback(home)
    written = json.loads((home / "published" / "status.json").read_text())
    assert (written["release_id"], written["pinned"], written["pinned_release_id"]) == (
        first.release_id,
        True,
        first.release_id,
    )
    release.unpin(home)
    assert not json.loads((home / "published" / "status.json").read_text())["pinned"]


def test_a_run_that_died_before_writing_does_not_mislead(warehouse, home):
    """What `current` points to is the truth, whatever the file says."""
    first = release.publish(warehouse, home, manifest=manifest_of())
    second = release.publish(warehouse, home, manifest=manifest_of())
    release.switch(home, first.release_id)
    assert json.loads((home / "published" / "status.json").read_text())["release_id"] == second.release_id
    assert status.read(home).release_id == first.release_id


def test_what_was_held_is_over_once_a_release_is_served_whose_process_died(warehouse, home, monkeypatch):
    """Between the switch and the status a process can be killed; nobody may look for the reasons of a hold then."""
    release.publish(warehouse, home, manifest=manifest_of())
    status.record_held(home, date(2026, 7, 1), [REASON])
    with monkeypatch.context() as killed:
        killed.setattr(status, "record_published", lambda *_: None)
        info = release.publish(warehouse, home, manifest=manifest_of())
    found = status.read(home)
    assert (found.release_id, found.held, found.held_since, found.reasons) == (info.release_id, False, None, [])
    assert (found.last_outcome, found.last_outcome_at) == ("published", info.manifest["published_at"])
    held_again = status.record_held(home, date(2026, 7, 2), [REASON])
    assert held_again.held_since == held_again.last_outcome_at


def test_going_back_while_held_does_not_end_the_hold(warehouse, home, monkeypatch):
    """The release that is served again is older than the hold."""
    monkeypatch.setattr(status, "_iso", lambda moment: "2999-01-01T00:00:00+00:00")
    release.publish(warehouse, home, manifest=manifest_of())
    release.publish(warehouse, home, manifest=manifest_of())
    status.record_held(home, date(2026, 7, 1), [REASON])
    monkeypatch.setattr(status, "record_switch", lambda home: None)
    release.rollback(home)
    assert status.read(home).held


def test_json_and_parquet_say_the_same(warehouse, home):
    """BI reads one, scripts the other; the path leads to the files without following a link."""
    release.publish(warehouse, home, manifest=manifest_of())
    status.record_held(home, date(2026, 7, 1), [REASON])
    published = home / "published"
    written = json.loads((published / "status.json").read_text())
    with duckdb.connect() as connection:
        [row] = connection.execute(f"from '{published}/status.parquet'").df().to_dict("records")
    assert set(row) == set(written)
    assert (row["release_id"], row["held"], str(row["as_of"])[:10]) == (
        written["release_id"],
        True,
        written["as_of"],
    )
    assert json.loads(row["reasons"]) == written["reasons"]
    assert (published / written["path"]).resolve() == catalogue.served(home).directory


def test_a_damaged_status_is_told_and_stops_nobody(warehouse, home):
    """Half a file, as a full disk of another program leaves it: what is served is still known, and runs go on."""
    release_id = release.publish(warehouse, home, manifest=manifest_of()).release_id
    path = home / "published" / "status.json"
    path.write_bytes(path.read_bytes()[:40])
    known = status.read(home)
    assert known.release_id == release_id
    assert known.last_outcome == "error"
    assert "status.json is damaged" in known.last_message
    assert status.record_published(home).last_outcome == "published"


@pytest.mark.parametrize(
    "written",
    [
        [],
        5,
        {"last_outcome_at": 5},
        {"last_outcome_at": "yesterday"},
        {"last_outcome_at": "2026-07-01T06:00:00"},
        {"last_outcome": "gone"},
        {"reasons": 5},
        {"reasons": [{"message": "no check"}]},
        {"held": "yes"},
        {"warnings": ["late"]},
        {"reasons": [5]},
    ],
)
def test_a_status_of_another_shape_is_damaged(warehouse, home, written):
    """JSON that somebody mended by hand: it stops no run, and no message about one."""
    release.publish(warehouse, home, manifest=manifest_of())
    (home / "published" / "status.json").write_text(json.dumps(written))
    assert "status.json is damaged" in status.read(home).last_message
    assert status.record_error(home, "the source did not answer").last_message == "the source did not answer"
    assert status.read(home).last_message == "the source did not answer"


def test_what_was_written_is_read_as_it_was(home):
    """With reasons whose figures are numbers, text or not there."""
    written = status.record_held(home, date(2026, 7, 1), [REASON, REASON | {"observed": None, "threshold": 1.5}])
    assert status.read(home).reasons == written.reasons


def test_a_check_that_could_not_be_run_is_neither_passed_nor_failed(warehouse, home, capsys):
    """One that only warns lets the release through: what tells of its checks must bear that it said nothing."""
    could_not = check("volume_is_usual", "raw.orders", severity="warn", passed=None, message="it could not be run")
    info = release.publish(warehouse, home, manifest=manifest_of(checks=[could_not, check("key", "facts.orders")]))
    tell_headline(SimpleNamespace(home=home, sources=SimpleNamespace(feeds={})))
    assert "1 of 2 checks passed" in capsys.readouterr().out
    assert [warning["message"] for warning in status.read(home).warnings] == ["it could not be run"]
    with duckdb.connect(info.directory / "marts.duckdb", read_only=True) as connection:
        said = connection.execute("select is_passed from marts.refresh_checks order by check_name").fetchall()
    assert said == [(True,), (None,)]
    failed = info.manifest["checks"][0] | {"passed": False}
    assert _checks([failed], info.manifest["checks"][:1]) == {"raw.orders:volume_is_usual": ("failed", "not run")}
