"""The rows of one load: read once, judged, parted into accepted and set aside, and counted.

Rows are written as they come, to `accepted.parquet`, with their outcome beside them. Only where some did not fit (or
several lines are one record) are they written a second time, parted.
"""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.errors import UserError
from orchestration.settings import Feed
from orchestration.sources.contract import Contract
from orchestration.sources.files import SourceFile, literal, quoted
from orchestration.sources.forgotten import drop_forgotten
from orchestration.sources.loads import OUTCOMES
from orchestration.sources.mapping import all_rows, joined, mapped_rows, not_read


@dataclass(frozen=True)
class Arrival:
    """What one load is read from.

    Parameters
    ----------
    files : dict
        The files of the feed under `source`, and of each join under its name.
    found, unread : list of str
        Column names of the feed's own files, and those of them that nothing reads.
    earlier : list of Path
        Folders of the loads that a pull may bring rows of again; in load order.
    has_numbers : bool
        The rows bring their numbers along: they are read again.
    """

    feed_name: str
    feed: Feed
    contract: Contract
    files: dict[str, list[SourceFile]]
    found: list[str]
    unread: list[str]
    earlier: list[Path] = field(default_factory=list)
    has_numbers: bool = False

    @property
    def own(self) -> list[SourceFile]:
        return self.files["source"]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.contract.columns]


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
        refuse_swallowed_lines(connection, arrival.feed_name)
    if feed.join:
        check_one_row_each(connection, arrival.feed_name, staged)

    judged = numbered(staged)
    for judge in (judged_as_lines if feed.lines else None, without_what_came_before if arrival.earlier else None):
        if judge:
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
        f"from read_parquet({literal(rows)}, file_row_number = true))"
    )


def outcome_of(reason: str | None) -> str:
    if reason is None:
        return "accepted"
    if reason.startswith("excluded:"):
        return "excluded"
    return "duplicate" if reason == "duplicate" else "quarantined"


IS_QUARANTINED = "_reason is not null and not starts_with(_reason, 'excluded:') and _reason <> 'duplicate'"


# --- several lines, one record ----------------------------------------------------------------------------------


def judged_as_lines(arrival: Arrival, judged: str) -> str:
    """The rows, where a record with a refused line is refused whole: without that line its sum would be wrong.

    Lines that name two customers are no record either.
    """
    key = ", ".join(quoted(name) for name in arrival.contract.key)
    return f"""
        with unfit as (
            select
                {key},
                case
                    when bool_or({IS_QUARANTINED}) then 'incomplete:{arrival.contract.key[0]}'
                    else 'conflicting:customer_id'
                end as unfit_for
            from {judged}
            where _reason is null or {IS_QUARANTINED}
            group by {key}
            having bool_or({IS_QUARANTINED}) or count(distinct customer_id) > 1
        )
        select judged.* replace (coalesce(_reason, unfit_for) as _reason)
        from {judged} as judged
        left join unfit using ({key})"""


def records_of_lines(contract: Contract, judged: str) -> str:
    """SELECT of one row a record: money is summed, it is dated by its first moment, other moments are the last.

    Of a text the first line that has one speaks for the record. `_lines` is how many lines it has.
    """
    columns = []
    for column in contract.columns:
        name = quoted(column.name)
        if column.name in contract.key:
            columns.append(name)
        elif column.kind == "money":
            columns.append(f"sum({name})::decimal(18,4) as {name}")
        elif column.kind in ("moment", "date"):
            columns.append(f"{'min' if column.name == contract.moment else 'max'}({name}) as {name}")
        else:
            columns.append(f"arg_min({name}, _row) filter ({name} is not null) as {name}")
    key = ", ".join(quoted(name) for name in contract.key)
    columns += ["min(_row) as _row", "count(*) as _lines"]
    return f"select {', '.join(columns)} from {judged} where _reason is null group by {key} order by min(_row)"


# --- pulls that overlap -----------------------------------------------------------------------------------------


def without_what_came_before(arrival: Arrival, judged: str) -> str:
    """The rows, where one that a load holds already, and that nothing has changed since, is a duplicate.

    A row of a key is compared with the version of it that landed last: one that goes back to what it was before is a
    change. Events have no key; of equal ones, as many are duplicates as have landed.
    """
    key = arrival.contract.key
    row = "struct_pack(" + ", ".join(f"{name} := {name}" for name in map(quoted, arrival.names)) + ")"
    paths = ", ".join(literal(folder / "accepted.parquet") for folder in arrival.earlier)
    landed = f"read_parquet([{paths}], union_by_name = true, filename = true, file_row_number = true)"
    aside = [
        literal(folder / "set_aside.parquet") for folder in arrival.earlier if (folder / "set_aside.parquet").exists()
    ]
    refused = "select null::varchar as _raw where false"
    if aside:
        refused = f"select distinct _raw from read_parquet([{', '.join(aside)}], union_by_name = true)"
    if key:
        # Paths sort as loads do.
        known = f"select arg_max({row}, (filename, file_row_number)) as content, 1 as times from {landed} group by "
        known += ", ".join(map(quoted, key))
        occurrence = "1"
    else:
        known = f"select {row} as content, count(*) as times from {landed} group by content"
        occurrence = f"row_number() over (partition by {row} order by _row)"
    return f"""
        with arriving as (
            select *, {row} as _content, {occurrence} as _occurrence from {judged}
        ),
        known as (
            {known}
        ),
        refused as (
            {refused}
        )
        select arriving.* exclude (_content, _occurrence) replace (
            case
                when _reason is null and _occurrence <= known.times then 'duplicate'
                when {IS_QUARANTINED} and refused._raw is not null then 'duplicate'
                else _reason
            end as _reason
        )
        from arriving
        left join known on arriving._content = known.content
        left join refused on arriving._raw = refused._raw"""


# --- rows that are set aside ------------------------------------------------------------------------------------


def find_places(connection: duckdb.DuckDBPyConnection, arrival: Arrival, judged: str) -> None:
    """Where the refused rows stand in their files, and the lines of which no row could be made, as they stand.

    Writes the temporary tables `source_files`, `refused_lines` and `broken_lines`.
    """
    import pyarrow as pa

    connection.execute("create temp table source_files (_file integer, name varchar)")
    connection.execute("create temp table refused_lines (_row bigint, line bigint)")
    connection.execute(
        "create temp table broken_lines (_row bigint, _file integer, _line bigint, _reason varchar, _raw varchar)"
    )
    for place, file in enumerate(arrival.own):
        connection.execute("insert into source_files values (?, ?)", [place, file.name])
        of_file = f"from {judged} where _file = {place}"
        refused = connection.execute(f"select _row {of_file} and {IS_QUARANTINED} order by _row").fetchnumpy()["_row"]
        broken = errors_of(connection, file) if file.format == "csv" else []
        if len(refused) or broken:
            [(first,)] = connection.execute(f"select coalesce(min(_row), 1) {of_file}").fetchall()
            lines, broken_at = file.line_numbers((refused - first + 1).tolist(), [line for line, *_ in broken])
            numbers = pa.array([first + record - 1 for record in lines], pa.int64())
            found = pa.table({"_row": numbers, "line": pa.array(lines.values(), pa.int64())})
            connection.from_arrow(found).insert_into("refused_lines")
            # The engine shows a question mark for each byte that it cannot read.
            unreadable = file.raw([position for _, _, error, position in broken if error == "INVALID ENCODING"])
            lost = pa.table(
                {
                    "_row": pa.nulls(len(broken), pa.int64()),
                    "_file": pa.array([place] * len(broken), pa.int32()),
                    "_line": pa.array([broken_at.get(line, line) for line, *_ in broken], pa.int64()),
                    "_reason": pa.array([f"malformed:{error.lower().replace(' ', '_')}" for _, _, error, _ in broken]),
                    "_raw": pa.array([unreadable.get(position, raw) for _, raw, _, position in broken], pa.string()),
                }
            )
            connection.from_arrow(lost).insert_into("broken_lines")
        if file.rejects:
            connection.execute(
                f"insert into broken_lines select null, {place}, line, 'malformed:' || error, raw "
                f"from read_parquet({literal(file.rejects)})"
            )


def errors_of(connection: duckdb.DuckDBPyConnection, file: SourceFile) -> list[tuple[int, str, str, int]]:
    """The lines of a CSV file that are none: the engine's number of each, its text, what is wrong, where it begins."""
    return connection.execute(
        r"select line::bigint, min(trim(csv_line, e'\r\n')), min(error_type::varchar), min(line_byte_position) "
        "from reject_errors join reject_scans using (scan_id, file_id) where file_path = ? group by line order by line",
        [str(file.path)],
    ).fetchall()


def write_set_aside(connection: duckdb.DuckDBPyConnection, arrival: Arrival, every_row: str, path: Path) -> None:
    """Every refused or excluded row with its file, line, column, reason and text."""
    columns = ", ".join(map(quoted, arrival.names))
    connection.execute(f"""
        copy (
            select
                {columns},
                rows._row,
                source_files.name as _file,
                coalesce(refused_lines.line, rows._line) as _line,
                case when regexp_full_match(_reason, '(missing|unparseable|unaccepted|conflicting|incomplete):.*')
                    then split_part(_reason, ':', 2) end as _column,
                _reason,
                _raw
            from {every_row} as rows
            left join source_files on rows._file = source_files._file
            left join refused_lines on rows._row = refused_lines._row
            where _reason is not null and _reason <> 'duplicate'
            order by rows._row, rows._line
        ) to {literal(path)} (format parquet, compression zstd)""")


def refuse_swallowed_lines(connection: duckdb.DuckDBPyConnection, feed_name: str) -> None:
    """A quote that never closes takes the lines after it along: no honest count of rows is left to give.

    The engine keeps 10 000 characters of a broken line, so a longer one could not be kept whole either.
    """
    found = connection.execute(
        "select any_value(file_path), min(line), arg_min(error_type::varchar, line) "
        "from reject_errors join reject_scans using (scan_id, file_id) "
        # Where lines end in CRLF, the engine begins each with the end of the one before.
        r"where trim(csv_line, e'\r\n') like e'%\n%' or length(csv_line) >= 10000 group by scan_id, file_id order by 1"
    ).fetchone()
    if not found:
        return
    path, line, error = found
    if error == "UNQUOTED VALUE":
        what = f"a double quote opens in line {line} and never closes: the lines after it cannot be told apart"
    elif error == "LINE SIZE OVER MAXIMUM":
        what = f"line {line} is longer than 2 MB, or a double quote opens there and never closes"
    else:
        what = f"the record in line {line} has {error.lower()}, and runs over several lines or 10 000 characters"
    raise UserError(
        what,
        where=f"{path}, line {line}, feed {feed_name}",
        mend='close the quote, write a quote inside a value as "", give each record the fields of the header, and '
        "export the file again",
    )


# --- joins ------------------------------------------------------------------------------------------------------


def check_one_row_each(connection: duckdb.DuckDBPyConnection, feed_name: str, staged: Path) -> None:
    """A join may complete a row, never multiply it."""
    twice = connection.execute(
        f"select count(*) - count(distinct _row) from read_parquet({literal(staged)})"
    ).fetchone()[0]
    if twice:
        raise UserError(
            f"the joins of the feed {feed_name} turn some rows into several: {twice} rows too many",
            where=f"sources.yml, feeds.{feed_name}.join",
            mend="summarise the joined file to one row a key with `group_by` and `columns`",
        )


def join_totals(connection: duckdb.DuckDBPyConnection, arrival: Arrival, alias: str) -> dict:
    """What a summarised file held, and how much of it found a row: the identity that ties lines to orders."""
    join, files = arrival.feed.join[alias], arrival.files
    lines = connection.execute(f"select count(*) from {all_rows(files[alias])}").fetchone()[0]
    if not join.money:
        return {"lines": lines}
    earlier = list(arrival.feed.join)[: list(arrival.feed.join).index(alias)]
    joins_so_far = "\n".join(joined(name, arrival.feed.join[name], files[name]) for name in earlier)
    key = quoted(join.group_by)
    money, money_of_rows = connection.execute(
        f"with keys as (select distinct ({join.match[join.group_by]}) as key "
        f"from {all_rows(files['source'], 'skip')} as source {joins_so_far}), "
        f"summed as (select {key} as key, {join.columns[join.money]} as money "
        f"from {all_rows(files[alias])} group by {key}) "
        "select coalesce(sum(money), 0), coalesce(sum(money) filter (where key in (select key from keys)), 0) "
        "from summed"
    ).fetchone()
    return {
        "lines": lines,
        "money": str(money),
        "money_of_rows": str(money_of_rows),
        "money_without_row": str(money - money_of_rows),
    }
