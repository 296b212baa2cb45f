"""PostgreSQL shows what is served after every run, also after one that publishes nothing."""

import datetime as dt
from types import SimpleNamespace

import pytest

from orchestration.defs import session as sessions
from orchestration.defs.session import Session, catch_up
from orchestration.errors import UserError
from orchestration.publishing import catalogue, postgres

SERVED = SimpleNamespace(release_id="served")


@pytest.fixture
def caught_up(monkeypatch):
    """`caught_up(...)`: what PostgreSQL was given at the end of a run, and what its log is told."""

    def ended(served=SERVED, place="place", backcast=None, serve=None):
        given, told = [], []
        monkeypatch.setattr(catalogue, "served", lambda home: served)
        monkeypatch.setattr(sessions, "place_of", lambda settings: place)
        monkeypatch.setattr(postgres, "serve", serve or (lambda place, release: given.append(release.release_id)))
        run = Session(SimpleNamespace(home=None), dt.date(2026, 6, 30), {}, None, None, None, "run", backcast)
        catch_up(run, told.append)
        return given, told

    return ended


def test_a_run_that_does_not_publish_brings_postgres_up_to_what_is_served(caught_up):
    """Else a server that was down during a rollback would show the bad release until the next publication."""
    assert caught_up() == (["served"], [])


def test_a_server_that_is_down_is_told_and_changes_nothing_else(caught_up):
    """Why the run is held is the checks' to say."""

    def refuse(place, release):
        raise UserError("the server is down")

    assert caught_up(serve=refuse) == ([], ["PostgreSQL may not show what is served: the server is down"])


@pytest.mark.parametrize(
    "how", [{"served": None}, {"place": None}, {"backcast": object()}], ids=["nothing", "no server", "a back-cast"]
)
def test_there_is_nothing_to_show_before_a_release_without_a_server_and_of_a_backcast(caught_up, how):
    """A back-cast changes nothing that readers see."""
    assert caught_up(**how) == ([], [])
