"""Writing the sample's files: frames are gathered in DuckDB as they are, then each file is copied out whole.

Memory is bounded by one part's frames and the engine's limit, beyond which it spills to disk. Rows keep their
order, so the number of threads does not show.
"""

import os
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd

from orchestration.sample.faults import CODES, FAULTS, MOMENTS, spoiled
from orchestration.sample.layouts import Layout

MEMORY_LIMIT = "1GB"
FAULTS_FILE = "truth/faults"
COPY_OPTIONS = {"csv": "format csv, header", "parquet": "format parquet, compression zstd"}


class WrittenFile(NamedTuple):
    """A file, and how many records it has."""

    path: Path
    rows: int


class Files:
    """The files of a company while they are being written; a context manager.

    Parameters
    ----------
    folder : Path
        An empty folder to work in; `publish` moves the finished files out of it.
    layouts : dict of str to Layout
        By path without ending. Those under `truth/` are always CSV.
    file_format : {'csv', 'parquet'}
    has_faults : bool
        Whether the frames of the event feeds carry a `fault` column, and faults are listed.
    """

    def __init__(self, folder: Path, layouts: dict[str, Layout], file_format: str, *, has_faults: bool):
        self.folder, self.layouts, self.file_format = folder, layouts, file_format
        self.faulty = tuple(MOMENTS) if has_faults else ()

    def __enter__(self) -> "Files":
        settings = {"memory_limit": MEMORY_LIMIT, "temp_directory": str(self.folder / "spilled")}
        self.engine = duckdb.connect(":memory:", config=settings)
        return self

    def __exit__(self, *error):
        self.engine.close()

    def append(self, name: str, frame: pd.DataFrame) -> None:
        """Add the frame's rows, in their order, to the file of that name."""
        self.engine.register("frame", frame)
        self.engine.execute(f'create table if not exists "{name}" as select * from frame limit 0')
        self.engine.execute(f'insert into "{name}" select * from frame')
        self.engine.unregister("frame")

    def publish(self, out: Path) -> dict[str, WrittenFile]:
        """Write all files and move them into `out`; to be called once, after all rows."""
        as_text = self.file_format == "csv"
        written = {}
        for name, layout in self.layouts.items():
            shown = spoiled(name, layout, as_text=as_text) if name in self.faulty else layout
            written[name] = self._copied(name, f'select {_selected(shown)} from "{name}"', out)
        if self.faulty:
            lists = [_listed(feed, self.layouts[feed]) for feed in self.faulty]
            written[FAULTS_FILE] = self._copied(FAULTS_FILE, " union all ".join(lists), out)
        for file in written.values():
            file.path.parent.mkdir(exist_ok=True)
            os.replace(self.folder / file.path.relative_to(out), file.path)
        return written

    def _copied(self, name, query, out):
        ending = "csv" if name.startswith("truth/") else self.file_format
        path = self.folder / f"{name}.{ending}"
        path.parent.mkdir(exist_ok=True)
        target = str(path).replace("'", "''")
        ((rows,),) = self.engine.execute(f"copy ({query}) to '{target}' ({COPY_OPTIONS[ending]})").fetchall()
        return WrittenFile(out / path.relative_to(self.folder), rows)


def _selected(layout):
    return ", ".join(f"{sql} as {column}" for column, sql in layout.columns.items())


def _listed(feed, layout):
    """The query that lists a feed's faults, naming each record as it should be."""
    kinds = " ".join(f"when {code} then '{kind}'" for kind, code in CODES.items())
    outcomes = " ".join(f"when {CODES[kind]} then '{fault.outcome}'" for kind, fault in FAULTS.items())
    # Nothing is ever deleted here, so that rowid counts the records in the order of the file.
    return f"""
        select
            '{feed}' as feed,
            case fault {kinds} end as kind,
            "row",
            {layout.key} as key,
            case fault {outcomes} end as outcome
        from (select {_selected(layout)}, fault, rowid + 1 as "row" from "{feed}" where fault > 0) as records
    """
