"""From the status to the target: what arrives, when, and that a run never pays for it."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner

from orchestration import doctor
from orchestration.alerts import telling
from orchestration.cli import main
from orchestration.errors import UserError
from orchestration.publishing import status

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


def test_no_refresh_for_two_days_is_told_as_late(settings, ops, monkeypatch):
    """Nothing ran, so nothing could tell."""
    read = settings(OPS)
    status.record_published(read.home, RUN)
    telling.tell(read)
    assert ops.titles == []

    class TwoDaysLater(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(UTC) + timedelta(days=2)

    monkeypatch.setattr(telling, "datetime", TwoDaysLater)
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
    kept = telling.memory_file(read.home).read_text()
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


@pytest.mark.parametrize("damage", ["alerts", "status"])
def test_damaged_files_end_in_a_line_and_not_in_an_error(settings, ops, damage):
    """A refresh that was published stays published."""
    read = settings(OPS)
    hold(read, "a:x")
    path = telling.memory_file(read.home) if damage == "alerts" else read.home / "published" / "status.json"
    path.write_text("{")
    [problem] = telling.tell(read)
    assert problem.startswith("Alerts: ")
    assert ops.arrived == []


def test_without_targets_nothing_is_written(settings):
    """The shipped default tells nobody, and leaves no trace."""
    read = settings()
    hold(read, "a:x")
    assert telling.tell(read) == []
    assert not telling.memory_file(read.home).exists()


def test_long_reasons_in_chinese_stay_within_what_wecom_takes(settings, ops):
    """Of a longer text WeCom takes nothing at all: 2,048 bytes are the limit."""
    read = settings(OPS)
    hold(read, *(f"a:{number}" for number in range(9)), message="订单比平时少" * 100)
    telling.tell(read)
    [(_, told)] = ops.arrived
    assert len((told["title"] + "\r\n" + told["message"]).encode()) <= 2_048
    assert told["message"].count("…") == 5


def test_alerts_do_not_change_what_marts_are_made_of(settings):
    """Who is told must not make a candidate another one."""
    assert settings(OPS).configuration_hash == settings().configuration_hash


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ({"to": "slack://T1/A1/secret"}, "`targets.0.to`: String should match"),
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
    kept = json.loads(telling.memory_file(read.home).read_text())
    assert list(kept) == ["ALERT_OPS"]
    assert "13800138000" not in json.dumps(kept)
