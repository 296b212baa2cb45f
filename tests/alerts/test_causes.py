"""What is wrong now, read from the status."""

from datetime import UTC, datetime, timedelta

from orchestration.alerts.causes import causes
from orchestration.publishing.status import Status

NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
RUN = "run 0b0ee4d5-5d27-4b54-8a66-4b1c8f3cf0d1"


def reason(check, message="it failed"):
    return {"check": check, "subject": check.split(":")[0], "severity": "block", "message": message}


def held(*checks, as_of="2026-06-30"):
    return Status(
        held=True,
        held_as_of=as_of,
        reasons=[reason(check) for check in checks],
        last_outcome="held",
        last_outcome_at=NOW.isoformat(),
        last_message=f"{RUN}: {len(checks)} reasons to hold",
    )


def keys(known, checks=(), now=NOW, is_daily=True):
    return [cause.key for cause in causes(known, checks, now, is_daily, expected_from=NOW)]


def test_the_set_of_checks_makes_a_hold_the_same():
    """Its day, the order of the checks and their figures do not."""
    assert keys(held("a:x", "b:y")) == keys(held("b:y", "a:x", as_of="2026-07-01"))
    assert keys(held("a:x")) != keys(held("a:x", "b:y"))


def test_a_failure_is_the_same_whatever_its_run_and_its_numbers():
    """A disk with 12 MB left today and 7 MB tomorrow is one cause."""

    def failed(message):
        return Status(last_outcome="error", last_outcome_at=NOW.isoformat(), last_message=message)

    first = failed(f"{RUN}: the disk is full, 12 MB are left")
    second = failed("run 11111111-5d27-4b54-8a66-4b1c8f3cf0d1: the disk is full, 7 MB are left")
    assert keys(first) == keys(second)
    assert keys(first) != keys(failed(f"{RUN}: the server is gone"))
    loads = [failed(f"{RUN}: load=20260630T020000Z-{name} is damaged") for name in ("95efd3ae", "a5ef33be", "abcdefab")]
    assert keys(loads[0]) == keys(loads[1]) == keys(loads[2])
    other = "0b0ee4d5-5d27-abcd-8a66-4b1c8f3cf0d1"
    assert keys(failed(f"{RUN}: after {other}")) == keys(failed(f"{RUN}: after {other.replace('abcd', '1234')}"))
    assert causes(first, (), NOW, True, NOW)[0].reasons == ("the disk is full, 12 MB are left",)


def test_a_feed_beyond_its_promise_is_late_whether_it_holds_or_warns():
    """Severity is the company's choice; the feed is late in either case."""
    assert keys(held("raw.orders:fresh", "a:x"))[1:] == ["late:orders"]
    published = Status(last_outcome="published", last_outcome_at=NOW.isoformat())
    check = {"subject": "raw.surveys", "name": "fresh", "passed": False, "message": "70 days"}
    assert keys(published, [check]) == ["late:surveys"]
    assert keys(published, [check | {"passed": True}]) == []
    assert keys(published, [check | {"passed": None}]) == [], "it could not be run"


def test_no_refresh_for_a_day_and_a_half_is_late_where_each_morning_should_bring_one():
    """A schedule that was stopped, or a daemon that stands, says nothing itself."""
    ended = Status(last_outcome="published", last_outcome_at=NOW.isoformat())
    assert keys(ended, now=NOW + timedelta(hours=36)) == []
    assert keys(ended, now=NOW + timedelta(hours=37)) == ["late:refresh"]
    assert keys(ended, now=NOW + timedelta(hours=37), is_daily=False) == []


def test_an_installation_in_which_no_refresh_ever_ran_is_late_as_well():
    """The schedule was never switched on."""
    assert keys(Status(), now=NOW + timedelta(hours=36)) == []
    [cause] = causes(Status(), (), NOW + timedelta(hours=37), True, expected_from=NOW)
    assert cause.key == "late:refresh"
    assert "none ever did" in cause.reasons[0]
