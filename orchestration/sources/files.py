"""Files as tables: what a file looks like to the engine, and the SQL that reads it.

CSV is read as text with a stated dialect (delimiter from the header row, double quotes), never sniffed from the
rows: a sniffer gives up, or changes its mind, on exactly the dirty rows that must not be lost. Which files there
are is locate.py's; what they are made of is reading.py's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

Rejects = Literal["fail", "skip", "keep"]
REJECTS: dict[Rejects, str] = {
    "fail": "",
    "skip": ", ignore_errors = true",
    "keep": ", store_rejects = true, rejects_limit = 0",
}


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """An SQL string."""
    return "'" + str(text).replace("'", "''") + "'"


def exactly(path: Path) -> str:
    """An SQL string that names this one file, whatever wildcards its name holds."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


SURE_NAMES, SURE_SHARE = 4, 0.8  # of a header row, among the names that are expected


def names_told(columns: Sequence[str], expected: Sequence[str]) -> str:
    """The names of columns for a message: those that are expected or near it; the others are counted.

    Without a header row somebody's values stand there, and no pattern tells a name of a person from one of a column.
    That one is near counts only beside one that is expected: Regina is near region. Where four in five are expected,
    the row is a header, and the one that is wrong stands in it.
    """
    expected = [name.lower() for name in expected]
    exact = sum(name.strip().lower() in expected for name in columns)
    is_header = exact > 0
    if exact >= SURE_NAMES and exact >= SURE_SHARE * len(columns):
        return ", ".join(columns)
    known = [name for name in columns if is_header and get_close_matches(name.strip().lower(), expected, n=1)]
    others = len(columns) - len(known)
    if not others:
        return ", ".join(known)
    told = "is not told, since it may be a value" if others == 1 else "are not told, since they may be values"
    if known:
        return f"{', '.join(known)}, and {others} {'other' if others == 1 else 'others'}, which {told}: open the file"
    return f"{others} {'name' if others == 1 else 'names'} of columns, which {told}: is the header row missing?"


@dataclass(frozen=True)
class SourceFile:
    """One table as the engine reads it: a file where it lies, or what was made of it in the work folder.

    Attributes
    ----------
    name : str
        What people call it: the path or the URL, for a member of an archive `orders.zip/january.csv`.
    path : Path
        What the engine reads: UTF-8 CSV, or Parquet.
    columns : tuple of str
        As the header names them; column1, column2, … where there is none.
    header_line : int
        Line of the header in the original, 0 where there is none (CSV only).
    lines : Path, optional
        Parquet, one column `line`, a row for each record: where it stood in the original (converted files only).
    rejects : Path, optional
        Parquet (line bigint, raw varchar, error varchar): lines of which no record could be made.
    """

    name: str
    path: Path
    format: Literal["csv", "parquet"]
    columns: tuple[str, ...]
    delimiter: str = ","
    header_line: int = 1
    lines: Path | None = None
    rejects: Path | None = None

    def relation(self, rejects: Rejects = "fail") -> str:
        """The SQL table function that reads it; lines that are not CSV fail it, are skipped, or go to reject_errors.

        Folder names such as `region=north` are names here, never columns: they would replace the file's own.
        """
        if self.format == "parquet":
            return f"read_parquet({exactly(self.path)}, hive_partitioning = false)"
        columns = ", ".join(f"{literal(name)}: 'varchar'" for name in self.columns)
        return (
            f"read_csv({exactly(self.path)}, auto_detect = false, header = {self.header_line > 0}, "
            f"delim = {literal(self.delimiter)}, "
            f"""quote = '"', escape = '"', columns = {{{columns}}}, hive_partitioning = false{REJECTS[rejects]})"""
        )

    def line_numbers(self, records: Sequence[int], broken: Sequence[int] = ()) -> tuple[dict[int, int], dict[int, int]]:
        """Where records stood in the original: the line, or the row of the sheet, counted from 1.

        Parameters
        ----------
        records : sequence of int
            Numbers of records that the engine could read; 1 is the first after the header, if there is one.
        broken : sequence of int
            The `line` of every row of the engine's `reject_errors` for this file, none left out (CSV only). The
            engine counts a record with line ends in quotes as one line, so these are no line numbers yet.

        Returns
        -------
        dict, dict
            Record to line, and the engine's number of a broken line to its line; empty for plain Parquet.
        """
        from orchestration.sources.readers.lines import csv_lines, kept_lines

        if self.format == "csv":
            return csv_lines(self, sorted(set(records)), sorted(set(broken)))
        return (kept_lines(self.lines, records) if self.lines else {}), {}

    def raw(self, positions: Sequence[int]) -> dict[int, str]:
        r"""The records that begin at these bytes, in full; a byte that is no text is written `\xNN`.

        Parameters
        ----------
        positions : sequence of int
            `line_byte_position` of rows of `reject_errors` for this file. The engine's own `csv_line` shows a
            question mark for each byte that it cannot read.
        """
        from orchestration.sources.readers.lines import raw_records

        return raw_records(self, positions)
