"""Excel and OpenDocument sheets as Parquet of text.

The library holds a whole sheet in memory and ends the process where it gets none, so it works in a process of its own
with a limit. What it leaves out of .xlsx, errors such as #N/A and formulas that were never computed, is in
readers/sheet_xml.py.
"""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestration.config.sources import Files
from orchestration.errors import UserError
from orchestration.sources.files import SourceFile

MEMORY = 3 << 30  # a full sheet of 1 048 576 rows with twenty columns fits
REFUSED = 3


def excel_file(path: Path, name: str, spec: Files, work: Path) -> SourceFile:
    """One sheet of a workbook, with the columns that its header row names; without one, as many as the sheet has.

    Whole numbers have no `.0`, other numbers the 15 digits that Excel shows, dates are ISO, blank rows are left out.

    Raises
    ------
    UserError
        The workbook is damaged, encrypted or beyond the memory limit; there is no such sheet; the header has gaps
        or names a column twice.
    """
    told = json.dumps(
        {
            "path": str(path),
            "name": name,
            "work": str(work),
            "spec": spec.model_dump(mode="json", include=set(Files.model_fields)),
        }
    )
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.sources.readers.excel"],
        input=told,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},  # the same code as here
    )
    if done.returncode == REFUSED:
        raise UserError(**json.loads(done.stdout))
    if done.returncode:
        raise UserError(
            f"{name} cannot be read as a workbook: it is damaged, or its sheet takes more than {MEMORY >> 30} GB",
            where=name,
            mend="open it and save it again; if the sheet is that large, save it as CSV",
        )
    made = json.loads(done.stdout)
    return SourceFile(name, Path(made["values"]), "parquet", tuple(made["columns"]), lines=Path(made["lines"]))


def main() -> None:
    """Convert the sheet that standard input names; tell the files, or the error, on standard output."""
    import resource

    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    spec = Files(**{**asked["spec"], "path": asked["spec"]["path"] or asked["name"]})
    try:
        print(json.dumps(converted(Path(asked["path"]), asked["name"], spec, Path(asked["work"]))))
    except UserError as error:
        print(json.dumps({"what": error.what, "where": error.where, "mend": error.mend}))
        sys.exit(REFUSED)


def converted(path: Path, name: str, spec: Files, work: Path) -> dict:
    """Write the rows of the sheet; the paths of values and lines, and the columns."""
    from orchestration.sources.readers.converted import Table
    from orchestration.sources.readers.sheet_xml import BROKEN_ARCHIVE, left_out
    from orchestration.sources.readers.text import checked_names, numbered_names

    sheet, position = chosen_sheet(path, name, spec)
    where = f"{name}, sheet {sheet.name!r}, row {spec.header_row}"
    try:
        added = left_out(path, position)
    except BROKEN_ARCHIVE as error:
        raise damaged(name, error) from None
    left, width = used_columns(sheet, added)
    rows = sheet_rows(sheet, added, left, spec.decimal)
    if spec.header_row:
        header = next((cells for number, cells in rows if number == spec.header_row), [])
        while header and not header[-1]:
            header.pop()
        columns = checked_names([(cell or "").strip() for cell in header], name, where)
    else:
        columns = numbered_names(width, name, f"{name}, sheet {sheet.name!r}")
    with Table(work, dict.fromkeys(columns, str)) as values, Table(work, {"line": int}) as lines:
        for number, row in rows:
            beside = enumerate(row[len(columns) :], left + len(columns) + 1)
            beyond = next((place for place, cell in beside if cell), None)
            if beyond:
                raise UserError(
                    f"{name} has a value in column {beyond} of row {number}; the header names {len(columns)}",
                    where=where,
                    mend="where the names of the columns stand further down, say so (`header_row: 2`); else give the "
                    "column a name, or clear the cells beside the table",
                )
            if any(row):
                values.add((row + [None] * len(columns))[: len(columns)])
                lines.add((number,))
    return {"values": str(values.path), "lines": str(lines.path), "columns": columns}


def chosen_sheet(path: Path, name: str, spec: Files) -> tuple[Any, int]:
    """The sheet that the setting names (by name, or by number from 1; else the first), and its position."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        workbook = CalamineWorkbook.from_path(path)
        names = workbook.sheet_names
        position = names.index(spec.sheet) if isinstance(spec.sheet, str) else (spec.sheet or 1) - 1
        if position < len(names):
            return workbook.get_sheet_by_index(position), position
    except PasswordError:
        raise UserError(f"{name} is protected by a password", where=name, mend="save it without one") from None
    except (CalamineError, OSError) as error:
        raise damaged(name, error) from None
    except ValueError:
        pass  # no sheet of this name
    raise UserError(
        f"{name} has no sheet {spec.sheet or 1!r}; it has: {', '.join(names) or 'none'}",
        where=f"sources.yml, `sheet`, for {name}",
        mend="correct `sheet`: a name, or a number from 1",
    )


def damaged(name: str, error: Exception) -> UserError:
    return UserError(
        f"{name} cannot be read as a workbook: {type(error).__name__}",
        where=name,
        mend="open it and save it again, as .xlsx",
    )


def used_columns(sheet: Any, added: dict[int, dict[int, str]]) -> tuple[int, int]:
    """The first column that holds anything, from 0, and how many there are from it to the last."""
    columns = [column for cells in added.values() for column in cells]
    if sheet.start:
        columns += [sheet.start[1], sheet.end[1]]
    return (min(columns), max(columns) - min(columns) + 1) if columns else (0, 0)


def sheet_rows(
    sheet: Any, added: dict[int, dict[int, str]], left: int, decimal: str
) -> Iterator[tuple[int, list[str | None]]]:
    """Rows by their number, as text, from the column `left` on; the library begins with the first that it knows.

    `added` holds cells that the library left out, by row and column.
    """
    moved = {row: {column - left: text for column, text in cells.items()} for row, cells in added.items()}
    number = 0
    if sheet.start:
        unknown = [None] * (sheet.start[1] - left)
        for number, cells in enumerate(sheet.iter_rows(), 1):
            yield number, with_added(unknown + [as_text(cell, decimal) for cell in cells], moved.get(number, {}))
    for beyond in sorted(row for row in moved if row > number):
        yield beyond, with_added([], moved[beyond])


def with_added(row: list[str | None], added: dict[int, str]) -> list[str | None]:
    for column, text in added.items():
        row += [None] * (column + 1 - len(row))
        row[column] = row[column] or text
    return row


def as_text(cell: Any, decimal: str = ".") -> str | None:
    """A cell as a person reads it: 5 and not 5.0, 0.3 and not 0.30000000000000004, ISO dates."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        is_whole = cell.is_integer() and abs(cell) < 2**53
        return str(int(cell)) if is_whole else format(cell, ".15g").replace(".", decimal)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


if __name__ == "__main__":
    main()
