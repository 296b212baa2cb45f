"""The URL of the readers' PostgreSQL stays a secret, and a server that freezes is not waited for without end."""

import psycopg
import pytest

from orchestration import doctor
from orchestration.errors import UserError
from orchestration.publishing import postgres, postgres_place
from orchestration.publishing.postgres_place import place_of, server_of
from orchestration.settings import load_settings


@pytest.mark.parametrize(
    "url",
    [
        "postgres.example.com:geheim",
        "mysql://u:geheim@dbhost/marts",
        "postgresql://u:ge%heim@dbhost/marts",
        "postgresql://u:ge heim@dbhost/marts",
        "postgresql://u:ge@heim@dbhost/marts",
        "postgresql://u:geheim/pw@dbhost/marts",
        "postgresql://u:12/heim@dbhost/marts",
        "postgresql://u:ge@heim:12/x@dbhost/marts",
        "postgresql://dbhost:geheim/marts",
    ],
)
def test_a_url_that_does_not_read_is_refused_and_nothing_of_it_is_told(url):
    """A password that is not percent-encoded is read as host, port or database, which messages name."""
    with pytest.raises(UserError, match=r"the value of \$\{READERS\}(?s:.)*@ is %40") as refused:
        server_of(url, "${READERS}")
    assert "heim" not in str(refused.value)
    assert refused.value.__context__ is None, "an error behind it would quote the URL"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("postgresql://u:ge%40he%2Fim@dbhost/marts", "dbhost/marts"),
        ("postgresql://u:geheim@one,two:5432/marts?sslmode=require", "one,two/marts"),
        ("postgresql://u:geheim@/marts?host=/var/run/postgresql", "/var/run/postgresql/marts"),
        ("host=dbhost dbname=marts user=u password='ge heim'", "dbhost/marts"),
        ("postgresql:///marts", "here/marts"),
    ],
)
def test_host_and_database_are_told(url, server):
    """Whoever reads an error needs to know which server is meant."""
    assert server_of(url, "${READERS}") == server


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Settings whose readers' URL a driver would quote in its error."""
    (tmp_path / "publishing.yml").write_text('postgres: {url: "${READERS}"}\n')
    monkeypatch.setenv("READERS", "postgres.example.com:geheim")
    return load_settings(tmp_path / "home", tmp_path)


def test_the_doctor_tells_of_a_url_that_does_not_read(settings):
    """Not in a stack trace."""
    [finding] = doctor.postgres(settings)
    assert not finding.is_fine
    assert "READERS" in finding.told
    assert "geheim" not in finding.told


def test_a_section_of_the_doctor_that_breaks_is_a_finding(settings):
    """The sections after it are still looked at; what the error quotes is left out."""

    def broken(settings):
        yield doctor.Finding("one", True, "fine")
        raise ValueError("no 'geheim'")

    found = list(doctor.looked_at(broken, settings))
    assert [(one.what, one.is_fine, one.told) for one in found] == [
        ("one", True, "fine"),
        ("broken", False, "ValueError: no '…'"),
    ]


def test_the_repr_of_a_place_holds_no_url(settings, monkeypatch):
    """It may stand in a log."""
    monkeypatch.setenv("READERS", "postgresql://u:geheim@dbhost/marts")
    place = place_of(settings)
    assert place.told == "PostgreSQL dbhost/marts, schema marts"
    assert "geheim" not in repr(place)


def test_a_server_that_does_not_answer_is_given_up(database, monkeypatch):
    """It would keep the lock of the home, and with it every refresh; each statement has time of its own."""
    monkeypatch.setattr(postgres_place, "ANSWER_SECONDS", 1)
    place = postgres_place.Place(database)

    def ask():
        with postgres.connected(place) as connection, connection.transaction():
            for seconds in (0.6, 0.6, 5):
                seen.append(connection)
                connection.execute("select pg_sleep(%s)", [seconds])

    seen = []
    with pytest.raises(UserError, match="has not answered for 1 s"):
        ask()
    assert len(seen) == 3
    with pytest.raises(psycopg.OperationalError):
        seen[0].execute("select 1")
