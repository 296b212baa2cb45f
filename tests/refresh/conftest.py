"""One small company, refreshed once; each test works on a copy of its home."""

import shutil

import pytest
from a_company import CUSTOMERS, ORDERS, Company

from orchestration.sample.company import write_company


@pytest.fixture(scope="session")
def published(tmp_path_factory) -> Company:
    """A home whose first refresh has been published; not to be changed."""
    company = Company(tmp_path_factory.mktemp("published"))
    write_company(company.home / "sample", CUSTOMERS, ORDERS)
    result = company.touchstone("refresh")
    assert result.exit_code == 0, result.output
    return company


@pytest.fixture
def company(published, tmp_path) -> Company:
    """A copy of the published home, for a test to change."""
    home = tmp_path / "home"
    shutil.copytree(published.home, home, symlinks=True)
    return Company(home)
