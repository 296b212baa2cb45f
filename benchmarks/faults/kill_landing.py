"""A landing killed at a random moment, and run again: is anything lost, doubled, or left half-done?

    python benchmarks/faults/kill_landing.py --times 200 --seed 1

A folder of files (large and small, UTF-8, GB18030, gzip, each with rows that are refused) is landed by a process of its
own, which gets SIGKILL at a moment drawn from the whole time that a landing takes. Another process then lands to the
end. Loads, their counts and every row of accepted.parquet and set_aside.parquet, in its place, must be those of a
landing that nobody killed. The tests do the same ten times with smaller files.

This process never opens the engine, whose threads would not survive a fork: each landing, and each comparison, is a
child.
"""

import argparse
import gzip
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median

import duckdb
from children import ended, started

from orchestration.config.sources import Feed
from orchestration.sources.files import literal
from orchestration.sources.landing import land
from orchestration.sources.loads import Load, loads_of

# Imported before the fork: each landing would spend a second on what it imports only when rows are refused.
LIBRARIES = ("numpy", "pandas", "pyarrow", "orchestration.sources.readers.excel")
SMALL_FILES = (2, 5)
PHASES = (
    "before anything is written",
    "a file is told apart, hashed, converted",
    "rows are written",
    "the load is whole, and has no name yet",
    "after the end",
)


def write_files(folder: Path, rows: int) -> None:
    """Three large files and some small ones; of 500 rows two are refused, and one line is no row."""
    folder.mkdir()

    def text(begin: int, count: int) -> str:
        lines = ["order_id,customer_id,ordered_at,amount"]
        for number in range(begin, begin + count):
            day = "never" if number % 500 == 7 else f"2026-01-{number % 28 + 1:02} 08:15:00"
            customer = "" if number % 500 == 8 else f"客户{number % 997}"
            lines.append(f"{number},{customer},{day},{number % 1000}.{number % 100:02}")
            if number % 500 == 9:
                lines.append(f"{number},one field more,2026-01-01,5,5")
        return "\n".join(lines) + "\n"

    (folder / "1-utf-8.csv").write_text(text(0, rows), "utf-8")
    (folder / "4-gb18030.csv").write_text(text(rows, rows), "gb18030")
    (folder / "7-packed.csv.gz").write_bytes(gzip.compress(text(2 * rows, rows).encode(), compresslevel=1))
    for place in SMALL_FILES:
        (folder / f"{place}-small.csv").write_text(text(3 * rows + 1000 * place, 1000), "utf-8")


# --- children -----------------------------------------------------------------------------------------------------


def land_all(home: Path, folder: Path) -> Callable[[], None]:
    return lambda: land(home, "orders", Feed(path=f"{folder}/*")) and None


# --- comparison ---------------------------------------------------------------------------------------------------


def told(load: Load) -> dict:
    """What a load's manifest says, without what differs from run to run."""
    said = {name: value for name, value in vars(load).items() if name not in ("load_id", "landed_at")}
    # A file has a stamp once it has lain untouched for two seconds.
    files = [{name: value for name, value in file.items() if name != "stamp"} for file in load.files]
    return said | {"files": files}


def assert_same(home: Path, expected_home: Path) -> None:
    """The same loads in the same order with the same rows in the same places, and nothing else in the folder."""
    loads, expected = loads_of(home, "orders"), loads_of(expected_home, "orders")
    assert [told(load) for load in loads] == [told(load) for load in expected]
    left = {path.name for path in (home / "landing" / "orders").iterdir()} - {f"load={load.load_id}" for load in loads}
    assert not left, f"left behind: {left}"
    with duckdb.connect() as connection:
        for load, twin in zip(loads, expected, strict=True):
            folder, other = load.folder(home), twin.folder(expected_home)
            names = sorted(path.name for path in folder.iterdir())
            assert names == sorted(path.name for path in other.iterdir()), names
            for name in names:
                if name.endswith(".parquet"):
                    differing = difference(connection, folder / name, other / name)
                    assert not differing, f"{differing} rows of {folder / name} differ"


def difference(connection: duckdb.DuckDBPyConnection, path: Path, other: Path) -> int:
    """How many rows, with their places, are in one file and not in the other."""
    one, two = (
        f"(select * from read_parquet({literal(file)}, hive_partitioning = false, file_row_number = true))"
        for file in (path, other)
    )
    [(count,)] = connection.execute(
        f"select (select count(*) from (from {one} except all from {two})) "
        f"+ (select count(*) from (from {two} except all from {one}))"
    ).fetchall()
    return count


def phase(home: Path, was_killed: bool) -> str:
    """What was going on, from what lies there."""
    parent = home / "landing" / "orders"
    work = {path.name: path for path in parent.glob(".tmp-*")}
    written = [path for name, path in work.items() if name != ".tmp-work"]
    if not was_killed:
        return PHASES[4]
    if written:
        return PHASES[3] if (written[0] / "load.json").exists() else PHASES[2]
    return PHASES[1] if work or list(parent.glob("load=*")) else PHASES[0]


def trials(times: int, seed: int, rows: int, work: Path) -> tuple[float, Counter, Counter, int]:
    """Kill and land again, `times` times.

    Returns
    -------
    float, Counter, Counter, int
        Seconds of a landing that is not killed; kills by phase; kills by the number of loads that were complete; and
        how many differed afterwards.
    """
    chance = random.Random(seed)
    folder, expected, home = work / "in", work / "expected", work / "home"
    write_files(folder, rows)
    seconds = []
    for _ in range(3):
        shutil.rmtree(expected, ignore_errors=True)
        begun = time.monotonic()
        if ended(started(land_all(expected, folder))):
            raise SystemExit("the landing fails without being killed")
        seconds.append(time.monotonic() - begun)
    phases, complete, differed = Counter(), Counter(), 0
    for _ in range(times):
        child = started(land_all(home, folder))
        time.sleep(chance.uniform(0, median(seconds)))
        os.kill(child, signal.SIGKILL)
        was_killed = ended(child) == -signal.SIGKILL
        phases[phase(home, was_killed)] += 1
        complete[len(list((home / "landing" / "orders").glob("load=*")))] += 1
        if ended(started(land_all(home, folder))) or ended(started(lambda: assert_same(home, expected))):
            differed += 1
        shutil.rmtree(home)
    return median(seconds), phases, complete, differed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of each large file")
    options = parser.parse_args()
    for name in LIBRARIES:
        import_module(name)
    with tempfile.TemporaryDirectory() as work:
        seconds, phases, complete, differed = trials(options.times, options.seed, options.rows, Path(work))
    print(f"{options.times} kills (seed {options.seed}) of a landing of {seconds:.2f} s")
    for name in PHASES:
        print(f"  {name:42} {phases[name]:5}")
    print("loads that were complete when the kill came:")
    for number in range(len(SMALL_FILES) + 4):
        print(f"  {number:42} {complete[number]:5}")
    print(f"differed after the second landing: {differed}")
    sys.exit(differed > 0)


if __name__ == "__main__":
    main()
