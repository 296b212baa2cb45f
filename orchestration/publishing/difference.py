"""What changed between two releases: their loads, configuration and checks, and each mart row by row.

Rows are matched by the key that the later release's manifest names for a mart. What is equal is what has the same
content hash: floats count to 10 significant digits, and columns that name the release or the day are left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import duckdb

from orchestration.publishing.catalogue import ReleaseInfo
from orchestration.publishing.hashing import FLOATS, NAMES_THE_RELEASE, unambiguous

# They differ in every row as soon as the day does, which is said once.
NAMES_THE_DAY = NAMES_THE_RELEASE | {"as_of"}


@dataclass(frozen=True)
class Total:
    """The sum of a column of money in both releases, over all rows."""

    before: str
    after: str


@dataclass(frozen=True)
class MartDifference:
    """How one mart differs.

    Attributes
    ----------
    mart : str
    state : {"same", "changed", "added", "removed"}
    rows_before, rows_after : int
    rows_added, rows_removed : int
        By key; where no key is known, rows without an equal one in the other release.
    rows_changed : int
        Rows of one key that differ in a column that both releases have.
    columns : mapping of str to int
        In how many rows a column differs, most first.
    columns_added, columns_removed, columns_retyped : list of str
        A column whose type has changed is not compared.
    totals : mapping of str to Total
        Of money columns that differ, where a row is a customer: elsewhere rows overlap, and a sum says nothing.
    key : list of str
        Empty where rows were compared as a whole.
    """

    mart: str
    state: str
    rows_before: int = 0
    rows_after: int = 0
    rows_added: int = 0
    rows_removed: int = 0
    rows_changed: int = 0
    columns: Mapping[str, int] = field(default_factory=dict)
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)
    columns_retyped: list[str] = field(default_factory=list)
    totals: Mapping[str, Total] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """How two releases differ; `configuration` maps a path such as `tiers.pyramid.gold` to the values before and after.

    `loads_added` and `loads_removed` hold feed, load and accepted rows; `checks` maps a check that ended otherwise to
    what it said before and says now: passed, failed, not run or absent.
    """

    before: str
    after: str
    as_of_before: str
    as_of_after: str
    is_code_same: bool
    configuration: Mapping[str, tuple[Any, Any]]
    loads_added: list[dict]
    loads_removed: list[dict]
    checks: Mapping[str, tuple[str, str]]
    marts: list[MartDifference]

    def facts(self) -> dict:
        """As plain data."""
        return asdict(self)


def compare(before: ReleaseInfo, after: ReleaseInfo) -> Difference:
    """Compare two releases that are complete on disk."""
    loads = [{load["load_id"]: load for load in release.manifest["loads"]} for release in (before, after)]
    return Difference(
        before=before.release_id,
        after=after.release_id,
        as_of_before=before.as_of.isoformat(),
        as_of_after=after.as_of.isoformat(),
        is_code_same=before.manifest["code_version"] == after.manifest["code_version"],
        configuration=changed_values(before.manifest["configuration"], after.manifest["configuration"]),
        loads_added=_only_in(loads[1], loads[0]),
        loads_removed=_only_in(loads[0], loads[1]),
        checks=_checks(before.manifest["checks"], after.manifest["checks"]),
        marts=list(_marts(before, after)),
    )


def changed_values(before: Any, after: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """The leaves of two configurations that differ, by dotted path; None where one has no such leaf."""
    if isinstance(before, dict) and isinstance(after, dict):
        found = {}
        for name in [*before, *(name for name in after if name not in before)]:
            found |= changed_values(before.get(name), after.get(name), f"{path}.{name}".lstrip("."))
        return found
    return {} if before == after else {path: (without_nulls(before), without_nulls(after))}


def without_nulls(value: Any) -> Any:
    """A value of the configuration without the keys that say nothing."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def _only_in(these: dict[str, dict], those: dict[str, dict]) -> list[dict]:
    return [
        {"feed": load["feed"], "load_id": load_id, "accepted": load["accepted"]}
        for load_id, load in these.items()
        if load_id not in those
    ]


RESULTS = {True: "passed", False: "failed", None: "not run"}


def _checks(before: list[dict], after: list[dict]) -> dict[str, tuple[str, str]]:
    said = [
        {f"{check['subject']}:{check['name']}": RESULTS[check["passed"]] for check in checks}
        for checks in (before, after)
    ]
    both = {name: (said[0].get(name, "absent"), said[1].get(name, "absent")) for name in sorted({*said[0], *said[1]})}
    return {name: (first, second) for name, (first, second) in both.items() if first != second}


def _marts(before: ReleaseInfo, after: ReleaseInfo) -> Iterator[MartDifference]:
    known = [release.manifest["marts"] for release in (before, after)]
    with duckdb.connect() as connection:
        for name in sorted({*known[0], *known[1]}):
            if name not in known[0]:
                rows = known[1][name]["rows"]
                yield MartDifference(name, "added", rows_after=rows, rows_added=rows)
            elif name not in known[1]:
                rows = known[0][name]["rows"]
                yield MartDifference(name, "removed", rows_before=rows, rows_removed=rows)
            else:
                yield _mart(connection, name, before, after)


def _mart(connection: duckdb.DuckDBPyConnection, name: str, before: ReleaseInfo, after: ReleaseInfo) -> MartDifference:
    was, now = before.manifest["marts"][name], after.manifest["marts"][name]
    counted = {"rows_before": was["rows"], "rows_after": now["rows"]}
    if was["content_hash"] == now["content_hash"]:
        return MartDifference(name, "same", **counted)
    for side, release in (("before", before), ("after", after)):
        path = str(release.directory / f"{name}.parquet").replace("'", "''")
        connection.execute(f"create or replace temp view {side}_side as select * from read_parquet('{path}')")
    types = [
        {column: kind for column, kind in mart["columns"].items() if column not in NAMES_THE_DAY} for mart in (was, now)
    ]
    compared = {column: kind for column, kind in types[1].items() if types[0].get(column) == kind}
    key = [column for column in now.get("key", []) if column in compared]
    if key != now.get("key", []):
        key = []
    rows = _by_key(connection, key, compared) if key else _whole(connection, compared)
    columns = {
        "columns_added": sorted(types[1].keys() - types[0].keys()),
        "columns_removed": sorted(types[0].keys() - types[1].keys()),
        "columns_retyped": sorted(types[0].keys() & types[1].keys() - compared.keys()),
    }
    is_same = not any([*columns.values(), rows["rows_added"], rows["rows_removed"], rows.get("rows_changed")])
    return MartDifference(
        name,
        "same" if is_same else "changed",
        **counted,
        **rows,
        **columns,
        totals=_totals(connection, compared) if key == ["customer_id"] else {},
        key=key,
    )


def _by_key(connection: duckdb.DuckDBPyConnection, key: list[str], compared: Mapping[str, str]) -> dict:
    """Count rows by key. A key column may be null: null equals null here."""
    others = [column for column in compared if column not in key]
    sides = [
        f"(select true as present_{mark}"
        + "".join(f", {_quoted(column)} as k{mark}{place}" for place, column in enumerate(key))
        + "".join(f", {_quoted(column)} as {mark}{place}" for place, column in enumerate(others))
        + f" from {side}_side)"
        for mark, side in (("a", "before"), ("b", "after"))
    ]
    match = " and ".join(f"ka{place} is not distinct from kb{place}" for place in range(len(key)))
    both = "present_a and present_b"
    differs = [_differs(place, compared[column]) for place, column in enumerate(others)]
    counts = "".join(f", count(*) filter ({both} and ({test}))" for test in differs)
    added, removed, changed, *of_columns = connection.execute(
        "select count(*) filter (present_a is null), count(*) filter (present_b is null),"
        f" count(*) filter ({both} and ({' or '.join(differs) or 'false'})){counts}"
        f" from {sides[0]} full outer join {sides[1]} on {match}"
    ).fetchone()
    found = sorted(zip(others, of_columns, strict=True), key=lambda pair: -pair[1])
    return {
        "rows_added": added,
        "rows_removed": removed,
        "rows_changed": changed,
        "columns": {column: rows for column, rows in found if rows},
    }


def _differs(place: int, kind: str) -> str:
    """Whether two cells differ as they are hashed; a float's text is written only where it is not plainly equal."""
    differs = f"a{place} is distinct from b{place}"
    if kind not in FLOATS:
        return differs
    texts = [f"concat({unambiguous(f'{mark}{place}', kind)})" for mark in "ab"]
    return f"case when {differs} then {texts[0]} <> {texts[1]} else false end"


def _whole(connection: duckdb.DuckDBPyConnection, compared: Mapping[str, str]) -> dict:
    """Count rows without an equal one in the other release, each as often as it occurs."""
    line = ", ".join(unambiguous(column, kind) for column, kind in compared.items()) or "''"
    lines = [f"select concat({line}) from {side}_side" for side in ("before", "after")]
    removed, added = (
        connection.execute(f"select count(*) from ({one} except all {other})").fetchone()[0]
        for one, other in (lines, lines[::-1])
    )
    return {"rows_added": added, "rows_removed": removed}


def _totals(connection: duckdb.DuckDBPyConnection, compared: Mapping[str, str]) -> dict[str, Total]:
    money = [column for column, kind in compared.items() if kind.startswith("DECIMAL")]
    if not money:
        return {}
    sums = ", ".join(f"coalesce(sum({_quoted(column)}), 0)::varchar" for column in money)
    rows = [connection.execute(f"select {sums} from {side}_side").fetchone() for side in ("before", "after")]
    pairs = zip(money, *rows, strict=True)
    return {column: Total(before, after) for column, before, after in pairs if before != after}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
