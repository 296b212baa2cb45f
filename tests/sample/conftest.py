"""The companies that the tests of the sample read; drawn once, never changed."""

from pathlib import Path

import pytest

from orchestration.sample.company import write_company


@pytest.fixture(scope="session")
def clean_company(tmp_path_factory) -> Path:
    """A company of 2,000 customers and 40,000 orders without faults; tolerances are stated for its size."""
    folder = tmp_path_factory.mktemp("clean")
    write_company(folder, 2_000, 40_000)
    return folder


@pytest.fixture(scope="session")
def dirty_company(tmp_path_factory) -> Path:
    """The same company with five faults in a hundred rows."""
    folder = tmp_path_factory.mktemp("dirty")
    write_company(folder, 2_000, 40_000, dirty=0.05)
    return folder
