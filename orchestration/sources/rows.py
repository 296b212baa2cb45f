"""The rows of one load: read once, judged, parted into accepted and set aside, and counted.

Rows are written as they come, to `accepted.parquet`, with their outcome beside them. Only where some did not fit (or
several lines are one record) are they written a second time, parted.
"""

from pathlib import Path

import duckdb

from orchestration.sources.arrival import Arrival, outcome_of
from orchestration.sources.files import literal
from orchestration.sources.forgotten import drop_forgotten
from orchestration.sources.judging import (
    check_one_row_each,
    join_totals,
    judged_as_lines,
    records_of_lines,
    without_what_came_before,
)
from orchestration.sources.loads import OUTCOMES
from orchestration.sources.mapping import all_rows, mapped_rows, not_read
from orchestration.sources.set_aside import find_places, refuse_swallowed_lines, refuse_unread, write_set_aside


def write_rows(connection: duckdb.DuckDBPyConnection, home: Path, arrival: Arrival, work: Path) -> dict:
    """Write `accepted.parquet` and, where there are any, `set_aside.parquet`; the counts of load.json."""
    feed, contract = arrival.feed, arrival.contract
    staged, accepted = work / "staged.parquet", work / "accepted.parquet"
    try:
        rows = mapped_rows(contract, feed, arrival.files, arrival.found, arrival.unread, arrival.has_numbers)
        connection.execute(f"copy ({rows}) to {literal(staged)} (format parquet)")
        joins = {alias: join_totals(connection, arrival, alias) for alias in feed.join}
    except duckdb.Error as error:
        raise not_read(arrival.feed_name, arrival.files, error) from None
    has_csv = any(file.format == "csv" for file in arrival.own)
    if has_csv:
        refuse_swallowed_lines(connection, arrival)
    if feed.join:
        check_one_row_each(connection, arrival.feed_name, staged)

    judged = numbered(staged)
    judges = [judged_as_lines] * feed.lines + [without_what_came_before] * bool(arrival.earlier)
    for judge in judges:
        again = work / "judged.parquet"
        connection.execute(f"copy ({judge(arrival, judged)} order by _row) to {literal(again)} (format parquet)")
        again.replace(staged)
    find_places(connection, arrival, judged)
    every_row = f"(select *, null::bigint as _line from {judged} union all by name from broken_lines)"
    dropped = drop_forgotten(connection, home, every_row, contract, work / "kept.parquet")
    every_row = dropped.relation
    counts = connection.execute(
        f"select _reason, count(*), {f'sum({contract.money})' if contract.money else '0'}, "
        f"{f'count(*) - count({contract.money})' if contract.money else '0'} "
        f"from {every_row} group by _reason order by _reason"
    ).fetchall()
    totals = {outcome: 0 for outcome in OUTCOMES}
    money = {outcome: 0 for outcome in OUTCOMES}
    for code, count, amount, _ in counts:
        totals[outcome_of(code)] += count
        money[outcome_of(code)] += amount or 0

    if not sum(totals.values()) + dropped.rows:
        refuse_unread(arrival)
    if totals["excluded"] or totals["quarantined"]:
        write_set_aside(connection, arrival, every_row, work / "set_aside.parquet")
    if feed.lines:
        connection.execute(f"copy ({records_of_lines(contract, every_row)}) to {literal(accepted)} (format parquet)")
    elif totals["accepted"] == sum(totals.values()) + dropped.rows:
        staged.rename(accepted)
    else:
        connection.execute(
            f"copy (select * exclude (_file, _line, _reason, _raw) from {every_row} where _reason is null) "
            f"to {literal(accepted)} (format parquet)"
        )
    for rest in (staged, work / "kept.parquet"):
        rest.unlink(missing_ok=True)
    landed = f"read_parquet({literal(accepted)})"
    newest = f"max({contract.moment})::varchar" if contract.moment else "null"
    records, newest = connection.execute(f"select count(*), {newest} from {landed}").fetchone()
    return {
        "schema": source_schema(connection, arrival),
        "source_rows": sum(totals.values()) + dropped.rows,
        "rows": totals,
        "money": {outcome: str(amount) for outcome, amount in money.items()}
        | ({"erased": dropped.money} if dropped.rows else {}),
        "erased": dropped.rows,
        "unparsed_money": sum(unparsed for *_, unparsed in counts),
        "records": records,
        "reasons": {code: count for code, count, *_ in counts if outcome_of(code) in ("excluded", "quarantined")},
        "joins": joins,
        "newest": newest,
    }


def source_schema(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> dict[str, str]:
    """The columns of the source with their types: a row that was refused is read again by them."""
    described = connection.execute(f"describe select * from {all_rows(arrival.own)}").fetchall()
    types = {name: sql_type for name, sql_type, *_ in described}
    return {name: types[name] for name in arrival.found}


def numbered(rows: Path) -> str:
    """Landed or staged rows, each with its number in its source, from 1: as written, else its place in the file."""
    return (
        "(select * exclude (file_row_number) replace (coalesce(_row, file_row_number + 1) as _row) "
        f"from read_parquet({literal(rows)}, file_row_number = true, hive_partitioning = false))"
    )
