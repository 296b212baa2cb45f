"""BI tools bring a DuckDB of their own, often an old one; they must be able to read a release."""

import os
import subprocess
import sys

import pytest
from candidate import manifest_of

from orchestration.publishing import release

OLD = "1.1.3"

READ = """
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=True) as reader:
    customers, = reader.execute("select count(*) from marts.customer_value").fetchone()
    comment, = reader.execute("select comment from duckdb_columns() where column_name = 'clv'").fetchone()
    checks, = reader.execute("select count(*) from marts.refresh_checks").fetchone()
    print(duckdb.__version__, customers, comment, checks)
"""


@pytest.fixture(scope="session")
def old_client(tmp_path_factory):
    """A directory with the old client; the test fails where no registry is reachable."""
    target = tmp_path_factory.mktemp("duckdb-old")
    installed = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, f"duckdb=={OLD}"],
        capture_output=True,
        text=True,
    )
    if installed.returncode:
        pytest.fail(f"duckdb {OLD} could not be installed: {installed.stderr[-200:]}")
    return target


def test_a_client_of_2024_reads_a_release(warehouse, home, old_client, plain_report):
    """The storage version is pinned for this."""
    info = release.publish(warehouse, home, manifest=manifest_of())
    found = subprocess.run(
        [sys.executable, "-c", READ, str(info.directory / "marts.duckdb")],
        env=os.environ | {"PYTHONPATH": str(old_client)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == f"{OLD} 50 Lifetime value over the horizon, 客户终身价值. 5"
