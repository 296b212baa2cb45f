"""From the status to the target: what arrives, when, and that a run never pays for it."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner

from orchestration import doctor
from orchestration.alerts import memory, telling, words
from orchestration.alerts.memory import Held
from orchestration.alerts.once import Message
from orchestration.cli import main
from orchestration.errors import UserError
from orchestration.publishing import status
from orchestration.publishing.status import Status

RUN = "run 0b0ee4d5-5d27-4b54-8a66-4b1c8f3cf0d1"
OPS = {"to": "${ALERT_OPS}"}


@pytest.fixture
def ops(listener, monkeypatch):
    """The address of the listener, in the environment."""
    monkeypatch.setenv("ALERT_OPS", f"json://user:hunter2@{listener.base}/hook")
    return listener


def hold(settings, *checks, message="31 rows"):
    reasons = [{"check": check, "subject": check, "severity": "block", "message": message} for check in checks]
    status.record_held(settings.home, date(2026, 6, 30), reasons, f"{RUN}: {len(reasons)} reasons to hold")


def later(monkeypatch, days: int):
    class Later(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(UTC) + timedelta(days=days)

    monkeypatch.setattr(telling, "datetime", Later)


def test_a_hold_says_what_why_since_when_and_where_to_look(settings, ops):
    """Whoever reads it on a phone decides from it alone whether to get up."""
    read = settings(OPS, page="http://page.example:3000/")
    hold(read, *(f"a:check_{number}" for number in range(7)))
    assert telling.tell(read) == []
    [(_, told)] = ops.arrived
    since = status.read(read.home).held_since
    assert told["title"] == "福记 Fook Kee: refresh held"
    assert told["message"].splitlines() == [
        f"Held since {since}: the marts as of 2026-06-30 are not published.",
        *(f"- a:check_{number}: 31 rows" for number in range(5)),
        "- and 2 more",
        "Nothing is served yet.",
        "Run: http://page.example:3000/runs/0b0ee4d5-5d27-4b54-8a66-4b1c8f3cf0d1",
        "To do: mend the data or the configuration and refresh again; touchstone status tells all reasons.",
    ]


def test_hold_failure_and_recovery_arrive_once_each(settings, ops):
    """However often it is looked: at each run's end, and by the daemon in between."""
    read = settings(OPS)
    for record in (
        lambda: hold(read, "a:x"),
        lambda: hold(read, "a:x"),
        lambda: status.record_error(read.home, f"{RUN}: the disk is full"),
        lambda: status.record_published(read.home, RUN),
    ):
        record()
        telling.tell(read)
        telling.tell(read)
    told = ["refresh held", "refresh failed", "refresh recovered"]
    assert ops.titles == [f"福记 Fook Kee: {what}" for what in told]
    assert [told["type"] for _, told in ops.arrived] == ["warning", "failure", "success"]


def test_a_release_that_did_not_reach_postgres_is_told_as_published(settings, ops):
    """Who reads of a failed refresh looks for yesterday's figures."""
    read = settings(OPS)
    status.record_error(read.home, f"{RUN}{status.PUBLISHED_BUT}release.postgres: READERS is not set")
    telling.tell(read)
    assert ops.titles == ["福记 Fook Kee: published, with a failure afterwards"]
    assert "published, and broke off afterwards." in ops.arrived[0][1]["message"]


def test_one_reason_has_the_room_of_five(settings, ops):
    """What to do stands at its end."""
    read = settings(OPS)
    hold(read, "a:x", message="it is so " * 60 + "mend it")
    telling.tell(read)
    assert "mend it" in ops.arrived[0][1]["message"]


def test_no_refresh_for_two_days_is_told_as_late(settings, ops, monkeypatch):
    """Nothing ran, so nothing could tell."""
    read = settings(OPS)
    status.record_published(read.home, RUN)
    telling.tell(read)
    assert ops.titles == []

    later(monkeypatch, days=2)
    telling.tell(read)
    telling.tell(read)
    assert ops.titles == ["福记 Fook Kee: late"]


def test_each_target_is_told_what_it_listens_to(settings, ops, monkeypatch):
    """Those who deliver the data need not know of each disk that is full."""
    monkeypatch.setenv("ALERT_FEEDS", f"json://{ops.base}/feeds")
    read = settings(OPS | {"events": ["failed"]}, {"to": "${ALERT_FEEDS}", "events": ["late", "recovered"]})
    hold(read, "raw.orders:fresh", message="the newest event is 9 days old")
    telling.tell(read)
    status.record_published(read.home, RUN)
    telling.tell(read)
    assert [(path, told["title"]) for path, told in ops.arrived] == [
        ("/feeds", "福记 Fook Kee: late"),
        ("/feeds", "福记 Fook Kee: refresh recovered"),
    ]


def test_what_was_refused_is_told_without_the_address_and_sent_the_next_time(settings, ops):
    """The service is down for an hour; the log names the variable, the doctor says since when."""
    read = settings(OPS)
    hold(read, "a:x")
    ops.answer = 500
    assert telling.tell(read) == ["The alert to ALERT_OPS was not delivered: JSON answered 500."]
    [finding] = doctor.alerts(read)
    assert not finding.is_fine
    assert "not delivered since" in finding.told
    kept = memory.memory_file(read.home).read_text()
    assert "hunter2" not in kept + finding.told
    ops.answer = 200
    assert telling.tell(read) == []
    assert len(ops.arrived) == 1
    [finding] = doctor.alerts(read)
    assert finding.is_fine


def test_a_target_that_fails_does_not_keep_the_others_from_knowing(settings, ops):
    """A variable that was never set on this machine is one line in the log."""
    read = settings({"to": "${ALERT_NOT_SET}"}, OPS)
    hold(read, "a:x")
    assert telling.tell(read) == [
        "The alert to ALERT_NOT_SET was not delivered: the environment variable ALERT_NOT_SET is not set."
    ]
    assert len(ops.arrived) == 1
    assert not next(doctor.alerts(read)).is_fine


@pytest.mark.parametrize("written", ["{", "[]", "5", '{"ALERT_OPS": 5}', '{"ALERT_OPS": {"told": ["held:a"]}}'])
def test_a_damaged_memory_silences_nobody(settings, ops, written):
    """What holds is told once too often rather than never; the doctor and the log say why."""
    read = settings(OPS)
    hold(read, "a:x")
    memory.memory_file(read.home).write_text(written)
    [finding] = doctor.alerts(read)
    assert not finding.is_fine
    [problem] = telling.tell(read)
    assert problem.startswith("Alerts: what was told to whom cannot be read")
    assert telling.tell(read) == []
    assert ops.titles == ["福记 Fook Kee: refresh held"]


def test_a_damaged_status_is_told_as_a_failure(settings, ops):
    """A refresh that was published stays published, and people learn that its word is lost."""
    read = settings(OPS)
    hold(read, "a:x")
    (read.home / "published" / "status.json").write_text("{")
    assert telling.tell(read) == []
    [(_, told)] = ops.arrived
    assert "- status.json is damaged" in told["message"]


def test_a_hold_that_lasts_is_told_again_after_a_week_as_one_that_lasts(settings, ops, monkeypatch):
    """Old figures must not be served for months because one message was missed."""
    read = settings(OPS | {"events": ["held"]})
    hold(read, "a:x")
    for days in (0, 6, 7, 8):
        later(monkeypatch, days)
        telling.tell(read)
    assert ops.titles == ["福记 Fook Kee: refresh held", "福记 Fook Kee: refresh still held"]
    assert ops.arrived[1][1]["message"].startswith(f"Held since {status.read(read.home).held_since}: ")


def test_a_recovery_says_what_was_held_since_when(settings, ops):
    """A check passes again because time went by as well: nobody may take that for mended data."""
    read = settings(OPS)
    hold(read, "a:x")
    telling.tell(read)
    since = status.read(read.home).held_since
    hold(read, "b:y")
    telling.tell(read)
    status.record_error(read.home, f"{RUN}: the disk is full")
    telling.tell(read)
    status.record_published(read.home, RUN)
    telling.tell(read)
    told = ops.arrived[-1][1]["message"].splitlines()
    assert told[1:3] == [f"- held since {since}: a:x", f"- held since {since}: b:y"]
    assert told[-1] == "To do: see that it was mended. A check also passes again because time went by."
    status.record_error(read.home, f"{RUN}: the disk is full")
    telling.tell(read)
    status.record_published(read.home, RUN)
    telling.tell(read)
    assert ops.arrived[-1][1]["message"].splitlines()[-1] == "Nothing is to be done.", "nothing was held this time"


def test_what_an_override_let_through_is_told_as_that():
    """It was decided by a person, and is not to be looked at once more."""
    known = Status(published_at="2026-07-02", overrides=[{"check": "a:x"}])
    told = words.body(Message("recovered", (), {}), known, None, Held(since="2026-07-01", checks=["a:x"]))
    assert "- held since 2026-07-01: a:x, let through by an override" in told
    assert told.endswith("Nothing is to be done.")


def test_no_text_calls_everybody_or_turns_signs_around(settings, ops):
    """Names of files and of the company are written by others."""
    read = settings(OPS)
    hold(read, "a:x", message="or\u202egpj.csv <!channel> @all 5 < 7\x07")
    telling.tell(read)
    assert "- a:x: orgpj.csv ‹!channel> ＠all 5 < 7" in ops.arrived[0][1]["message"].splitlines()
    assert words.title("A\nB @here", Message("late", (), {}), status.read(read.home)) == "A B ＠here: late"


def test_without_targets_nothing_is_written(settings):
    """The shipped default tells nobody, and leaves no trace."""
    read = settings()
    hold(read, "a:x")
    assert telling.tell(read) == []
    assert not memory.memory_file(read.home).exists()


def test_long_reasons_in_chinese_stay_within_what_wecom_takes(settings, ops):
    """Of a longer text WeCom takes nothing at all: 2,048 bytes are the limit."""
    read = settings(OPS)
    hold(read, *(f"a:{number}" for number in range(9)), message="订单比平时少" * 100)
    telling.tell(read)
    [(_, told)] = ops.arrived
    assert len((told["title"] + "\r\n" + told["message"]).encode()) <= 2_048
    assert told["message"].count("…") == 5


@pytest.mark.parametrize(
    ("text", "size", "left"),
    [
        ("two words", 9, "two words"),
        ("whole words are left", 14, "whole …"),
        ("福记的订单没有来", 16, "福记的订 …"),  # three bytes a sign, and four for the end
        ("x" * 50, 20, "x" * 16 + " …"),
    ],
)
def test_what_is_too_long_is_cut_between_words(text, size, left):
    """A word that is cut in two may be another word."""
    assert words.cut(text, size) == left
    assert len(left.encode()) <= size


def test_alerts_do_not_change_what_marts_are_made_of(settings):
    """Who is told must not make a candidate another one."""
    assert settings(OPS).configuration_hash == settings().configuration_hash


@pytest.mark.parametrize(
    "page", ["http://page.example/?token=a", "http://page.example/#token=a", "http://a:b@c.example"]
)
def test_an_address_of_the_page_that_holds_a_secret_is_refused(settings, page):
    """It stands in every message."""
    with pytest.raises(UserError, match="page"):
        settings(OPS, page=page)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ({"to": "slack://T1/A1/secret"}, "`targets.0.to`: write ${NAME} here, and the secret into"),
        (OPS | {"events": ["broken"]}, "`targets.0.events.0`: Input should be 'held', 'failed', 'recovered' or 'late'"),
        (OPS | {"events": []}, "at least 1 item"),
        (OPS | {"on": ["held"]}, "Keys should be strings (found True)"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(settings, target, told):
    """A typing error would otherwise be found on the morning when nobody was told."""
    if "on" in target:  # as YAML reads it without quotes
        target = {"to": target["to"], True: target["on"]}
    with pytest.raises(UserError) as refused:
        settings(target)
    assert told in str(refused.value)
    assert "T1/A1" not in str(refused.value)


def test_the_test_message_arrives_and_says_what_will_be_told(settings, ops):
    """Before the first bad morning."""
    settings(OPS | {"events": ["held", "late"]}, {"to": "${ALERT_NOT_SET}"})
    result = CliRunner().invoke(main, ["test-alerts"])
    assert result.exit_code == 1
    assert "ALERT_OPS: sent" in result.output
    assert "ALERT_NOT_SET: the environment variable ALERT_NOT_SET is not set" in result.output
    [(_, told)] = ops.arrived
    assert told["title"] == "福记 Fook Kee: a test"
    assert "held, late" in told["message"]


def test_the_memory_holds_keys_and_no_reasons(settings, ops):
    """What was told is remembered without what was said."""
    read = settings(OPS)
    hold(read, "a:x", message="13800138000 rows")
    telling.tell(read)
    kept = json.loads(memory.memory_file(read.home).read_text())
    assert list(kept) == ["ALERT_OPS"]
    assert kept["ALERT_OPS"]["held"]["checks"] == ["a:x"]
    assert "13800138000" not in json.dumps(kept)
