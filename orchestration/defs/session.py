"""One run: its settings, the lock it holds, the engine, the ledger, and how it ended.

Every asset that writes takes the session, so whoever starts a run (the page, a schedule, the command line) holds
the same lock from its first step to its last, and says in the status how it ended. Dagster's in-process executor
makes resources once a run; a run spread over processes would refuse itself at the lock.
"""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.alerts.telling import tell
from orchestration.defs import runs
from orchestration.errors import UserError, without_values
from orchestration.publishing import backcasts, catalogue, postgres, status
from orchestration.publishing.backcasts import Backcast
from orchestration.publishing.lock import holds, home_lock
from orchestration.publishing.postgres_place import place_of
from orchestration.quality.checks import CheckOutcome, of_a_backcast
from orchestration.quality.gate import Gate, Unmet, inputs_of
from orchestration.settings import Settings, load_settings
from orchestration.sources.loads import Load, admitted, in_force, loads_of
from orchestration.warehouse.duckdb import Warehouse


@dataclass
class Session:
    """What the steps of one run share.

    `sources` replaces the configured path of a feed. `unmet` is set by a refused release; `errors` holds what broke
    a step. `backcast` is set where a past day is computed again: nothing lands, and what is served stays.
    """

    settings: Settings
    as_of: dt.date
    sources: dict[str, str]
    warehouse: Warehouse
    gate: Gate
    base: catalogue.ReleaseInfo | None
    run_id: str
    backcast: Backcast | None = None
    is_published: bool = False
    is_pinned_out: bool = False
    unmet: list[Unmet] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Keep what breaks a step for the status, without values; what a user can mend is told without a trace."""
        try:
            yield
        except dg.Failure:
            raise
        except UserError as error:
            self.errors.append(f"{name}: {error}")
            raise dg.Failure(description=str(error), allow_retries=False) from None
        except Exception as error:
            told = f"{type(error).__name__}: {without_values(error)}"
            self.errors.append(f"{name}: {told}")
            # The page keeps the message for good, with all that it and the errors behind it quote.
            raise RuntimeError(told).with_traceback(error.__traceback__) from None

    def admitted_loads(self, feed_name: str) -> list[Load]:
        """The loads of a feed that count: those in force whose refused share is within the gate's."""
        landed = loads_of(self.settings.home, feed_name)
        if self.backcast and self.backcast.released:  # they were admitted then, by the gate of then
            recorded = {load["load_id"] for load in self.backcast.released.manifest["loads"]}
            return [load for load in landed if load.load_id in recorded]
        loads = admitted(list(filter(self.had_landed, landed)), self.settings.refused_limit(feed_name))
        return in_force(loads, self.settings.sources.feeds.get(feed_name))

    def had_landed(self, load: Load) -> bool:
        """Whether a load was there on the day that counts: of a back-cast with the loads of then, `as_of` itself."""
        if self.backcast is None or self.backcast.loads == "now":
            return True
        end = dt.datetime.combine(self.as_of + dt.timedelta(days=1), dt.time(), self.settings.zone).astimezone()
        return dt.datetime.fromisoformat(load.landed_at) < end

    def fingerprint(self) -> str:
        """The candidate: its inputs and its loads."""
        loads = {
            feed: [load.load_id for load in self.admitted_loads(feed)] for feed in sorted(self.settings.sources.feeds)
        }
        return hashlib.sha256(json.dumps([self.gate.inputs, loads]).encode()).hexdigest()[:16]

    def shown(self, table: str, descriptions: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What the page shows of a table: how many rows, and its columns with their types as they are in the engine."""
        told = descriptions or {}
        columns = [
            dg.TableColumn(name, sql_type.lower(), description=told.get(name))
            for name, sql_type, *_ in self.warehouse.rows(f"describe {table}")
        ]
        return {
            "dagster/row_count": self.warehouse.value(f"select count(*) from {table}"),
            "dagster/column_schema": dg.TableSchema(columns),
        }

    def report(self, outcomes: list[CheckOutcome]) -> Iterator[dg.AssetCheckResult]:
        """Write results into the ledger, and give them to Dagster."""
        if self.backcast:
            outcomes = list(map(of_a_backcast, outcomes))
        self.gate.record_checks(outcomes)
        return (self.to_dagster(outcome) for outcome in outcomes)

    def to_dagster(self, outcome: CheckOutcome) -> dg.AssetCheckResult:
        is_blocking = self.settings.gates.gate(outcome.key).severity == "block"
        override = self.gate.override_of(outcome.key, outcome.passed)
        told = {
            "on failure": str(override or ("the refresh is held" if is_blocking else "a warning")),
            "observed": outcome.observed,
            "threshold": outcome.threshold,
            "rows examined": outcome.rows_examined,
            "rows failing": outcome.rows_failing,
            "sample ids": ", ".join(outcome.sample_ids) or None,
        }
        return dg.AssetCheckResult(
            asset_key=dg.AssetKey(outcome.subject.split(".")),
            check_name=outcome.name,
            passed=bool(outcome.passed),
            # Dagster stops what comes after a failed check only where the result is an error.
            severity=dg.AssetCheckSeverity.ERROR if is_blocking and not override else dg.AssetCheckSeverity.WARN,
            description=f"{override}\n{outcome.message}" if override else outcome.message,
            metadata={name: value for name, value in told.items() if value is not None},
        )

    def reasons(self) -> list[dict[str, Any]]:
        """Why the run is held; empty where nothing was refused."""
        failed = self.gate.failures_of_run()
        if not failed and not self.unmet:
            return []
        # A check that failed in this run is unmet as well: its own row tells more.
        unmet = [
            {
                "check": f"{reason.subject}:{reason.check}",
                "subject": reason.subject,
                "severity": "block",
                "message": f"{reason.state}: {reason.message}",
                "observed": reason.observed,
                "threshold": reason.threshold,
            }
            for reason in self.unmet
        ]
        told = [{**row, "check": f"{row['subject']}:{row['check_name']}"} for row in failed]
        reasons = [*told, *(reason for reason in unmet if reason["check"] not in {row["check"] for row in told})]
        expired = self.settings.overrides.expired(self.settings.today)
        for reason in reasons:
            if override := expired.get(reason["check"]):
                reason["message"] += f" (let through by {override.who} until {override.until}, which is over)"
        # What broke a step is a reason too: its checks never ran.
        return reasons + [
            {"check": error.split(":")[0], "severity": "block", "message": error} for error in self.errors
        ]

    def conclude(self) -> None:
        """Say in the status how the run ended, unless it was published or had nothing to say."""
        home = self.settings.home
        if self.is_published:
            if self.errors:
                status.record_error(home, f"run {self.run_id}{status.PUBLISHED_BUT}{self.errors[0]}")
            return
        reasons = self.reasons()
        if reasons:
            status.record_held(home, self.as_of, reasons, f"run {self.run_id}: {len(reasons)} reasons to hold")
        elif self.is_pinned_out:
            status.record_held(home, self.as_of, [], f"run {self.run_id}: every check passed; what is served is pinned")
        elif self.errors:
            status.record_error(home, f"run {self.run_id}: {self.errors[0]}")


def catch_up(session: Session, warn: Callable[[str], None]) -> None:
    """Show in PostgreSQL what is served, after a run that did not publish; what keeps it from that holds nothing."""
    try:
        place, release = place_of(session.settings), catalogue.served(session.settings.home)
        if place and release and not session.backcast:
            postgres.serve(place, release)
    except Exception as error:  # `touchstone doctor` tells it as well
        told = error if isinstance(error, UserError) else f"{type(error).__name__}: {without_values(error)}"
        warn(f"PostgreSQL may not show what is served: {told}")


@contextmanager
def told_to_dbt(settings: Settings, warehouse_file: Path) -> Iterator[None]:
    """The places of a run, for dbt's profile, which reads only the environment."""
    os.environ["TOUCHSTONE_HOME"] = str(settings.home)
    os.environ["TOUCHSTONE_WAREHOUSE"] = str(warehouse_file)
    try:
        yield
    finally:
        os.environ.pop("TOUCHSTONE_WAREHOUSE", None)


@contextmanager
def open_session(
    settings: Settings, as_of: dt.date, sources: dict[str, str], run_id: str, loads: backcasts.Loads | None = None
) -> Iterator[Session]:
    """Hold the lock, the engine and the ledger for one run.

    Parameters
    ----------
    loads : {"now", "then"}, optional
        Of a back-cast; without it the run is a refresh.
    """
    path = settings.backfill_warehouse_file if loads else settings.warehouse_file
    with home_lock(settings.home, f"run {run_id}"), told_to_dbt(settings, path):
        warehouse = Warehouse(path)
        warehouse.prepare()
        backcast = backcasts.planned(settings.home, as_of, loads) if loads else None
        base = backcast.base if backcast else backcasts.base_of_release(settings.home, as_of)
        inputs = inputs_of(settings, as_of, base.release_id if base else None)
        # An override counts by the day of the run, also for the past day of a back-cast.
        overrides = settings.overrides.in_force(settings.today)
        gate = Gate(warehouse, settings.gates, inputs, run_id, overrides)
        # One connection stays open: the engine writes a checkpoint whenever the last one closes.
        with warehouse.connect():
            yield Session(settings, as_of, sources, warehouse, gate, base, run_id, backcast)


@dg.resource(
    description="One run's settings, lock, engine and ledger.",
    config_schema={
        "as_of": dg.Field(str, is_required=False, description="YYYY-MM-DD; default: as sources.yml says"),
        "sources": dg.Field(
            dg.Map(str, str), default_value={}, description="feed: path, instead of the path in sources.yml"
        ),
    },
)
def session_resource(context: dg.InitResourceContext) -> Iterator[Session]:
    """Hold the lock and the ledger for one run; at its end, say in the status how it went."""
    settings = load_settings()
    as_of = settings.as_of(context.resource_config.get("as_of"))
    sources = context.resource_config["sources"]
    try:
        with open_session(settings, as_of, sources, context.run_id or "outside a run") as session:
            if context.run_id:
                runs.mark(context.instance, context.run_id, settings.home)
            try:
                yield session
            finally:
                session.conclude()
                if not session.is_published:
                    catch_up(session, context.log.warning)
    finally:
        if not holds(settings.home):  # a slow service must not keep the lock; who holds it outside a run tells then
            for problem in tell(settings):
                context.log.warning(problem)
