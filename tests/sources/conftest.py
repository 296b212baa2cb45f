"""A desk of its own for each test."""

import pytest

from sources.desk import Desk


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)
