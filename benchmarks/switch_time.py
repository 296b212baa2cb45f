"""Publishing and going back at 1,000,000 customers: how long, how much memory, and how long readers can see it happen.

    python benchmarks/switch_time.py --customers 1000000

The marts are the candidate of the tests, with those as long as the customers as wide as their contracts say, and the
memberships, intervals and plans that the candidate lacks. Another process looks without a pause at what readers can
see: the link `current`, the pin and both forms of the status. What it saw change, from the first to the last, must take
at most a second; so must going back. Going back reads every file first to see that it is what was published; the time
of the whole command is told too.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import yaml

from orchestration.publishing import catalogue, release
from orchestration.warehouse.duckdb import Warehouse

ROOT = Path(__file__).parents[1]
CANDIDATE = str(ROOT / "tests" / "publishing")
LIMIT = 1.0
# Rows of a customer in the marts that have several; about what the sample company has.
MARTS = {
    "customer_value": 1,
    "customer_relationship": 1,
    "customer_segments": 10,
    "segment_history": 12,
    "service_plan": 1,
}

# Made up from the customer and the column, by type.
VALUES = {
    "varchar": "concat('{column}_', hash(customer_id, '{column}') % 12)",
    "date": "date '2024-01-01' + cast(hash(customer_id, '{column}') % 900 as integer)",
    "timestamp": "timestamp '2024-01-01' + to_hours(cast(hash(customer_id, '{column}') % 20000 as integer))",
    "bigint": "cast(hash(customer_id, '{column}') % 1000 as bigint)",
    "integer": "cast(hash(customer_id, '{column}') % 1000 as integer)",
    "double": "hash(customer_id, '{column}') / 18446744073709551615.0::double",
    "boolean": "hash(customer_id, '{column}') % 3 = 0",
    "decimal": "cast(hash(customer_id, '{column}') % 10000000 / 100.0 as {kind})",
}

WATCH = """
import json, os, sys, time
published = sys.argv[1]
link = os.path.join(published, "current")
files = [os.path.join(published, name) for name in ("pinned.json", "status.parquet", "status.json")]

def seen():
    found = {"current": os.readlink(link) if os.path.islink(link) else None}
    for path in files:
        try:
            found[os.path.basename(path)] = os.stat(path).st_ino
        except FileNotFoundError:
            found[os.path.basename(path)] = None
    return found

before, changes = seen(), []
print("watching", flush=True)
while not os.path.exists(sys.argv[2]):
    now, at = seen(), time.monotonic()
    changes += [(name, at) for name in now if now[name] != before[name]]
    before = now
    time.sleep(0.0005)
print(json.dumps(changes))
"""


def contracts() -> dict[str, dict[str, str]]:
    """Columns of each mart, with their types."""
    found = {}
    for path in (ROOT / "dbt_project" / "models" / "marts").glob("*.yml"):
        for model in yaml.safe_load(path.read_text("utf-8")).get("models", []):
            columns = {column["name"]: column.get("data_type") for column in model.get("columns", [])}
            if columns and all(columns.values()):
                found[model["name"]] = columns
    return found


def candidate():
    """The module of the tests; processes that are spawned look for it too."""
    if CANDIDATE not in sys.path:
        sys.path.insert(0, CANDIDATE)
    return import_module("candidate")


def made_up(column: str, kind: str) -> str:
    return VALUES[kind.partition("(")[0]].format(column=column, kind=kind) + f' as "{column}"'


def make_marts(connection, customers: int) -> None:
    """Write the candidate into schema marts, as wide as the contracts say."""
    candidate().fill(connection, customers=customers)
    known = contracts()
    there = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    for mart, times in MARTS.items():
        if mart in there:
            described = connection.execute(f"describe marts.{mart}").fetchall()
            kept, source = {column for column, *_ in described}, f"marts.{mart}"
        else:
            kept = {"customer_id"}
            source = f"(select customer_id from marts.customer_value cross join range({times}))"
        added = [made_up(column, kind) for column, kind in known[mart].items() if column not in kept]
        connection.execute(f"create or replace table marts.{mart} as select {', '.join(['*', *added])} from {source}")


def build(file: Path, customers: int) -> None:
    """A warehouse with the candidate."""
    with Warehouse(file).connect() as connection:
        make_marts(connection, customers)


def publish(file: Path, home: Path) -> dict[str, float]:
    """Publish it; seconds, and peak memory of this process."""
    begun = time.monotonic()
    with Warehouse(file).connect() as connection:
        release.publish(connection, home, manifest=candidate().manifest_of())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": time.monotonic() - begun, "peak MiB": peak}


def go_back(home: Path, large: str) -> dict[str, float]:
    """Serve the large release again; seconds, and seconds of reading it through."""
    begun = time.monotonic()
    release.verify(catalogue.find(home, large))
    verified = time.monotonic()
    release.rollback(home, large)
    return {"seconds": time.monotonic() - verified, "of it to verify": verified - begun}


def command(home: Path, large: str) -> dict[str, float]:
    """The same from the command line: how long the whole command takes."""
    touchstone = str(Path(sys.executable).with_name("touchstone"))
    begun = time.monotonic()
    subprocess.run(
        [touchstone, "rollback", large],
        check=True,
        capture_output=True,
        env=os.environ | {"TOUCHSTONE_HOME": str(home)},
    )
    return {"seconds": time.monotonic() - begun}


@contextmanager
def watched(home: Path, changes: list) -> Iterator[None]:
    """Collect what readers see change, and when."""
    done = home / "watched"
    done.unlink(missing_ok=True)
    published = home / "published"
    watcher = subprocess.Popen(
        [sys.executable, "-c", WATCH, str(published), str(done)], stdout=subprocess.PIPE, text=True
    )
    watcher.stdout.readline()
    try:
        yield
    finally:
        time.sleep(0.1)
        done.touch()
        changes += json.loads(watcher.communicate()[0])


def in_a_process(work) -> dict:
    """What a work returns, done by a process of its own: its memory is nobody else's."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    options = parser.parse_args()
    slow = False
    with tempfile.TemporaryDirectory() as folder:
        home, file = Path(folder) / "home", Path(folder) / "warehouse.duckdb"
        home.mkdir()
        small = Path(folder) / "small.duckdb"
        in_a_process(partial(build, small, 50))
        in_a_process(partial(publish, small, home))  # something to come from
        in_a_process(partial(build, file, options.customers))
        for name, work in (("publish", partial(publish, file)), ("go back", go_back), ("touchstone rollback", command)):
            if name != "publish":
                first, large = catalogue.release_ids(home)
                in_a_process(partial(release.rollback, home, first))
                work = partial(work, large=large)
            changes: list = []
            with watched(home, changes):
                told = in_a_process(partial(work, home))
            visible = changes[-1][1] - changes[0][1]
            slow |= visible > LIMIT or (name == "go back" and told["seconds"] > LIMIT)
            print(f"{name:20}" + ", ".join(f"{what} {number:,.2f}" for what, number in told.items()))
            print(f"{'':20}visible for {visible:.3f} s: {', '.join(name for name, _ in changes)}", flush=True)
        served = catalogue.served(home)
        size = sum(path.stat().st_size for path in served.directory.iterdir()) >> 20
        rows = sum(mart["rows"] for mart in served.manifest["marts"].values())
        print(f"{options.customers:,} customers: {rows:,} rows, {size:,} MiB a release")
    sys.exit(slow)


if __name__ == "__main__":
    main()
