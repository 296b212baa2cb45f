"""The proof: every column of every table and every text below a folder, decoded and searched for identifiers.

A search of bytes proves nothing in compressed files. Shares nothing with the code that erases but the patterns that
logs are cleaned by; landing and releases are erased by other means.
"""

import gzip
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import duckdb

from orchestration.erasure.needles import Needles
from orchestration.sources.files import exactly, literal, quoted

CHUNK, OVERLAP = 1 << 18, 1 << 12
# Columns whose values are ids or contacts: a short id counts as a whole value there, and only there.
OF_IDS = re.compile(r"(^|_)(customer_id|sample_ids|phone|email|value)$")
# Names contain one another where words are not divided, and other customers have names: only a whole value counts.
OF_NAMES = re.compile(r"^name$")


@dataclass(frozen=True)
class Found:
    """Where something is left: the file, the column or kind of text, and how many values or matches."""

    path: Path
    place: str
    count: int

    def __str__(self) -> str:
        return f"{self.path}: {self.place} ({self.count})"


def search(folder: Path, needles: Needles, skip: Collection[Path] = ()) -> list[Found]:
    """Look for identifiers in every file below a folder, and in the names of the files.

    Parameters
    ----------
    skip : collection of Path
        Files and folders to leave out.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or any(path == other or other in path.parents for other in skip):
            continue
        if needles.is_in(path.name):
            found.append(Found(path, "name of the file", 1))
        if path.is_file():
            found += [Found(path, place, count) for place, count in look(path, needles) if count]
    return found


def look(path: Path, needles: Needles) -> Iterator[tuple[str, int]]:
    """Matches in one file, by place; which kind of file it is, its first bytes say."""
    with path.open("rb") as stream:
        head = stream.read(16)
    if head.startswith(b"PAR1"):
        yield from in_parquet(path, needles)
    elif head[8:12] == b"DUCK":
        yield from in_duckdb(path, needles)
        yield "bytes", in_stream(partial(path.open, "rb"), needles)
    elif head.startswith(b"SQLite format 3\0"):
        yield from in_sqlite(path, needles)
        yield (
            "bytes",
            in_stream(partial(path.open, "rb"), needles),
        )  # what was deleted stays in the file until it is vacuumed
    elif head.startswith(b"\x1f\x8b"):
        yield "compressed text", in_stream(partial(gzip.open, path), needles)
    elif head.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield f"member {name}", in_stream(partial(archive.open, name), needles)
    else:
        yield "text", in_stream(partial(path.open, "rb"), needles)


def in_parquet(path: Path, needles: Needles) -> Iterator[tuple[str, int]]:
    relation = f"read_parquet({exactly(path)}, hive_partitioning = false)"
    with duckdb.connect() as connection:
        yield from in_columns(connection, relation, "", needles)
        for key, value in connection.execute(
            f"select key::varchar, value::varchar from parquet_kv_metadata({exactly(path)})"
        ).fetchall():
            yield f"metadata {key}", needles.count(value)


def in_duckdb(path: Path, needles: Needles) -> Iterator[tuple[str, int]]:
    """Tables, and what views, comments and defaults say. A log that was not yet written into the file is read too."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(path)} as searched (read_only)")
        tables = connection.execute(
            "select schema_name, table_name, comment from duckdb_tables() where database_name = 'searched'"
        ).fetchall()
        for schema, table, _ in tables:
            relation = f"searched.{quoted(schema)}.{quoted(table)}"
            yield from in_columns(connection, relation, f"{schema}.{table}.", needles)
        told = connection.execute(
            "select comment from duckdb_columns() where database_name = 'searched' and comment is not null union all "
            "select sql from duckdb_views() where database_name = 'searched'"
        ).fetchall()
        texts = [str(text) for row in (*tables, *told) for text in row]
        yield "comments and views", sum(map(needles.is_in, texts))


def in_columns(
    connection: duckdb.DuckDBPyConnection, relation: str, prefix: str, needles: Needles
) -> Iterator[tuple[str, int]]:
    """How many values of each column match, whatever its type: nested ones are cast to text whole."""
    described = connection.execute(f"describe select * from {relation}").fetchall()
    counted = {}
    for name, kind, *_ in described:
        column = quoted(name)
        if kind == "BLOB":
            cursor = connection.execute(f"select {column} from {relation} where {column} is not null")
            count = 0
            while batch := cursor.fetchmany(1_000):
                count += sum(needles.is_in(as_text(value)) for (value,) in batch)
            yield prefix + name, count
            continue
        patterns = [] if OF_NAMES.search(name) else [needles.in_text]
        patterns += [needles.in_cell] if OF_IDS.search(name) or OF_NAMES.search(name) else []
        matches = " or ".join(f"regexp_matches({column}::varchar, {literal(pattern)})" for pattern in patterns)
        counted[name] = f"count(*) filter ({matches})"
    if counted:
        found = connection.execute(f"select {', '.join(counted.values())} from {relation}").fetchall()[0]
        yield from ((prefix + name, count) for name, count in zip(counted, found, strict=True))


def in_sqlite(path: Path, needles: Needles) -> Iterator[tuple[str, int]]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        tables = [
            name.decode() for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
        ]
        for table in tables:
            rows = connection.execute(f"select * from {quoted(table)}")
            names = [column[0] for column in rows.description]
            counts = dict.fromkeys(names, 0)
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, bytes) and needles.is_in(as_text(value)):
                        counts[name] += 1
            for name, count in counts.items():
                yield f"{table}.{name}", count


def as_text(value: bytes) -> str:
    """Stored bytes as text; Dagster packs its snapshots with zlib, whose data begin with this sign."""
    if value.startswith(b"\x78"):
        try:
            return zlib.decompress(value).decode("utf-8", errors="replace")
        except zlib.error:
            return value.decode("utf-8", errors="replace")  # a text that begins with x
    return value.decode("utf-8", errors="replace")


def in_stream(opened: Callable[[], BinaryIO], needles: Needles) -> int:
    """Matches in text of any length; a match on the border of two pieces is found in the second."""
    count = 0
    with opened() as stream:
        piece = stream.read(CHUNK)
        encoding = encoding_of(piece)
        while piece:
            count += needles.count(piece.decode(encoding, errors="replace"))
            following = stream.read(CHUNK)
            piece = piece[-OVERLAP:] + following if following else b""
    return count


def encoding_of(head: bytes) -> str:
    """UTF-16 and UTF-8 are known by their bytes; what is neither is read as GB18030, which reads anything."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16-le" if head.startswith(b"\xff\xfe") else "utf-16-be"
    try:
        head[: len(head) - 8 if len(head) == CHUNK else None].decode("utf-8")
    except UnicodeDecodeError:
        return "utf-8" if b"\0" in head else "gb18030"
    return "utf-8"
