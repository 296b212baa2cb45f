"""People are told when a run has ended, whoever started it, and when it has let go of the lock."""

from datetime import date

import dagster as dg
import pytest

from orchestration import refresh
from orchestration.defs.session import session_resource
from orchestration.publishing import status
from orchestration.publishing.lock import holds, home_lock

REASONS = [{"check": "a:x", "subject": "a", "severity": "block", "message": "31 rows"}]


@pytest.fixture
def watched(settings, listener, monkeypatch):
    """Settings with one target; it notes whether the lock was held when its message came."""
    read = settings({"to": "${ALERT_OPS}"})
    monkeypatch.setenv("ALERT_OPS", f"json://{listener.base}/")
    listener.was_locked = []
    answer = listener.RequestHandlerClass.do_POST

    def note(request):
        listener.was_locked.append(holds(read.home))
        answer(request)

    monkeypatch.setattr(listener.RequestHandlerClass, "do_POST", note)
    return read


def test_a_run_of_the_page_tells_when_it_has_let_go(watched, listener):
    """A chat that is slow must not keep the next writer waiting."""
    with dg.build_resources({"session": session_resource}) as resources:
        resources.session.errors.append("raw.orders: orders.csv is gone")
        assert listener.arrived == []
    [(_, told)] = listener.arrived
    assert "orders.csv is gone" in told["message"]
    assert listener.was_locked == [False]


def test_a_run_inside_a_command_leaves_telling_to_the_command(watched, listener):
    """The command still holds the lock."""
    with home_lock(watched.home, "touchstone refresh"):
        with dg.build_resources({"session": session_resource}) as resources:
            resources.session.errors.append("raw.orders: orders.csv is gone")
        assert listener.arrived == []


@pytest.mark.parametrize("answer", [200, 500])
def test_the_command_tells_and_its_outcome_is_what_it_was(watched, listener, monkeypatch, capsys, answer):
    """An alert that nobody took is a line on the screen."""
    listener.answer = answer
    held = refresh.Outcome("held", "r", None, "", REASONS)

    def run(settings, *given):
        status.record_held(settings.home, date(2026, 6, 30), REASONS)
        return held

    monkeypatch.setattr(refresh, "_run", run)
    monkeypatch.setattr(refresh, "hierarchies", lambda settings: [])
    assert refresh.run_refresh(watched, None, {}, None) == held
    assert listener.was_locked == [False]
    told = capsys.readouterr().err
    assert ("The alert to ALERT_OPS was not delivered: JSON answered 500." in told) is (answer == 500)
