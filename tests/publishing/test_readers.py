"""Readers in processes of their own see one release at a time, whatever is switched meanwhile."""

import json
import subprocess
import sys
from datetime import date

import pytest
from candidate import manifest_of

from orchestration.publishing import release

pytestmark = pytest.mark.usefixtures("plain_report")

READ = """
import duckdb, json, sys
from pathlib import Path
current = Path(sys.argv[1]) / "published" / "current"
joined = (
    "select distinct r.release_id, day(r.as_of), v.clv::int, w.observed::int"
    " from {release} as r cross join {customer_value} as v cross join {refresh_checks} as w where w.check_name = 'day'"
)
marts = ("release", "customer_value", "refresh_checks")
seen = []
print("reading", flush=True)
while not (Path(sys.argv[1]) / "done").exists():
    with duckdb.connect(str(current / "marts.duckdb"), read_only=True) as connection:
        seen += connection.execute(joined.format(**{name: f"marts.{name}" for name in marts})).fetchall()
    folder = current.resolve()
    with duckdb.connect() as connection:
        seen += connection.execute(joined.format(**{name: f"'{folder}/{name}.parquet'" for name in marts})).fetchall()
print(json.dumps(seen))
"""


def test_readers_that_join_marts_never_see_two_releases(warehouse, home):
    """Two processes open what is served again and again, through twelve switches, by both ways of reading."""
    infos = {}
    for day in (1, 2, 3):
        warehouse.execute(f"update marts.customer_value set clv = {day}")
        checks = [
            {
                "name": "day",
                "subject": "facts.orders",
                "severity": "warn",
                "passed": True,
                "observed": day,
                "threshold": 3,
                "message": "",
            }
        ]
        info = release.publish(warehouse, home, manifest=manifest_of(date(2026, 6, day)) | {"checks": checks})
        infos[info.release_id] = day
    readers = [
        subprocess.Popen([sys.executable, "-c", READ, str(home)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for reader in readers:
        assert reader.stdout.readline() == "reading\n"
    for turn in range(12):
        release.rollback(home, list(infos)[turn % 3])
    (home / "done").touch()
    for reader in readers:
        told, _ = reader.communicate()
        assert reader.returncode == 0
        seen = [tuple(row) for row in json.loads(told)]
        assert len(set(seen)) > 1
        assert set(seen) <= {(release_id, day, day, day) for release_id, day in infos.items()}
