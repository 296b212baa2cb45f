"""A warehouse with a candidate, and a home to publish to."""

import sys
from pathlib import Path

import duckdb
import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # `candidate` is imported by child processes too, by the same name


@pytest.fixture
def home(tmp_path):
    """An empty TOUCHSTONE_HOME."""
    return tmp_path / "home"


@pytest.fixture
def warehouse():
    """An open warehouse whose schema `marts` holds a small candidate of 50 customers."""
    from candidate import fill

    with duckdb.connect() as connection:
        fill(connection, small=True)
        yield connection


@pytest.fixture
def plain_report(monkeypatch):
    """Publishing without drawing: for tests of what happens around the files, many times over."""
    from orchestration.publishing import report

    monkeypatch.setattr(report, "render", lambda connection, manifest: f"<p>{manifest['release_id']}</p>")
