"""A warehouse with nothing in it but its schemas."""

import shutil

import pytest

from orchestration.warehouse.duckdb import Warehouse


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory):
    """Made once: a copy of it costs a tenth of making the schemas."""
    path = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    Warehouse(path).prepare()
    return path


@pytest.fixture
def warehouse(tmp_path, empty_file) -> Warehouse:
    return Warehouse(shutil.copy(empty_file, tmp_path / "warehouse.duckdb"))
