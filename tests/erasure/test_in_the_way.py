"""What would stop a forgetting half-way stops it before anything is erased."""

import duckdb
import pytest

from erasure.people import EVERYTHING, ID, land_people, settings_of
from orchestration.erasure.forget import forget
from orchestration.erasure.needles import Needles
from orchestration.erasure.search import search
from orchestration.errors import UserError
from orchestration.publishing import catalogue, postgres
from orchestration.sources import forgotten


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Landed people, the file of a warehouse, and a PostgreSQL that is not there."""
    home = land_people(tmp_path)
    (tmp_path / "config" / "publishing.yml").write_text('postgres: {url: "${READERS}"}\n')
    monkeypatch.setenv("READERS", "postgresql://bi:geheim@127.0.0.1:1/none")
    settings = settings_of(tmp_path)
    duckdb.connect(settings.warehouse_file).close()
    assert settings.home == home
    return settings


def unset(settings, monkeypatch):
    monkeypatch.delenv("READERS")


def damage(settings, monkeypatch):
    monkeypatch.setattr(postgres, "shown", lambda place: None)
    folder = catalogue.releases_directory(settings.home) / "20260630T000000Z-0"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{")


@pytest.mark.parametrize("break_it", [unset, damage, None], ids=["no variable", "a damaged release", "no server"])
def test_nothing_is_erased_or_recorded(settings, monkeypatch, break_it):
    """Else the person would be gone from the releases and stay in landing, at every retry."""
    if break_it:
        break_it(settings, monkeypatch)
    files = {path: path.read_bytes() for path in settings.home.rglob("*") if path.is_file() and path.name != ".lock"}
    with pytest.raises(UserError):
        forget(settings, ID)
    assert {path: path.read_bytes() for path in files} == files
    assert settings.warehouse_file.exists()
    assert forgotten.read(settings.home)["entries"] == []


def test_a_server_that_fails_at_the_end_leaves_only_itself_to_be_done(settings, monkeypatch):
    """The person is out of the home by then, and the same command ends it."""
    erased = []

    def refuse(place, release):
        raise UserError("the server is down", mend="mend it there, and refresh")

    monkeypatch.setattr(postgres, "shown", lambda place: None)
    monkeypatch.setattr(catalogue, "served", lambda home: "a release")
    monkeypatch.setattr(postgres, "erase", refuse)
    with pytest.raises(UserError, match=r"not from PostgreSQL: the server is down(?s:.)*the same command again"):
        forget(settings, ID)
    assert search(settings.home, Needles(EVERYTHING)) == []
    assert forgotten.read(settings.home)["entries"][0]["finished_at"] is None
    monkeypatch.setattr(postgres, "erase", lambda place, release: erased.append(release))
    assert forget(settings, ID).is_done
    assert erased == ["a release"]
    assert forgotten.read(settings.home)["entries"][0]["finished_at"]
