"""The release: the gate is asked, and the whole set is published by one switch, or nothing is.

What is asked is the ledger (quality/gate.py), not this run: launched alone after a failed check, or on tables that
were built again without their checks, the release refuses as well.
"""

from collections.abc import Callable

import dagster as dg

from orchestration.defs import drift, runs
from orchestration.defs.session import Session
from orchestration.errors import UserError, without_values
from orchestration.publishing import backcasts, catalogue, pins, postgres, retention
from orchestration.publishing.postgres_place import place_of
from orchestration.publishing.release import publish
from orchestration.quality.gate import Gate, Unmet, code_version
from orchestration.sources.files import quoted
from orchestration.sources.loads import Load
from orchestration.sources.rows import numbered

SET_ASIDE = (
    "select feed, _load, _row, outcome from staging.set_aside "
    "union all select feed, _load, _row, 'unidentified' from staging.unidentified"
)


def release_asset(
    tables: list[dg.AssetKey], marts: list[dg.AssetKey], keys: dict[str, list[str]]
) -> dg.AssetsDefinition:
    """The asset that publishes.

    Parameters
    ----------
    tables : list of AssetKey
        Everything that the published set stands on, which must be current.
    marts : list of AssetKey
        What is published.
    keys : dict of str to list of str
        The key columns of each mart by name, for the manifest.
    """

    @dg.asset(
        key=["release", "current"],
        deps=[*marts, drift.KEY],
        group_name="release",
        kinds={"duckdb", "parquet"},
        owners=["team:data"],
        description="The published set of marts: all of it when every blocking check has passed, else nothing changes.",
    )
    def current(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
        with session.step("release.current"):
            session.unmet = session.gate.unmet([".".join(key.path) for key in tables]) + back_in_time(session)
            if session.unmet:
                told = "\n".join(f"- {reason}" for reason in session.unmet)
                raise dg.Failure(
                    description=f"Held: {len(session.unmet)} reasons. What is served stays as it is.\n{told}",
                    allow_retries=False,
                )
            pin = pins.pin(session.settings.home)
            if pin and not session.backcast:
                session.is_pinned_out = True
                raise dg.Failure(
                    description=f"Every check passed, but {pin.release_id} is pinned since {pin.since}, by a rollback. "
                    "`touchstone unpin` lets refreshes switch again.",
                    allow_retries=False,
                )
            drop_strangers(session, {key.path[-1] for key in marts})
            told, home = manifest(session) | {"keys": keys}, session.settings.home
            with session.warehouse.connect() as connection:
                if session.backcast:
                    release = backcasts.write(connection, home, manifest=told)
                else:
                    release = publish(connection, home, manifest=told, message=f"run {session.run_id}")
            session.is_published = True
            used = [
                f"- {one['check']}: {session.gate.overrides[one['check']]}" for one in release.manifest["overrides"]
            ]
            let_through = {"let through": dg.MetadataValue.md("\n".join(used))} if used else {}
            if not session.backcast:
                make_room(session, context.instance, context.log.info, context.log.warning)
            return dg.MaterializeResult(
                metadata={
                    "release": release.release_id,
                    "as of": release.as_of.isoformat(),
                    "marts": dg.MetadataValue.path(str(release.directory / "marts.duckdb")),
                    "report": dg.MetadataValue.path(str(release.directory / "report.html")),
                }
                | let_through
            )

    return current


@dg.asset(
    key=["release", "postgres"],
    deps=[["release", "current"]],
    group_name="release",
    kinds={"postgres"},
    owners=["team:data"],
    description="The served release in PostgreSQL: views over it, switched in one transaction.",
)
def postgres_release(session: dg.ResourceParam[Session]):
    """After a run that publishes, or alone; a run that does not publish skips it, and catches up at its end."""
    with session.step("release.postgres"):
        if session.backcast:
            return dg.MaterializeResult(metadata={"release": "a back-cast changes nothing that readers see"})
        place, release = place_of(session.settings), catalogue.served(session.settings.home)
        if release is None:
            raise UserError("nothing is served yet", mend="refresh everything")
        postgres.serve(place, release)
        return dg.MaterializeResult(metadata={"release": release.release_id, "place": place.told})


def make_room(
    session: Session, instance: dg.DagsterInstance, tell: Callable[[str], None], warn: Callable[[str], None]
) -> None:
    """Remove what is no longer kept of releases and runs.

    Where it cannot be removed, that takes nothing from what was published.
    """
    keep = session.settings.publishing.keep
    try:
        if gone := retention.remove_old(session.settings.home, keep):
            tell(f"Removed, as `keep` in publishing.yml says: {', '.join(gone)}")
    except (UserError, OSError) as error:  # `touchstone doctor` tells it as well
        warn(f"Old releases were not removed: {error}")
    try:
        if old := runs.remove_old(instance, session.settings.home, keep.runs):
            tell(f"Removed from the history of runs, as `keep` in publishing.yml says: {old}")
    except Exception as error:  # of whatever storage dagster.yaml names
        warn(f"Old runs were not removed: {without_values(error)}")


def back_in_time(session: Session) -> list[Unmet]:
    """A date before the served one is a back-cast, and a back-cast never moves what is served."""
    served = catalogue.served(session.settings.home)
    if session.backcast or served is None or session.as_of >= served.as_of:
        return []
    told = (
        f"{session.as_of} is before {served.as_of}, which is served; to go back on purpose: touchstone rollback; "
        "to see what was then: touchstone backfill"
    )
    return [Unmet("release.current", "not_back_in_time", "failed", told, None, None)]


def drop_strangers(session: Session, marts: set[str]) -> None:
    """Remove from schema marts what no model builds any more: nothing checks it, and it must not be published."""
    found = session.warehouse.rows(
        "select table_name, if(table_type = 'VIEW', 'view', 'table') from information_schema.tables "
        "where table_schema = 'marts'"
    )
    for name, kind in found:
        if name not in marts:
            with session.warehouse.connect() as connection:
                connection.execute(f"drop {kind} marts.{quoted(name)}")


def lines_set_aside(session: Session, load: Load) -> dict[tuple[str, str], int]:
    """The lines of a load by outcome: a record that is set aside takes all its lines along."""
    taken = numbered(load.folder(session.settings.home) / "accepted.parquet")
    found = session.warehouse.rows(
        f"select outcome, sum(_lines)::bigint from ({SET_ASIDE}) as aside inner join {taken} as taken using (_row) "
        "where aside.feed = ? and aside._load = ? group by outcome",
        [load.feed, load.load_id],
    )
    return {(load.load_id, outcome): lines for outcome, lines in found}


def used_overrides(gate: Gate, checks: list[dict]) -> list[dict]:
    """The overrides without which the release would have been held, each with what its check said."""
    used = []
    for check in checks:
        if check["is_overridden"]:
            override = gate.overrides[f"{check['subject']}:{check['check_name']}"]
            said = {name: check[name] for name in ("message", "observed", "threshold")}
            used.append(override.model_dump(mode="json") | said)
    return used


def manifest(session: Session) -> dict:
    """Everything that the release was made from, but for what publishing adds."""
    set_aside = {
        (load_id, outcome): rows
        for load_id, outcome, rows in session.warehouse.rows(
            f"select _load, outcome, count(*) from ({SET_ASIDE}) group by _load, outcome"
        )
    }
    loads = []
    for feed_name in sorted(session.settings.sources.feeds):
        for load in session.admitted_loads(feed_name):
            if load.is_of_lines:
                set_aside |= lines_set_aside(session, load)
            duplicate, superseded, unidentified = (
                set_aside.get((load.load_id, outcome), 0) for outcome in ("duplicate", "superseded", "unidentified")
            )
            loads.append(
                {
                    "load_id": load.load_id,
                    "feed": feed_name,
                    "landed_at": load.landed_at,
                    "files": [{name: file[name] for name in ("name", "bytes", "sha256")} for file in load.files],
                    "watermark": load.watermark or load.newest,
                    "records": load.records,
                    "source_rows": load.source_rows,
                    "accepted": load.rows["accepted"] - duplicate - superseded - unidentified,
                    "duplicate": duplicate,
                    "superseded": superseded,
                    "unidentified": unidentified,
                    "excluded": load.rows["excluded"],
                    "quarantined": load.rows["quarantined"],
                    "erased": load.erased,
                    "money": load.money,
                    "reasons": load.reasons,
                    "joins": load.joins,
                    "unknown_columns": load.unknown_columns,
                }
            )
    backcast = session.backcast
    released = backcast.released.release_id if backcast and backcast.released else None
    of_the_past = {"backcast": {"loads": backcast.loads, "reproduces": released}} if backcast else {}
    checks = [{**result, "name": result["check_name"]} for result in session.gate.results()]
    return of_the_past | {
        "as_of": session.as_of,
        "base_release_id": session.base.release_id if session.base else None,
        "checks": checks,
        "code_version": code_version(),
        "configuration": session.settings.values,
        "configuration_hash": session.settings.configuration_hash,
        "company": session.settings.sources.company.name,
        "currency": session.settings.sources.company.currency,
        "fingerprint": session.fingerprint(),
        "loads": loads,
        "models": session.warehouse.records("select * from scores.clv_model order by model"),
        "overrides": used_overrides(session.gate, checks),
        "run_id": session.run_id,
        "schemes": session.warehouse.records("select * from scores.segment_schemes order by position"),
    }
