"""A person leaves what was published: rows of the marts, ids in checks, manifests, reports and the status.

A release keeps its id and its aggregates. Its manifest says what was erased, and has the hashes of what is there
now, so `touchstone rollback` verifies it as before. Readers that have a file open keep the old one until they close.
"""

import datetime as dt
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from orchestration import durable
from orchestration.erasure.needles import ERASED, Needles
from orchestration.erasure.replacing import finish, replacing
from orchestration.publishing import backcasts, catalogue, manifest, marts, own_tables, status
from orchestration.publishing.release import remove_leftovers
from orchestration.sources.files import literal, quoted
from orchestration.sources.naming import Sought, among

REPORT = "report.html"


def settle(home: Path) -> None:
    """Finish what an earlier erasure began to replace, and remove what dead processes left half-written."""
    remove_leftovers(home)
    for release_id in catalogue.release_ids(home):
        finish(catalogue.releases_directory(home) / release_id)
    for day in backcasts.days(home):
        finish(catalogue.backcasts_directory(home) / day.isoformat())


def everything(home: Path) -> list[catalogue.ReleaseInfo]:
    """All releases and back-casts.

    Raises
    ------
    UserError
        One of them is damaged.
    """
    return [*catalogue.releases(home), *(backcasts.find(home, day) for day in backcasts.days(home))]


def erase(home: Path, sought: Sought, needles: Needles) -> dict[str, int]:
    """Take a person out of every release and back-cast, and the status; how many rows, by mart.

    The caller holds the lock.
    """
    erased: dict[str, int] = {}
    for release in everything(home):
        for mart, rows in erase_release(release, sought, needles).items():
            erased[mart] = erased.get(mart, 0) + rows
    told = catalogue.published(home) / "status.json"
    if told.exists():
        text = told.read_text("utf-8")
        written = scrubbed(json.loads(text), needles)
        if written != json.loads(text):
            durable.replace_file(told, json.dumps(written, ensure_ascii=False).encode())
        status.record_switch(home)  # writes both forms of the status from this one
    return erased


def erase_release(release: catalogue.ReleaseInfo, sought: Sought, needles: Needles) -> dict[str, int]:
    """Write one release again without the person, where it names them; the rows that left, by mart."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(release.directory / marts.DATABASE)} as before (read_only)")
        connection.execute("create schema marts")
        erased, has_changed = without(connection, sought)
        told = scrubbed(release.manifest, needles)
        report = release.directory / REPORT
        page = needles.replaced(report.read_text("utf-8"))
        if not has_changed and told == release.manifest and page == report.read_text("utf-8"):
            return {}
        with replacing(release.directory) as target:
            contents = marts.contents(connection)
            told["marts"] = told["marts"] | {
                name: {**told["marts"].get(name, {}), **asdict(content)} for name, content in contents.items()
            }
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            told["erasures"] = [*told.get("erasures", []), {"erased_at": now, "rows": erased}]
            marts.write(connection, target, told)
            marts.verify(connection, target, contents)
            (target / REPORT).write_text(page, "utf-8")
            for path in release.directory.iterdir():  # what else was published stays as it is
                if path.is_file() and path.name != manifest.NAME and not (target / path.name).exists():
                    shutil.copyfile(path, target / path.name)
            manifest.write(target, told)
    return erased


def without(connection: duckdb.DuckDBPyConnection, sought: Sought) -> tuple[dict[str, int], bool]:
    """Views of all marts of `before` in schema marts, without the person; rows that left, and whether anything did."""
    erased, has_changed = {}, False
    tables = connection.execute(
        "select table_name, comment from duckdb_tables() where database_name = 'before' order by table_name"
    ).fetchall()
    for table, comment in tables:
        if table in own_tables.names():
            continue
        relation = f"before.main.{quoted(table)}"
        gone, replaced = "false", []
        described = connection.execute(f"describe select * from {relation}").fetchall()
        for name, kind, *_ in described:
            column = quoted(name)
            question = sought.is_whole if name.endswith("_id") else sought.is_within
            conditions = among(connection, relation, column, question) if kind == "VARCHAR" else []
            if conditions and name == "customer_id":
                gone = f"coalesce({conditions[0]}, false)"
            elif conditions:
                replaced.append(f"case when {conditions[0]} then null else {column} end as {column}")
        rows = 0
        if gone != "false":
            rows = connection.execute(f"select count(*) from {relation} where {gone}").fetchall()[0][0]
        if rows:
            erased[table] = rows
        has_changed |= bool(rows or replaced)
        columns = f"* replace ({', '.join(replaced)})" if replaced else "*"
        connection.execute(f"create view marts.{quoted(table)} as select {columns} from {relation} where not ({gone})")
        keep_comments(connection, table, comment)
    return erased, has_changed


def keep_comments(connection: duckdb.DuckDBPyConnection, table: str, comment: str | None) -> None:
    view = f"marts.{quoted(table)}"
    if comment is not None:
        connection.execute(f"comment on view {view} is {literal(comment)}")
    for name, told in connection.execute(
        "select column_name, comment from duckdb_columns() "
        "where database_name = 'before' and table_name = ? and comment is not null",
        [table],
    ).fetchall():
        connection.execute(f"comment on column {view}.{quoted(name)} is {literal(told)}")


def scrubbed(value: Any, needles: Needles) -> Any:
    """A manifest or status with `[erased]` in the place of identifiers; ids of sample rows are left out."""
    if isinstance(value, str):
        return needles.replaced(value)
    if isinstance(value, list):
        return [scrubbed(item, needles) for item in value]
    if isinstance(value, dict):
        return {
            name: scrubbed_ids(item, needles) if name == "sample_ids" else scrubbed(item, needles)
            for name, item in value.items()
        }
    return value


def scrubbed_ids(ids: Any, needles: Needles) -> Any:
    """Sample ids: a list, or the JSON text of one, in which a short id counts too."""
    if isinstance(ids, str):
        try:
            return json.dumps(scrubbed_ids(json.loads(ids), needles), ensure_ascii=False)
        except ValueError:
            return needles.replaced(ids)
    if isinstance(ids, list):
        return [ERASED if needles.is_named(str(item)) else item for item in ids]
    return ids
