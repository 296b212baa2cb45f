"""A warehouse with nothing in it but its schemas."""

import pytest

from orchestration.warehouse.duckdb import Warehouse


@pytest.fixture
def warehouse(tmp_path) -> Warehouse:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.prepare()
    return warehouse
