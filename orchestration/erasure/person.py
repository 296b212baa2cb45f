"""Who a person is: every id, name, phone and e-mail that landing knows of a customer. In memory only.

Identifiers that another customer bears too (a common name, a family's phone) are that one's as well, and are left.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.sources.contract import CONTRACTS
from orchestration.sources.files import literal, quoted
from orchestration.sources.identifiers import as_window, canonical, is_distinctive, windows
from orchestration.sources.naming import Sought, among

OWN = ("name", "phone", "email")
# Written last by an erasure: what they hold tells who the person is, should it have to be begun again.
TELLING = ("aliases", "customers")


@dataclass(frozen=True)
class Person:
    """`identifiers` as they are written in landing, the given id among them; `shared` counts those left to others."""

    identifiers: frozenset[str]
    shared: int

    def sought(self) -> Sought:
        """The questions that rows are asked."""
        whole = {canonical(text) for text in self.identifiers}
        inside = [as_window(text) for text in self.identifiers if is_distinctive(text)]
        within = {window for _, window in inside}
        sizes = sorted({size for size, _ in inside})
        return Sought(
            is_whole=lambda text: canonical(text) in whole,
            is_within=lambda text: any(window in within for window in windows(text, sizes)),
        )


def landed_files(home: Path, feed_name: str) -> list[Path]:
    """Every Parquet file of a feed's loads."""
    return sorted((home / "landing" / feed_name).glob("load=*/*.parquet"))


def identify(home: Path, customer_id: str, earlier: Sought | None) -> Person:
    """Collect a person's identifiers.

    Parameters
    ----------
    earlier : Sought or None
        What an erasure of the same person that did not come to its end knew; ids that it can no longer reach by
        aliases are found again by it.
    """
    with duckdb.connect() as connection:
        for feed_name in TELLING:
            relation = known_rows(home, feed_name)
            connection.execute(f"create temp view {feed_name} as {relation}")
        ids = merged_ids(connection, customer_id, earlier)
        theirs, others = set(), set()
        for feed_name, columns in (("customers", OWN), ("aliases", ("value",))):
            is_theirs = condition(connection, feed_name, "customer_id", ids)
            for column in columns:
                theirs |= values(connection, feed_name, column, is_theirs)
                if earlier and column != "name":
                    theirs |= values(connection, feed_name, column, found(connection, feed_name, column, earlier))
        wanted = {canonical(text) for text in theirs} - ids
        for feed_name, columns in (("customers", ("customer_id", *OWN)), ("aliases", ("customer_id", "value"))):
            is_theirs = condition(connection, feed_name, "customer_id", ids)
            for column in columns:
                same = condition(connection, feed_name, column, wanted)
                others |= values(connection, feed_name, column, f"({same}) and not ({is_theirs})")
        shared = {canonical(text) for text in others} & wanted
        own = {text for text in theirs if canonical(text) not in shared}
        return Person(frozenset(own | ids | {customer_id}), len(shared))


def known_rows(home: Path, feed_name: str) -> str:
    """SELECT of all landed rows of a feed, accepted or not, as text."""
    columns = [column.name for column in CONTRACTS[feed_name].columns]
    files = landed_files(home, feed_name)
    if not files:
        return f"select {', '.join(f'null::varchar as {quoted(name)}' for name in columns)} where false"
    selected = ", ".join(f"{quoted(name)}::varchar as {quoted(name)}" for name in columns)
    paths = ", ".join(literal(path) for path in files)
    return f"select {selected} from read_parquet([{paths}], union_by_name = true, hive_partitioning = false)"


def merged_ids(connection: duckdb.DuckDBPyConnection, customer_id: str, earlier: Sought | None) -> set[str]:
    """All ids of the person, in canonical form: old ids that merge into theirs, and those that theirs merged into.

    An old id that several customers claim leads to none of them.
    """
    pairs = {
        (canonical(current), canonical(old))
        for current, old in connection.execute(
            "select distinct customer_id, value from aliases "
            "where kind in ('old_id', 'account') and customer_id is not null and value is not null"
        ).fetchall()
    }
    claims: dict[str, set[str]] = {}
    for current, old in pairs:
        claims.setdefault(old, set()).add(current)
    ids = {canonical(customer_id)}
    if earlier:
        for feed_name in TELLING:
            told = found(connection, feed_name, "customer_id", earlier)
            ids |= {canonical(value) for value in values(connection, feed_name, "customer_id", told)}
    while True:
        reached = {old for current, old in pairs if current in ids and len(claims[old]) == 1}
        reached |= {current for current, old in pairs if old in ids and len(claims[old]) == 1}
        if reached <= ids:
            return ids
        ids |= reached


def condition(connection: duckdb.DuckDBPyConnection, relation: str, column: str, wanted: set[str]) -> str:
    """SQL that holds where the column is one of the wanted values, however it is written; never null."""
    conditions = among(connection, relation, column, lambda text: canonical(text) in wanted)
    return f"coalesce({conditions[0]}, false)" if conditions else "false"


def found(connection: duckdb.DuckDBPyConnection, relation: str, column: str, sought: Sought) -> str:
    conditions = among(connection, relation, column, sought.is_whole)
    return f"coalesce({conditions[0]}, false)" if conditions else "false"


def values(connection: duckdb.DuckDBPyConnection, relation: str, column: str, where: str) -> set[str]:
    if where == "false":
        return set()
    rows = connection.execute(
        f"select distinct {column} from {relation} where {column} is not null and ({where})"
    ).fetchall()
    return {value for (value,) in rows}
