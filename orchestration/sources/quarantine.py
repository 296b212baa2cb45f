"""Quarantine: the rows that were refused, by reason, and another try once the data or the mapping is mended.

Nothing is ever taken out of a load: a replay is a load of its own, which says whose rows it took up. They count as rows
of that load, with their numbers in it, so a replay never puts an older version above a newer one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from orchestration.config.sources import Feed
from orchestration.errors import UserError
from orchestration.sources.arrival import IS_QUARANTINED, Arrival
from orchestration.sources.contract import CONTRACTS
from orchestration.sources.files import SourceFile, literal, quoted
from orchestration.sources.landing import arrival_of, digest, joined_files, mapping_of, workshop, write_load
from orchestration.sources.loads import Load, admitted, in_force, loads_of
from orchestration.sources.mapping import ROW
from orchestration.sources.rows import write_rows


@dataclass(frozen=True)
class Refused:
    """The refused rows of one load for one reason; `samples` are places and texts as they arrived."""

    feed: str
    load_id: str
    source: str
    reason: str
    rows: int
    samples: list[str]


def refused(home: Path, feed_name: str, feed: Feed | None, limit: float = 1.0, samples: int = 3) -> Iterator[Refused]:
    """What lies in quarantine and is open, load by load, the most frequent reason first.

    A row is settled when it has been replayed, or when its record has come with a later load that counts: one of
    which no larger share than `limit` is refused.
    """
    loads = in_force(loads_of(home, feed_name), feed)
    counted = admitted(loads, limit)
    key = CONTRACTS[feed_name].key
    for load in loads:
        if not load.rows["quarantined"]:
            continue
        rows = outstanding(home, load, loads)
        later = [other for other in counted if other.origin > load.load_id]
        if later and key:
            same = " and ".join(f"later.{quoted(name)} = refused.{quoted(name)}" for name in key)
            rows += f" and not exists (select 1 from {accepted(home, later)} as later where {same})"
        with duckdb.connect() as connection:
            found = connection.execute(
                "select _reason, count(*), list(concat_ws(': ', concat_ws(', ', _file, "
                "coalesce('line ' || _line, 'row ' || _row)), _raw) order by _row, _line)[:$samples] "
                f"from ({rows}) group by _reason order by 2 desc, 1",
                {"samples": samples},
            ).fetchall()
        for reason, count, texts in found:
            yield Refused(feed_name, load.load_id, load.source, reason, count, texts)


def without_customer(warehouse: Path, samples: int = 3) -> list[Refused]:
    """Rows whose customer the last refresh did not know or could not tell; samples are keys, names and candidates.

    Raises
    ------
    UserError
        Another program, such as a refresh, has the warehouse open.
    """
    if not warehouse.exists():
        return []
    try:
        connected = duckdb.connect(str(warehouse), read_only=True)
    except duckdb.IOException:
        raise UserError(
            "Rows whose customer is not known cannot be told while another program has the warehouse open.",
            where=str(warehouse),
            mend="Wait until the refresh has ended, and ask again.",
        ) from None
    with connected as connection:
        known = connection.execute(
            "select count(*) from information_schema.tables where table_schema = 'staging' "
            "and table_name = 'unidentified'"
        ).fetchall()
        if known == [(0,)]:
            return []
        found = connection.execute(
            "select feed, reason, count(*), list(concat_ws(': ', record_key, named_customer_id, "
            "'one of ' || candidates) "
            "order by record_key)[:$samples] from staging.unidentified group by feed, reason order by feed, reason",
            {"samples": samples},
        ).fetchall()
    return [Refused(feed, "", "", reason, rows, texts) for feed, reason, rows, texts in found]


def outstanding(home: Path, load: Load, loads: list[Load]) -> str:
    """SELECT of the quarantined rows of a load that have not been replayed."""
    aside = literal(load.folder(home) / "set_aside.parquet")
    rows = f"select * from read_parquet({aside}, hive_partitioning = false) as refused where {IS_QUARANTINED}"
    for replayed in (other for other in loads if other.replay_of == load.load_id):
        same = "taken._row = refused._row"
        if replayed.is_of_lines:  # lines: a record has the number of its first one
            same = " and ".join(f"taken.{name} = refused.{name}" for name in map(quoted, CONTRACTS[load.feed].key))
        rows += f" and not exists (select 1 from {accepted(home, [replayed])} as taken where {same})"
    return rows


def accepted(home: Path, loads: list[Load]) -> str:
    """The accepted rows of loads."""
    paths = ", ".join(literal(load.folder(home) / "accepted.parquet") for load in loads)
    return f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false)"


def replay(home: Path, feed_name: str, feed: Feed) -> list[Load]:
    """Read the refused rows of a feed once more, as sources.yml says now; land those that fit.

    Lines that are no rows (a quote too many, a field too few) stay: they arrive again with the mended file.

    Parameters
    ----------
    home : Path
        TOUCHSTONE_HOME; the caller holds its lock.

    Returns
    -------
    list of Load
        The new loads, each with `replay_of`; none where nothing fits, or nothing is left.
    """
    landed = []
    for load in in_force(loads_of(home, feed_name), feed):
        if not load.rows["quarantined"] or load.replay_of:
            continue
        with workshop(home, feed_name) as work:
            loads = loads_of(home, feed_name)
            rows = outstanding(home, load, in_force(loads, feed)) + " and _row is not null"
            arrival = again(home, feed_name, feed, load, rows, work / "refused.parquet", work)
            trial = work / "trial"
            trial.mkdir()
            with duckdb.connect() as connection:
                write_rows(connection, home, arrival, trial)
            aside = trial / "set_aside.parquet"
            if aside.exists():
                rows += f" and _row not in (select _row from read_parquet({literal(aside)}))"
            fitting = again(home, feed_name, feed, load, rows, work / "fitting.parquet", work)
            if rows_in(fitting):
                new = write_load(
                    home,
                    fitting,
                    loads,
                    source=load.source,
                    content=digest([load.content, mapping_of(feed_name, feed)]),
                    mapping=mapping_of(feed_name, feed),
                    files=load.files,
                    replay_of=load.load_id,
                )
                landed.append(new)
    return landed


def again(home: Path, feed_name: str, feed: Feed, load: Load, rows: str, path: Path, work: Path) -> Arrival:
    """Refused rows as a source: the columns that they had, with the types that they had, and their numbers."""
    pointers = {name: "/" + name.replace("~", "~0").replace("/", "~1") for name in load.schema}
    columns = ", ".join(
        f"(_raw::json ->> {literal(pointers[name])})::{sql_type} as {quoted(name)}"
        for name, sql_type in load.schema.items()
    )
    with duckdb.connect() as connection:
        try:
            connection.execute(
                f"copy (select {columns}, _row as {ROW} from ({rows}) order by _row) "
                f"to {literal(path)} (format parquet)"
            )
        except duckdb.Error as error:
            raise UserError(
                f"the refused rows of {load.source} cannot be read again from their text: {type(error).__name__}",
                where=f"load {load.load_id} of {feed_name}",
                mend="mend the source instead, and refresh: the whole file is read again",
            ) from None
    file = SourceFile(load.source, path, "parquet", tuple(load.schema))
    arrival = arrival_of(feed_name, feed, {"source": [file], **joined_files(home, feed_name, feed, work)})
    return replace(arrival, has_numbers=True)


def rows_in(arrival: Arrival) -> int:
    with duckdb.connect() as connection:
        [(count,)] = connection.execute(f"select count(*) from read_parquet({literal(arrival.own[0].path)})").fetchall()
    return count
