"""Parquet: read where it lies; only its columns are asked for here."""

from pathlib import Path

import duckdb

from orchestration.errors import UserError
from orchestration.sources.files import SourceFile
from orchestration.sources.readers.text import checked_names


def parquet_file(path: Path, name: str) -> SourceFile:
    """A Parquet file and its columns.

    Raises
    ------
    UserError
        It is no Parquet file, or a damaged one.
    """
    try:
        with duckdb.connect() as connection:
            rows = connection.execute(
                f"describe select * from {SourceFile(name, path, 'parquet', ()).relation()}"
            ).fetchall()
    except duckdb.Error as error:
        raise UserError(
            f"{name} cannot be read as Parquet: {str(error).splitlines()[0]}",
            where=name,
            mend="export it again; if it is a CSV file, say `format: csv` in sources.yml",
        ) from None
    return SourceFile(name, path, "parquet", checked_names([row[0] for row in rows], name, name))
