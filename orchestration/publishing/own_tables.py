"""The two tables that a release adds to its marts: itself in one row, and the checks it passed.

Columns, types and descriptions; filling them from a manifest.
"""

import json

import duckdb

RELEASE = {
    "release_id": ("varchar", "Release; sorts by time."),
    "as_of": ("date", "Day that the marts were computed for: only events before its end count."),
    "published_at": ("timestamp", "Moment of publishing, UTC."),
    "code_version": ("varchar", "Version of the code that computed the marts."),
    "configuration_hash": ("varchar", "Hash of the configuration; its values are in manifest.json."),
    "fingerprint": ("varchar", "Fingerprint of the candidate: loads, configuration, code, as_of, tables."),
    "base_release_id": ("varchar", "Release of an earlier as_of that changes are measured against, if any."),
    "replaced": ("varchar", "Release that was served until this one, if any."),
}

REFRESH_CHECKS = {
    "release_id": ("varchar", "Release that was checked."),
    "check_name": ("varchar", "The claim that was checked."),
    "subject": ("varchar", "Table that it was checked on."),
    "severity": ("varchar", "block: a failure holds the refresh; warn: it is only reported."),
    "is_passed": ("boolean", "Whether the claim held; null where the check could not be run, which only warned."),
    "is_overridden": ("boolean", "Whether a failure that would have held the release was let through by an override."),
    "observed": ("varchar", "What was found."),
    "threshold": ("varchar", "What is allowed."),
    "message": ("varchar", "What was found, in words."),
    "rows_examined": ("bigint", "Rows that were looked at; null where the check does not count them."),
    "rows_failing": ("bigint", "Rows that break the claim; null where the check does not count them."),
    "sample_ids": ("varchar", "At most five keys of rows that break the claim, as a JSON array."),
}

_COMMENTS = {
    "release": "The release that these marts belong to: one row.",
    "refresh_checks": "Every check that ran on this release before it was published: one row a check.",
}


def names() -> frozenset[str]:
    """Tables that a candidate cannot bring along, because the release writes them."""
    return frozenset(_COMMENTS)


def create(connection: duckdb.DuckDBPyConnection, schema: str, manifest: dict) -> None:
    """Create and fill both tables, with comments, in an attached database.

    Parameters
    ----------
    schema : str
        Quoted `database.schema`.
    manifest : dict
        With `release_id`, `published_at` and `replaced`, besides what is required.
    """
    _create(connection, schema, "release", RELEASE, [manifest])
    release_id = manifest["release_id"]
    checks = [
        check
        | {
            "release_id": release_id,
            "check_name": check["name"],
            "is_passed": check["passed"],
            "is_overridden": check.get("is_overridden", False),  # not in older manifests
        }
        for check in sorted(manifest["checks"], key=lambda check: (check["subject"], check["name"]))
    ]
    _create(connection, schema, "refresh_checks", REFRESH_CHECKS, checks)


def _create(connection: duckdb.DuckDBPyConnection, schema: str, table: str, columns: dict, rows: list) -> None:
    types = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
    connection.execute(f"create table {schema}.{table} ({types})")
    if rows:
        marks = ", ".join("?" * len(columns))
        cells = [[_cell(row.get(name)) for name in columns] for row in rows]
        connection.executemany(f"insert into {schema}.{table} values ({marks})", cells)
    connection.execute(f"comment on table {schema}.{table} is '{_COMMENTS[table]}'")
    for name, (_, comment) in columns.items():
        connection.execute(f"comment on column {schema}.{table}.{name} is '{comment}'")


def _cell(value: object) -> object:
    """Lists as JSON: every client of the marts can read text."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | tuple | dict) else value
