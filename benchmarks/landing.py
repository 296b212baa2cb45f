"""How much longer landing takes than the engine's own read and write of the same file.

    python benchmarks/landing.py --orders 20000000 [--work FOLDER] [--repeat 3]

Each measurement is a process of its own, so that its peak memory is its own; medians of `--repeat` rounds, in turns.
Prints seconds, the ratio to the engine's own copy in the same round, and peak memory.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import duckdb

MEASURES = {
    "engine, CSV": ("raw", "orders.csv"),
    "landing, CSV": ("land", "orders.csv"),
    "landing, CSV with 0.1 % refused": ("land", "dirty.csv"),
    "engine, Parquet": ("raw", "orders.parquet"),
    "landing, Parquet": ("land", "orders.parquet"),
    "landing, UTF-8": ("land", "small.csv"),
    "landing, GB18030": ("land", "small-gb18030.csv"),
}
COMPARED_WITH = {
    "landing, CSV": "engine, CSV",
    "landing, CSV with 0.1 % refused": "engine, CSV",
    "landing, Parquet": "engine, Parquet",
    "landing, GB18030": "landing, UTF-8",
}


def prepare(work: Path, orders: int) -> None:
    """Write the files once: the sample's orders, some of them broken, as Parquet, and a smaller part in GB18030."""
    from orchestration.sample.company import write_company

    if (work / "small-gb18030.csv").exists():
        return
    write_company(work / "company", max(1, orders // 20), orders, 7, "csv")
    csv = work / "orders.csv"
    (work / "company" / "orders.csv").rename(csv)
    shutil.rmtree(work / "company")
    with duckdb.connect() as connection:
        connection.execute(f"copy (from '{csv}') to '{work / 'orders.parquet'}' (format parquet)")
    with csv.open(encoding="utf-8") as lines, (work / "dirty.csv").open("w", encoding="utf-8") as dirty:
        for number, line in enumerate(lines):
            dirty.write(line.replace(",20", ",x20", 1) if number % 1000 == 999 else line)
    with (
        csv.open(encoding="utf-8") as lines,
        (work / "small.csv").open("w", encoding="utf-8") as small,
        (work / "small-gb18030.csv").open("w", encoding="gb18030") as other,
    ):
        for line in (line for _, line in zip(range(min(orders, 1_000_000) + 1), lines, strict=False)):
            small.write(line)
            other.write(line)


def measure(kind: str, file: Path, work: Path) -> None:
    """One measurement, in this process."""
    from orchestration.config.sources import Feed
    from orchestration.sources.landing import land

    began = time.perf_counter()
    if kind == "raw":
        read = f"read_csv('{file}')" if file.suffix == ".csv" else f"read_parquet('{file}')"
        with duckdb.connect() as connection:
            connection.execute(f"copy (from {read}) to '{work / 'copy.parquet'}' (format parquet)")
    else:
        land(work / "home", "orders", Feed(path=str(file)))
    seconds = time.perf_counter() - began
    # Not ru_maxrss: a process inherits that of the one that started it.
    status = Path("/proc/self/status").read_text("ascii")
    peak = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    shutil.rmtree(work / "home", ignore_errors=True)
    print(json.dumps({"seconds": seconds, "mib": peak}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=20_000_000)
    parser.add_argument("--work", type=Path, default=Path("var/benchmarks/landing"))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure(given.one[0], given.work / given.one[1], given.work)
        return
    given.work.mkdir(parents=True, exist_ok=True)
    prepare(given.work, given.orders)
    rounds = []
    for number in range(given.repeat):
        results = {}
        for name, (kind, file) in MEASURES.items():
            command = [sys.executable, __file__, "--work", str(given.work), "--one", kind, file]
            results[name] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(f"round {number + 1}: {name} {results[name]['seconds']:.1f} s", file=sys.stderr)
        rounds.append(results)
    print(
        f"| {given.orders:,} orders | seconds | times the engine (GB18030: times UTF-8) | peak MiB |\n|---|---|---|---|"
    )
    for name in MEASURES:
        seconds = statistics.median(results[name]["seconds"] for results in rounds)
        peak = statistics.median(results[name]["mib"] for results in rounds)
        base = COMPARED_WITH.get(name)
        ratio = ""
        if base:
            ratio = f"{statistics.median(r[name]['seconds'] / r[base]['seconds'] for r in rounds):.2f}"
        print(f"| {name} | {seconds:.1f} | {ratio} | {peak:.0f} |")


if __name__ == "__main__":
    main()
