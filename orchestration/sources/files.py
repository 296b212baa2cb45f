"""Files as tables: which files a configured path names, their columns, and the SQL that reads them.

CSV is read as text with a stated dialect (delimiter from the header row, double quotes), never sniffed from the
rows: a sniffer gives up, or changes its mind, on exactly the dirty rows that must not be lost.
"""

import csv
import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from orchestration.errors import UserError
from orchestration.sources.environment import filled

DELIMITERS = ",;\t|"
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


@dataclass(frozen=True)
class SourceFile:
    """One file: where it is and what columns it has."""

    path: Path
    format: str
    columns: tuple[str, ...]
    delimiter: str = ","

    def relation(self, rejects: Rejects = "fail") -> str:
        """The SQL table function that reads it; lines that are not CSV fail it, are skipped, or go to reject_errors.

        Folder names such as `region=north` are names here, never columns: they would replace the file's own.
        """
        if self.format == "parquet":
            return f"read_parquet({exactly(self.path)}, hive_partitioning = false)"
        columns = ", ".join(f"{literal(name)}: 'varchar'" for name in self.columns)
        return (
            f"read_csv({exactly(self.path)}, auto_detect = false, header = true, delim = {literal(self.delimiter)}, "
            f"""quote = '"', escape = '"', columns = {{{columns}}}, hive_partitioning = false{REJECTS[rejects]})"""
        )

    def fingerprint(self) -> dict:
        """Name, size and SHA-256 of the content."""
        with self.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return {"name": self.path.name, "bytes": self.path.stat().st_size, "sha256": digest}


def all_rows(files: list[SourceFile], rejects: Rejects = "fail") -> str:
    """The rows of several files, one after the other, columns matched by name."""
    selects = [f"select * from {file.relation(rejects)}" for file in files]
    return "(" + " union all by name ".join(selects) + ")"


def resolved(path: str, file_format: str | None, where: str, home: Path) -> list[SourceFile]:
    """The files that a configured path names: environment variables and wildcards filled in, headers read.

    Raises
    ------
    UserError
        A variable is not set, no file matches, or a file has no readable header.
    """
    named = Path(filled(path, where, home)).expanduser()
    # A file of this very name comes first: browsers write `orders[1].csv`.
    matches = [named] if named.is_file() else sorted(named.parent.glob(named.name or "."))
    matches = [path for path in matches if path.is_file()]
    if not matches:
        raise UserError(
            f"there is no file {named}",
            where=f"sources.yml, {where}",
            mend="put the file there, or correct the path (for one refresh: --source FEED=PATH)",
        )
    return [opened(match, file_format or ("parquet" if match.suffix == ".parquet" else "csv")) for match in matches]


def opened(path: Path, file_format: str) -> SourceFile:
    """A file with the columns that its header names."""
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty: not even a header row", where=str(path), mend="export it again")
    if file_format == "parquet":
        try:
            with duckdb.connect() as connection:
                file = SourceFile(path, file_format, ())
                rows = connection.execute(f"describe select * from {file.relation()}").fetchall()
        except duckdb.Error as error:
            raise UserError(
                f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}",
                where=str(path),
                mend="export it again; if it is a CSV file, say `format: csv` in sources.yml",
            ) from None
        return SourceFile(path, file_format, tuple(row[0] for row in rows))
    try:
        delimiter, columns = max(
            ((sign, header(path, sign)) for sign in DELIMITERS), key=lambda candidate: len(candidate[1])
        )
        "".join(columns).encode()  # a byte that is no UTF-8 fails here, where it is in the header
    except (UnicodeEncodeError, csv.Error) as error:
        problem = "it is not UTF-8" if isinstance(error, UnicodeEncodeError) else str(error)
        raise UserError(
            f"the header row of {path} cannot be read: {problem}",
            where=f"{path}, line 1",
            mend="export it as CSV in UTF-8",
        ) from None
    if not columns:
        raise UserError(f"the first line of {path} is blank: no header row", where=str(path), mend="export it again")
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


def header(path: Path, delimiter: str) -> list[str]:
    """The fields of the first record; bytes that are not UTF-8 stay in as surrogates, since rows may hold them too."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        return [name.strip() for name in next(csv.reader(stream, delimiter=delimiter), [])]
