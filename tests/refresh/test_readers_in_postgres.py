"""A refresh, a rollback and the doctor with a PostgreSQL for the readers."""

import psycopg
import pytest

from orchestration.publishing import catalogue


@pytest.fixture
def shown(company, database, tmp_path, monkeypatch):
    """What readers of the configured PostgreSQL see."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "publishing.yml").write_text('postgres: {url: "${READERS}"}\n')
    monkeypatch.setenv("TOUCHSTONE_CONFIG", str(config))
    monkeypatch.setenv("READERS", database)

    def ask():
        with psycopg.connect(database) as connection:
            return connection.execute("select release_id from marts.release").fetchall()[0][0]

    return ask


def test_postgres_shows_what_is_served_after_a_refresh_and_after_going_back(company, shown, database, monkeypatch):
    """Readers of files and of PostgreSQL see one release; when it is out of reach, that is an error in words."""
    before = catalogue.served_id(company.home)
    result = company.touchstone("refresh", "--as-of", "2026-07-01")
    assert result.exit_code == 0, result.output
    after = catalogue.served_id(company.home)
    assert before != after
    assert shown() == after
    assert company.touchstone("rollback").exit_code == 0
    assert catalogue.served_id(company.home) == shown() == before
    monkeypatch.setenv("READERS", "postgresql://bi:s3cret@127.0.0.1:1/none")
    refused = company.touchstone("rollback", after)
    assert refused.exit_code == 1
    assert "PostgreSQL 127.0.0.1/none, schema marts" in refused.output
    assert "s3cret" not in refused.output
    assert catalogue.served_id(company.home) == after
    assert shown() == before
    assert f"touchstone rollback {after}" in " ".join(refused.output.split())
    monkeypatch.delenv("READERS")
    assert f"{after} is served on disk, and not in PostgreSQL" in company.touchstone("rollback", after).output
    monkeypatch.setenv("READERS", database)
    # The next run shows it, whatever it comes to itself.
    assert company.touchstone("refresh", "--source", "orders=nowhere.csv").exit_code == 3
    assert catalogue.served_id(company.home) == shown() == after
