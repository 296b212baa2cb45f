"""A key for the hashes, and a home with a few landed people, one of whom is to be forgotten."""

import pytest

from erasure.people import land_people
from orchestration.sources.forgotten import KEY

SECRET = "a key of the tests, long enough"


@pytest.fixture(autouse=True)
def key(monkeypatch) -> None:
    """The key that a company keeps in its environment."""
    monkeypatch.setenv(KEY, SECRET)


@pytest.fixture
def home(tmp_path):
    """A home with landed feeds; their files lie outside of it."""
    return land_people(tmp_path)
