"""Rows that are set aside: where they stood, what they said, and the lines of which no row could be made."""

import csv
from pathlib import Path

import duckdb

from orchestration.errors import UserError
from orchestration.sources.arrival import IS_QUARANTINED, Arrival
from orchestration.sources.files import SourceFile, literal, quoted
from orchestration.sources.readers.lines import BLOCK, LONGEST_RECORD, Quotes, line_end

ENGINES_BUFFER = 32_000_000  # bytes; beyond them DuckDB 2.0 gives a record up without telling what it passed over


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
    columns = ", ".join(f"rows.{quoted(name)}" for name in arrival.names)
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


def refuse_unread(arrival: Arrival) -> None:
    """A file of which the engine made no row at all, though it goes on after its header: all of it would be lost.

    A file without a header has no name of a column that could hold a line break, which is how that comes about.
    """
    for file in arrival.own:
        if file.format != "csv" or not file.header_line:
            continue
        with file.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            records = csv.reader(stream, delimiter=file.delimiter)
            next(records, None)
            if any(map(str.strip, next(filter(any, records), []))):
                raise UserError(
                    f"no row of {file.name} can be read, though it goes on after its header",
                    where=f"{file.name}, line {file.header_line}, feed {arrival.feed_name}",
                    mend="see whether a column's name holds a line break: write it in one line, and export again",
                )


def refuse_swallowed_lines(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> None:
    """A quote that never closes takes the lines after it along: no honest count of rows is left to give.

    The engine keeps 10 000 characters of a broken line, so a longer one could not be kept whole either. Where it gives
    a record up after 32 MB, it shows the first line alone and passes over the others, so that line is read here; and
    of a line that is itself longer than that it says nothing at all.
    """
    mend = 'close the quote, write a quote inside a value as "", give each record the fields of the header, and '
    mend += "export the file again"
    for file in arrival.own:
        if file.format != "csv":
            continue
        if file.path.stat().st_size > ENGINES_BUFFER and (line := overlong_line(file.path)):
            raise UserError(
                f"line {line} is longer than 2 MB",
                where=f"{file.path}, line {line}, feed {arrival.feed_name}",
                mend="see whether the file is damaged there, and export it again",
            )
        found = connection.execute(
            "select line, error_type::varchar, line_byte_position, byte_position, "
            # Where lines end in CRLF, the engine begins each with the end of the one before.
            r"trim(csv_line, e'\r\n') like e'%\n%' or length(csv_line) >= 10000 "
            "from reject_errors join reject_scans using (scan_id, file_id) where file_path = ? order by line",
            [str(file.path)],
        ).fetchall()
        for line, error, begin, error_at, runs_on in found:
            is_open = error == "UNQUOTED VALUE" and not runs_on and leaves_quote_open(file, begin, error_at)
            if not runs_on and not is_open:
                continue
            if error == "UNQUOTED VALUE":
                what = f"a double quote opens in line {line} and never closes: the lines after it cannot be told apart"
            elif error == "LINE SIZE OVER MAXIMUM":
                what = f"line {line} is longer than 2 MB, or a double quote opens there and never closes"
            else:
                what = (
                    f"the record in line {line} has {error.lower()}, and runs over several lines or 10 000 characters"
                )
            raise UserError(what, where=f"{file.path}, line {line}, feed {arrival.feed_name}", mend=mend)


def leaves_quote_open(file: SourceFile, begin: int, error_at: int) -> bool:
    """Whether a quote is open at the end of the line that holds the byte `error_at`, counted from 1.

    The engine's beginning of the record may be that of the record before.
    """
    with file.path.open("rb") as stream:
        end = line_end(stream.read(BLOCK))
        stream.seek(begin - 1)
        text = stream.read(max(error_at - begin, 1))
        while end not in (rest := stream.read(BLOCK)) and rest:
            text += rest
    quotes = Quotes(file.delimiter)
    for line in (text + rest.split(end, 1)[0]).lstrip(b"\r\n").split(end):
        quotes.read(line)
    return quotes.is_open


def overlong_line(path: Path) -> int | None:
    """The first line that is longer than the engine takes; a search for two line ends in each block."""
    length = passed = 0
    with path.open("rb") as stream:
        end = line_end(stream.read(BLOCK))
        stream.seek(0)
        while block := stream.read(BLOCK):
            first = block.find(end)
            length += len(block) if first < 0 else first
            if length > LONGEST_RECORD:
                return passed + 1
            if first >= 0:
                passed += block.count(end)
                length = len(block) - block.rfind(end) - 1
    return None
