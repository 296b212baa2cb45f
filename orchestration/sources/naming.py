"""Which rows of a table name somebody: asked once for each distinct value, in batches.

Rows that are about the person are taken out; a value in somebody else's row that only mentions the person becomes
null. Who is meant is up to the caller, who gives two questions: is this value, and is within this text, one of them.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import duckdb

from orchestration.sources.files import quoted

# A row is about whom these columns name. A name is none of them: many people share one.
ABOUT = ("customer_id", "phone", "email", "value")
BATCH = 10_000

_numbers = count()


@dataclass(frozen=True)
class Sought:
    """Two questions about a text: is it an identifier of those who are sought, and does it contain one."""

    is_whole: Callable[[str], bool]
    is_within: Callable[[str], bool]


@dataclass
class Marks:
    """What is to be done to a relation: conditions of rows to take out, and what replaces a column."""

    out: list[str] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.out or self.replaced)

    @property
    def condition(self) -> str:
        """SQL that holds for the rows to take out, never null."""
        return " or ".join(f"coalesce({condition}, false)" for condition in self.out) or "false"

    def kept(self, relation: str) -> str:
        """SELECT of what stays."""
        replaced = ", ".join(f"{expression} as {quoted(name)}" for name, expression in self.replaced.items())
        columns = f"* replace ({replaced})" if replaced else "*"
        return f"select {columns} from {relation} where not ({self.condition})"


def marked(connection: duckdb.DuckDBPyConnection, relation: str, sought: Sought) -> Marks:
    """Find out what is to be done to a relation.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Gets temporary tables of the values that were found; they go with it.
    relation : str
        What may follow `from`: landed or arriving rows with the contract's columns.
    """
    marks = Marks()
    for name, kind, *_ in connection.execute(f"describe select * from {relation}").fetchall():
        column = quoted(name)
        if name in ABOUT:
            marks.out += among(connection, relation, column, lambda text: is_about(text, sought))
        elif name == "referrer_customer_id":
            for condition in among(connection, relation, column, sought.is_whole):
                marks.replaced[name] = f"case when {condition} then null else {column} end"
        elif name == "_raw":
            marks.out += among(connection, relation, column, lambda text: names_in_raw(text, sought))
        elif name == "_unread" and kind.startswith("STRUCT"):
            inside = connection.execute(f"describe select unnest({column}) from {relation}").fetchall()
            for condition in [
                condition
                for inner, *_ in inside
                for condition in among(
                    connection, relation, f"{column}.{quoted(inner)}", lambda text: names(text, sought)
                )
            ]:
                before = marks.replaced.get(name, column)
                marks.replaced[name] = f"case when coalesce({condition}, false) then null else {before} end"
        elif kind == "VARCHAR" and name != "name" and not name.startswith("_") and not name.endswith("_id"):
            for condition in among(connection, relation, column, sought.is_within):
                marks.replaced[name] = f"case when {condition} then null else {column} end"
    return marks


def among(
    connection: duckdb.DuckDBPyConnection, relation: str, column: str, question: Callable[[str], bool]
) -> list[str]:
    """A condition that holds where the column's value answers the question with yes; none where no value does."""
    cursor = connection.execute(f"select distinct {column}::varchar from {relation} where {column} is not null")
    found = []
    while batch := cursor.fetchmany(BATCH):
        found += [(value,) for (value,) in batch if question(value)]
    if not found:
        return []
    table = f"named_{next(_numbers)}"
    connection.execute(f"create temp table {table} (value varchar)")
    connection.executemany(f"insert into {table} values (?)", found)
    return [f"{column}::varchar in (select value from {table})"]


def is_about(text: str, sought: Sought) -> bool:
    """Whether an id column is one of those who are sought, also as a link or as JSON that was mapped whole."""
    if text.startswith(("{", "[", '"')):
        return any(sought.is_whole(field) for field in re.split(r'[\s",:{}\[\]]+', text) if field)
    return sought.is_whole(re.sub("^(mailto|tel|sip):", "", text, flags=re.IGNORECASE))


def names(text: str, sought: Sought) -> bool:
    return sought.is_whole(text) or sought.is_within(text)


def names_in_raw(raw: str, sought: Sought) -> bool:
    """Whether a source row as it came, a JSON object or a line of CSV, names one of those who are sought.

    In a JSON object only distinctive values count: `42` may be a quantity, and a short id is found in the contract's
    own column. In a line that is not even CSV nobody knows which field is which, so every field counts.
    """
    try:
        values = json.loads(raw)
    except ValueError:
        return sought.is_within(raw) or any(sought.is_whole(field) for field in re.split(r"[\s\",;|]+", raw) if field)
    cells = values.values() if isinstance(values, dict) else [values]
    return any(sought.is_within(str(cell)) for cell in cells if cell is not None)
