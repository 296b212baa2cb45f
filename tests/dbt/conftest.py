"""The company's first refresh, made once for all tests of the dbt project."""

from __future__ import annotations

from pathlib import Path

import pytest
from refreshes import Refresh, prepare, refresh


@pytest.fixture(scope="session")
def dbt_target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One place for what dbt writes, so that the project is parsed once."""
    return tmp_path_factory.mktemp("dbt") / "target"


@pytest.fixture(scope="session")
def clean_refresh(tmp_path_factory: pytest.TempPathFactory, dbt_target: Path) -> Refresh:
    """Everything, tests included, on clean data. Copy its home before changing anything."""
    return refresh(prepare(tmp_path_factory.mktemp("clean") / "home"), dbt_target)
