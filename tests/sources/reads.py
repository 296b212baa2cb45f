"""Reading a file as landing does: opened, every row fetched, what the engine refused noted."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.config.sources import Files
from orchestration.sources.files import SourceFile, exactly
from orchestration.sources.locate import Original
from orchestration.sources.reading import opened


@dataclass
class Read:
    """One table: its rows, and the engine's own notes on records it could not read."""

    file: SourceFile
    rows: list[tuple]
    broken: list[int]
    positions: list[int]

    @property
    def rejects(self) -> list[tuple]:
        with duckdb.connect() as connection:
            return connection.execute(f"from read_parquet({exactly(self.file.rejects)})").fetchall()


def read(path: Path, work: Path, **spec) -> list[Read]:
    """The tables of a file, in order."""
    work.mkdir(exist_ok=True)
    return [rows_of(file) for file in opened(Original.at(path), Files(path=str(path), **spec), work)]


def rows_of(file: SourceFile) -> Read:
    with duckdb.connect() as connection:
        rows = connection.execute(f"select * from {file.relation('keep')}").fetchall()
        broken = []
        if file.format == "csv":
            broken = connection.execute(
                "select distinct line, line_byte_position from reject_errors order by line"
            ).fetchall()
    return Read(file, rows, [line for line, _ in broken], [position for _, position in broken])
