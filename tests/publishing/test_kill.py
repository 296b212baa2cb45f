"""A process that is killed while it publishes leaves a complete release served, and the next run mends the rest."""

import random
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from candidate import fill, manifest_of

from orchestration.publishing import catalogue, marts, release, status

PUBLISH_FOR_EVER = """
import itertools, sys
from pathlib import Path
import duckdb
sys.path.insert(0, sys.argv[2])
from candidate import fill, manifest_of
from orchestration.publishing import release, report
report.render = lambda connection, manifest: manifest["release_id"]
with duckdb.connect() as warehouse:
    for at in itertools.count():
        fill(warehouse, customers=20 + at % 5, small=True)
        print("publishing", flush=True)
        release.publish(warehouse, Path(sys.argv[1]), manifest=manifest_of())
"""

ROUNDS = 6


def assert_complete(home):
    """What is served opens and is what its manifest says, in both formats."""
    info = catalogue.served(home)
    if info is None:
        return
    release.verify(info)
    with duckdb.connect(info.directory / marts.DATABASE, read_only=True) as reader:
        for name, said in info.manifest["marts"].items():
            assert reader.execute(f"select count(*) from marts.{name}").fetchone() == (said["rows"],)
            parquet = f"'{info.directory}/{name}.parquet'"
            assert reader.execute(f"select count(*) from {parquet}").fetchone() == (said["rows"],)
    assert status.read(home).release_id == info.release_id


@pytest.mark.usefixtures("plain_report")
def test_a_kill_at_any_moment_leaves_a_complete_release_served(home):
    """Power fails when it likes."""
    moment = random.Random(20260630)
    served = set()
    for _ in range(ROUNDS):
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISH_FOR_EVER, str(home), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
            text=True,
        )
        process.stdout.readline()
        time.sleep(moment.uniform(0, 0.7))
        process.kill()
        process.wait()
        process.stdout.close()
        assert_complete(home)
        served.add(catalogue.served_id(home))
    assert len(served) > 1
    with duckdb.connect() as warehouse:
        fill(warehouse, customers=30, small=True)
        info = release.publish(warehouse, home, manifest=manifest_of())
    assert catalogue.served(home) == info
    assert not list((home / "published").rglob(".tmp-*"))
    assert_complete(home)
