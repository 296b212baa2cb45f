"""Content hash of a table: equal for equal rows, in whatever order, thread or engine version they come.

Each row is written out as text without ambiguity, hashed by md5, and the hashes are summed: a sum does not
know the order, but does know how often a row occurs. md5 guards against accidents, not against an attacker.
"""

import hashlib
from dataclasses import dataclass

import duckdb

# They differ between two releases of the same content.
NAMES_THE_RELEASE = frozenset({"release_id", "fingerprint", "checked_at", "run_id", "published_at"})

_FLOATS = frozenset({"DOUBLE", "FLOAT"})


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
    row = " || ".join(_text(name, kind) for name, kind in columns.items()) or "''"
    rows, low, high = connection.execute(
        "select count(*), coalesce(sum(md5_number_lower(line)), 0), coalesce(sum(md5_number_upper(line)), 0)"
        f" from (select {row} as line from {relation})"
    ).fetchone()
    digest = hashlib.md5(repr((sorted(columns.items()), rows, low, high)).encode(), usedforsecurity=False)
    return Content(rows, digest.hexdigest(), columns)


def _text(name: str, kind: str) -> str:
    """SQL for one value as text, with a mark and its length before it: values cannot run into each other."""
    column = '"' + name.replace('"', '""') + '"'
    if kind in _FLOATS:
        number = f"case when {column} = 0 then 0 else {column} end::double"
        text = f"case when isnan({column}) then 'nan' else printf('%.9e', {number}) end"
    elif kind.startswith("TIMESTAMP"):
        text = f"epoch_us({column})::varchar"
    elif kind.endswith("]") or kind.startswith(("STRUCT", "MAP")):
        text = f"to_json({column})::varchar"
    else:
        text = f"{column}::varchar"
    return f"coalesce('v' || strlen({text}) || ':' || {text}, 'n')"
