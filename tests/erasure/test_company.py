"""A company from end to end: refreshed, asked to forget, refreshed again from exports that still hold the person."""

import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from erasure.conftest import SECRET
from orchestration.erasure.needles import Needles
from orchestration.erasure.search import search
from orchestration.publishing import catalogue
from orchestration.publishing.release import verify
from orchestration.sample.company import write_company
from orchestration.settings import PROJECT, SHIPPED_CONFIG
from orchestration.sources.forgotten import KEY

CUSTOMERS, ORDERS = 300, 3_000
ID, NAME, PHONE, EMAIL = "C000045", "欧阳被遗忘", "13812345678", "ouyang.forgotten@example.com"
NEEDLES = Needles(frozenset({ID, NAME, PHONE, EMAIL}))


@dataclass(frozen=True)
class Company:
    """A home, its configuration, and the exports, which lie outside of the home."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def touchstone(self, *arguments: str) -> subprocess.CompletedProcess:
        """The command in a process of its own, as a user runs it: the engine's files are closed at its end."""
        return subprocess.run(
            [Path(sys.executable).with_name("touchstone"), *arguments],
            env=os.environ
            | {"TOUCHSTONE_HOME": str(self.home), "TOUCHSTONE_CONFIG": str(self.folder / "config"), KEY: SECRET}
            | {"PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
            check=False,
        )

    def append(self, feed: str, **values: str) -> None:
        """One more row in an export."""
        path = self.folder / "exports" / f"{feed}.csv"
        names = path.read_text("utf-8").splitlines()[0].split(",")
        with path.open("a", encoding="utf-8") as stream:
            stream.write(",".join(values.get(name, "") for name in names) + "\n")

    def customers(self) -> set[str]:
        with duckdb.connect(self.home / "published" / "current" / "marts.duckdb", read_only=True) as connection:
            return {row[0] for row in connection.execute("select customer_id from marts.customer_value").fetchall()}


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Company:
    """Refreshed once, with the person planted wherever something is kept; not to be changed."""
    company = Company(tmp_path_factory.mktemp("company"))
    exports = company.folder / "exports"
    write_company(exports, CUSTOMERS, ORDERS)
    shipped = (SHIPPED_CONFIG / "sources.yml").read_text("utf-8")
    (company.folder / "config").mkdir()
    (company.folder / "config" / "sources.yml").write_text(
        shipped.replace("${TOUCHSTONE_HOME}/sample", str(exports)), "utf-8"
    )
    customers = exports / "customers.csv"
    lines = customers.read_text("utf-8").splitlines()
    theirs = next(line for line in lines if line.startswith(f"{ID},"))
    changed = ",".join([ID, NAME, PHONE, EMAIL, *theirs.split(",")[4:]])
    customers.write_text("\n".join([changed if line == theirs else line for line in lines]) + "\n", "utf-8")
    row = {"customer_id": "C000001", "opened_at": "2026-06-01 10:00:00"}
    company.append("complaints", complaint_id="X1", text=f"{NAME}的电话是{PHONE}", **row)
    company.append("orders", order_id="X2", customer_id=ID, ordered_at="2026-02-30", amount="5")
    # Answered before it was opened: a check warns, and keeps the complaint's id as a sample.
    early = {"opened_at": "2026-06-01 10:00:00", "first_response_at": "2026-05-31 10:00:00"}
    company.append("complaints", complaint_id=f"P-{ID}", customer_id=ID, **early)
    refreshed = company.touchstone("refresh")
    assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
    log = company.home / "dbt" / "logs" / "dbt.log"
    log.write_text(f"could not read '{EMAIL}' of {NAME}\n", "utf-8")
    with gzip.open(log.with_name("dbt.log.1.gz"), "wt", encoding="utf-8") as stream:
        stream.write(f"could not read '{PHONE}'\n")
    return company


@pytest.fixture(scope="module")
def after(before) -> Company:
    """The same after `forget`, and after a refresh of exports that still hold the person and more of them."""
    company = Company(before.folder.with_name("after"))
    shutil.copytree(before.folder, company.folder, symlinks=True)
    sources = company.folder / "config" / "sources.yml"
    sources.write_text(sources.read_text("utf-8").replace(str(before.folder), str(company.folder)), "utf-8")
    forgotten = company.touchstone("forget", ID, "--yes")
    assert forgotten.returncode == 0, forgotten.stdout + forgotten.stderr
    assert not [secret for secret in (NAME, PHONE, EMAIL) if secret in forgotten.stdout + forgotten.stderr]
    assert str(company.folder / "exports" / "customers.csv") in forgotten.stdout
    return company


def test_the_person_stands_in_every_kind_of_file_before(before):
    """The search can fail: each kind of place held them."""
    found = search(before.home, NEEDLES)
    places = {(path.relative_to(before.home).parts[0], path.suffix) for path in {one.path for one in found}}
    assert places >= {
        ("landing", ".parquet"),
        ("warehouse.duckdb", ".duckdb"),
        ("published", ".parquet"),
        ("published", ".duckdb"),
        ("published", ".json"),
        ("dagster", ".db"),
        ("dbt", ".log"),
        ("dbt", ".gz"),
    }
    names = {path.name for path in {one.path for one in found}}
    assert {"accepted.parquet", "set_aside.parquet", "manifest.json", "index.db"} <= names
    assert any(one.place == "refresh_checks.sample_ids" or one.place.endswith(".sample_ids") for one in found)


def test_nothing_of_the_person_is_left(after):
    """Every column of every file, decoded, and every log."""
    assert search(after.home, NEEDLES) == []


def test_the_release_that_named_them_still_verifies(before, after):
    """Same id, one customer fewer, hashes of what is there."""
    release, former = catalogue.served(after.home), catalogue.served(before.home)
    assert release.release_id == former.release_id
    verify(release)
    assert release.manifest["erasures"][0]["rows"]["customer_value"] == 1
    assert before.customers() - after.customers() == {ID}


def test_the_storage_of_runs_can_be_read(after):
    """Dagster's events are JSON still."""
    databases = list((after.home / "dagster" / "history" / "runs").glob("*-*.db"))
    assert databases
    for database in databases:
        with sqlite3.connect(database) as connection:
            events = [json.loads(event) for (event,) in connection.execute("select event from event_logs")]
        assert "[erased]" in json.dumps(events)


def test_the_next_refresh_does_not_bring_them_back(after):
    """New loads of exports that still hold them are accepted without them, and all rows are accounted for."""
    after.append("orders", order_id="X3", customer_id=ID, ordered_at="2026-06-02", amount="5")
    after.append("orders", order_id="X4", customer_id="C000001", ordered_at="2026-06-02", amount="6")
    after.append("customers", customer_id="C900001", name="new")
    before = catalogue.served_id(after.home)
    refreshed = after.touchstone("refresh")
    assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
    assert search(after.home, NEEDLES) == []
    served = catalogue.served(after.home)
    assert served.release_id != before
    assert ID not in after.customers()
    assert "C900001" in after.customers()
    outcomes = ("accepted", "duplicate", "superseded", "excluded", "quarantined", "erased")
    for load in served.manifest["loads"]:
        assert sum(load[outcome] for outcome in outcomes) == load["source_rows"]
    assert sum(load["erased"] for load in served.manifest["loads"] if load["feed"] == "customers") == 2


def test_it_asks_first(before):
    """An erasure cannot be taken back."""
    refused = before.touchstone("forget", ID)
    assert refused.returncode == 1
    assert "Aborted" in refused.stderr
    assert not (before.home / "forgotten.json").exists()
