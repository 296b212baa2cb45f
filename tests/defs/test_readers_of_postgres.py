"""PostgreSQL shows what is served after every run, also after one that publishes nothing."""

import datetime as dt
from types import SimpleNamespace

import dagster as dg
import pytest

from orchestration.defs import release as defs
from orchestration.defs.session import Session
from orchestration.errors import UserError
from orchestration.publishing import catalogue, pins, postgres
from orchestration.publishing.pins import Pin
from orchestration.quality.gate import Unmet

DAY = dt.date(2026, 6, 30)
UNMET = Unmet("facts.orders", "key", "failed", "3 keys twice", None, None)
SERVED = SimpleNamespace(release_id="served", as_of=DAY)


@pytest.fixture
def run(monkeypatch):
    """`run(unmet, backcast)`: the release step of a run that does not publish; what PostgreSQL was given, the run."""
    given = []

    def ran(unmet, backcast=None, serve=lambda place, release: given.append((place, release.release_id))):
        monkeypatch.setattr(pins, "pin", lambda home: Pin("served", "today", "rollback"))
        monkeypatch.setattr(catalogue, "served", lambda home: SERVED)
        monkeypatch.setattr(defs, "place_of", lambda settings: "place")
        monkeypatch.setattr(postgres, "serve", serve)
        gate = SimpleNamespace(unmet=lambda tables: unmet)
        session = Session(SimpleNamespace(home=None), DAY, {}, None, gate, None, "run", backcast)
        result = dg.materialize([defs.release_asset([], [], {})], resources={"session": session}, raise_on_error=False)
        return given, result, session

    return ran


@pytest.mark.parametrize("unmet", [[UNMET], []], ids=["held", "pinned"])
def test_a_run_that_does_not_publish_brings_postgres_up_to_what_is_served(run, unmet):
    """Else a server that was down during a rollback would show the bad release until the pin goes."""
    given, result, session = run(unmet)
    assert not result.success
    assert given == [("place", "served")]
    assert session.errors == []


def test_a_server_that_is_down_changes_nothing_of_why_a_run_is_held(run):
    """The reasons are the checks'; the log and the doctor tell of the server."""

    def refuse(place, release):
        raise UserError("the server is down")

    _, result, session = run([UNMET], serve=refuse)
    [failure] = result.get_step_failure_events()
    assert failure.step_failure_data.user_failure_data.description.startswith("Held: 1 reasons")
    assert session.errors == []


def test_a_backcast_that_is_held_leaves_postgres_alone(run):
    """It changes nothing that readers see."""
    given, _, _ = run([UNMET], backcast=object())
    assert given == []
