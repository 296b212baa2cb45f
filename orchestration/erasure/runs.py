"""A person leaves what runs have left behind: Dagster's SQLite storage, logs, dbt's work files, the warehouse.

Text is kept, with `[erased]` where somebody stood, so the history of runs stays readable.
"""

import gzip
import json
import sqlite3
import zlib
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

from orchestration import durable
from orchestration.erasure.needles import Needles
from orchestration.errors import UserError
from orchestration.sources.files import quoted
from orchestration.warehouse.duckdb import Warehouse

SQLITE = b"SQLite format 3\0"
GZIP = b"\x1f\x8b"


def drop_warehouse(path: Path) -> bool:
    """Remove the working database; whether there was one. The next refresh builds it again from landing.

    Deleted rows stay in the blocks of a DuckDB file until they are written over, so a file that never held the
    person is the only one of which it can be said. Lost with it are the results of checks of refreshes that were not
    published; those of each release are in the release.

    Raises
    ------
    UserError
        Another program has it open.
    """
    if not path.exists():
        return False
    with Warehouse(path).connect():  # refuses where somebody else has it open
        pass
    for leftover in sorted(path.parent.glob(f"{path.name}.*")):  # its log, and what it had moved out of memory
        if leftover.is_dir():
            for inner in leftover.iterdir():
                inner.unlink()
            leftover.rmdir()
        else:
            leftover.unlink()
    path.unlink()
    durable.sync(path.parent)
    return True


def erase_texts(home: Path, needles: Needles, skip: Collection[Path]) -> int:
    """Clean Dagster's storage and every log and text of the home; how many values and files were changed."""
    changed = 0
    for path in sorted(home.rglob("*")):
        if path.is_symlink() or not path.is_file() or any(path == other or other in path.parents for other in skip):
            continue
        with path.open("rb") as stream:
            head = stream.read(len(SQLITE))
        if head == SQLITE:
            changed += erase_sqlite(path, needles)
        elif not path.name.endswith(("-wal", "-shm")):
            changed += erase_file(path, needles)
    return changed


def erase_file(path: Path, needles: Needles) -> int:
    """Clean one text file, compressed or not. One that is no text and names somebody is a work file, and is removed."""
    stored = path.read_bytes()
    is_packed = stored.startswith(GZIP)
    content = gzip.decompress(stored) if is_packed else stored
    if not needles.is_in(content.decode("utf-8", errors="replace")):
        return 0
    try:
        cleaned = scrubbed_text(content.decode("utf-8"), needles).encode()
    except UnicodeDecodeError:
        path.unlink()
        return 1
    durable.replace_file(path, gzip.compress(cleaned) if is_packed else cleaned)
    return 1


def erase_sqlite(path: Path, needles: Needles) -> int:
    """Clean every value of every table, and write the file again: SQLite keeps what was deleted until then.

    Raises
    ------
    UserError
        Another program, such as the page, is using it.
    """
    changed = 0
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
        try:
            tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
            connection.execute("begin immediate")
            for table in tables:
                changed += erase_table(connection, table, needles)
            connection.execute("commit")
            connection.execute("vacuum")
            is_busy, *_ = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        except sqlite3.OperationalError as error:
            raise in_use(path, str(error)) from None
        if is_busy:
            raise in_use(path, "its log is being read")
    return changed


def in_use(path: Path, told: str) -> UserError:
    return UserError(
        f"the storage of runs cannot be cleaned: {told}",
        where=str(path),
        mend="stop the page and the daemon (`make ui`), and run the same command again",
    )


def erase_table(connection: sqlite3.Connection, table: str, needles: Needles) -> int:
    """Clean one table; how many rows were changed."""
    cursor = connection.execute(f"select rowid, * from {quoted(table)}")
    names = [column[0] for column in cursor.description][1:]
    changes = []
    for rowid, *values in cursor:
        cleaned = [scrubbed_value(value, needles) for value in values]
        if cleaned != values:
            changes.append((*cleaned, rowid))
    assignments = ", ".join(f"{quoted(name)} = ?" for name in names)
    connection.executemany(f"update {quoted(table)} set {assignments} where rowid = ?", changes)
    return len(changes)


def scrubbed_value(value: Any, needles: Needles) -> Any:
    """A stored value, cleaned; what is packed is packed again."""
    if isinstance(value, str):
        return scrubbed_text(value, needles)
    if isinstance(value, bytes):
        try:
            plain = zlib.decompress(value).decode("utf-8")
        except (zlib.error, UnicodeDecodeError):
            return value
        cleaned = scrubbed_text(plain, needles)
        return value if cleaned == plain else zlib.compress(cleaned.encode())
    return value


def scrubbed_text(text: str, needles: Needles) -> str:
    """Text, cleaned; JSON stays JSON, also where an identifier of digits stood in it as a number."""
    cleaned = needles.replaced(text)
    if cleaned == text or not text.startswith(("{", "[")):
        return cleaned
    try:
        json.loads(text)
    except ValueError:
        return cleaned
    try:
        json.loads(cleaned)
    except ValueError:
        return json.dumps(scrubbed_json(json.loads(text), needles))
    return cleaned


def scrubbed_json(value: Any, needles: Needles) -> Any:
    match value:
        case str():
            return scrubbed_text(value, needles)
        case int() | float() if not isinstance(value, bool) and needles.is_in(str(value)):
            return None
        case list():
            return [scrubbed_json(item, needles) for item in value]
        case dict():
            return {scrubbed_text(name, needles): scrubbed_json(item, needles) for name, item in value.items()}
    return value
