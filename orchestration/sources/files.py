"""Files as tables: which files a configured path names, their columns, and the SQL that reads them.

CSV is read as text with a stated dialect (delimiter from the header row, double quotes), never sniffed from the
rows: a sniffer gives up, or changes its mind, on exactly the dirty rows that must not be lost.
"""

import csv
import hashlib
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import UserError

DELIMITERS = ",;\t|"


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """An SQL string."""
    return "'" + str(text).replace("'", "''") + "'"


@dataclass(frozen=True)
class SourceFile:
    """One file: where it is and what columns it has."""

    path: Path
    format: str
    columns: tuple[str, ...]
    delimiter: str = ","

    def relation(self, keep_rejects: bool = False) -> str:
        """The SQL table function that reads it; with `keep_rejects`, lines that are not CSV go to reject_errors."""
        if self.format == "parquet":
            return f"read_parquet({literal(self.path)})"
        columns = ", ".join(f"{literal(name)}: 'varchar'" for name in self.columns)
        rejects = ", store_rejects = true, rejects_limit = 0" if keep_rejects else ""
        return (
            f"read_csv({literal(self.path)}, auto_detect = false, header = true, delim = {literal(self.delimiter)}, "
            f"""quote = '"', escape = '"', columns = {{{columns}}}{rejects})"""
        )

    def fingerprint(self) -> dict:
        """Name, size and SHA-256 of the content."""
        with self.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return {"name": self.path.name, "bytes": self.path.stat().st_size, "sha256": digest}


def all_rows(files: list[SourceFile], keep_rejects: bool = False) -> str:
    """The rows of several files, one after the other, columns matched by name."""
    selects = [f"select * from {file.relation(keep_rejects)}" for file in files]
    return "(" + " union all by name ".join(selects) + ")"


def resolved(path: str, file_format: str, where: str, home: Path) -> list[SourceFile]:
    """The files that a configured path names: environment variables and wildcards filled in, headers read.

    Raises
    ------
    UserError
        A variable is not set, no file matches, or a file has no readable header.
    """
    values = {**os.environ, "TOUCHSTONE_HOME": str(home)}

    def value(match: re.Match) -> str:
        if match[1] not in values:
            raise UserError(
                f"the environment variable {match[1]} is not set",
                where=f"sources.yml, {where}: {path}",
                mend=f"export {match[1]}=…",
            )
        return values[match[1]]

    filled = Path(re.sub(r"\$\{(\w+)\}", value, path)).expanduser()
    if any(sign in filled.name for sign in "*?["):
        matches = sorted(filled.parent.glob(filled.name))
    else:
        matches = [filled] if filled.is_file() else []
    if not matches:
        raise UserError(
            f"there is no file {filled}",
            where=f"sources.yml, {where}",
            mend="put the file there, or correct the path (for one refresh: --source FEED=PATH)",
        )
    return [opened(match, file_format) for match in matches]


def opened(path: Path, file_format: str) -> SourceFile:
    """A file with the columns that its header names."""
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty: not even a header row", where=str(path), mend="export it again")
    if file_format == "parquet":
        try:
            with duckdb.connect() as connection:
                rows = connection.execute(f"describe select * from read_parquet({literal(path)})").fetchall()
        except duckdb.Error as error:
            raise UserError(
                f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}",
                where=str(path),
                mend="export it again; if it is a CSV file, say `format: csv` in sources.yml",
            ) from None
        return SourceFile(path, file_format, tuple(row[0] for row in rows))
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            first = stream.readline(1_000_000)
            delimiter = max(DELIMITERS, key=first.count)
            stream.seek(0)
            columns = [name.strip() for name in next(csv.reader(stream, delimiter=delimiter))]
    except (UnicodeDecodeError, csv.Error, StopIteration) as error:
        raise UserError(
            f"the header row of {path} cannot be read: {error}",
            where=f"{path}, line 1",
            mend="export it as CSV in UTF-8",
        ) from None
    repeated = [name for name, times in Counter(name.lower() for name in columns).items() if times > 1]
    if repeated or "" in columns:
        raise UserError(
            f"the header row of {path} names {repeated[0] or 'nothing'!r} more than once"
            if repeated
            else f"column {columns.index('') + 1} of {path} has no name",
            where=f"{path}, line 1: {', '.join(columns)}",
            mend="give each column a name of its own",
        )
    return SourceFile(path, file_format, tuple(columns), delimiter)
