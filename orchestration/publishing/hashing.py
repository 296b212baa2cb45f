"""Content hash of a table: equal for equal rows, in whatever order, thread or engine version they come.

Each row is written out as text without ambiguity, hashed by md5, and the hashes are summed: a sum does not
know the order, but does know how often a row occurs. md5 guards against accidents, not against an attacker.
"""

import hashlib
from dataclasses import dataclass

import duckdb

# They differ between two releases of the same content.
NAMES_THE_RELEASE = frozenset({"release_id", "fingerprint", "checked_at", "run_id", "published_at"})

FLOATS = ("DOUBLE", "FLOAT")
# Their text is never empty and has no `;`.
_PLAIN = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", "BOOLEAN", "DATE")


@dataclass(frozen=True)
class Content:
    """What a table holds, as far as two copies of it must agree.

    Attributes
    ----------
    rows : int
    content_hash : str
        32 hex digits over column names, types and rows.
    columns : dict of str to str
        Type of each column that takes part.
    """

    rows: int
    content_hash: str
    columns: dict[str, str]


def content_of(connection: duckdb.DuckDBPyConnection, relation: str) -> Content:
    """Hash a table in one pass.

    Floats count to 10 significant digits, and -0.0 as 0.0; null differs from empty text. The order of rows
    and of columns does not matter; columns that name the release or the run are left out.

    Parameters
    ----------
    relation : str
        What may follow `from`: a table's name, or `read_parquet('…')`.
    """
    described = connection.execute(f"describe select * from {relation}").fetchall()
    columns = {name: kind for name, kind, *_ in sorted(described) if name not in NAMES_THE_RELEASE}
    line = ", ".join(unambiguous(name, kind) for name, kind in columns.items()) or "''"
    rows, low, high = connection.execute(
        "select count(*), coalesce(sum((hash & 18446744073709551615::uhugeint)::ubigint), 0),"
        " coalesce(sum((hash >> 64)::ubigint), 0)"
        f" from (select md5_number(concat({line})) as hash from {relation})"
    ).fetchone()
    digest = hashlib.md5(repr((sorted(columns.items()), rows, low, high)).encode(), usedforsecurity=False)
    return Content(rows, digest.hexdigest(), columns)


def unambiguous(name: str, kind: str) -> str:
    """SQL for the parts of one value in the text of its row, such that values cannot run into each other.

    `concat` writes null as nothing: a number is then no sign before the `;`, and a text no length before the `:`.
    """
    column = '"' + name.replace('"', '""') + '"'
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP")):
        return _counted(f"to_json({column})::varchar")
    if kind in FLOATS:
        number = f"case when {column} = 0 then 0 else {column} end::double"
        return f"case when isnan({column}) then 'nan' else printf('%.9e', {number}) end, ';'"
    if kind.startswith("TIMESTAMP"):
        return f"epoch_us({column}), ';'"
    if kind.startswith(_PLAIN):
        return f"{column}, ';'"
    return _counted(f"{column}::varchar")


def _counted(text: str) -> str:
    return f"strlen({text}), ':', {text}"
