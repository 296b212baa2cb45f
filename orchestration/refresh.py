"""A refresh in this process: the job that the page and the schedule run, on the same instance, with progress."""

import os
import shutil
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.alerts import telling
from orchestration.errors import UserError
from orchestration.judging.weighing import hierarchies, weighed
from orchestration.publishing import backcasts, catalogue, status
from orchestration.publishing.lock import home_lock
from orchestration.settings import PROJECT, Settings
from orchestration.warehouse.duckdb import Warehouse


@dataclass(frozen=True)
class Outcome:
    """How a refresh ended: `published`, `held` or `error`."""

    result: str
    run_id: str
    release_id: str | None
    message: str
    reasons: list[dict]

    def facts(self) -> dict[str, Any]:
        return {**vars(self)}


def dagster_home(home: Path) -> Path:
    """DAGSTER_HOME of a TOUCHSTONE_HOME, with the project's dagster.yaml in it unless there is another."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    settings_file = folder / "dagster.yaml"
    if not settings_file.exists():
        shutil.copy(PROJECT / "dagster.yaml", settings_file)
    return folder


def run_refresh(
    settings: Settings, as_of: str | None, sources: dict[str, str], tell: Callable[[str], None] | None
) -> Outcome:
    """Run the job `refresh` to its end.

    Parameters
    ----------
    as_of : str or None
        YYYY-MM-DD; None: as configured.
    sources : dict
        Another path for a feed.
    tell : callable or None
        Takes one line of progress a step.

    Raises
    ------
    UserError
        Another process holds the lock, or what was asked for does not fit the configuration.
    """
    settings.as_of(as_of)
    for name in hierarchies(settings):
        weighed(settings, name)  # a tree that nobody judged is told at once, not after minutes of landing
    unknown = sorted(set(sources) - set(settings.sources.feeds))
    if unknown:
        raise UserError(
            f"no feed is called {unknown[0]!r}; configured: {', '.join(sorted(settings.sources.feeds))}",
            where="--source",
            mend="correct the name before the equals sign",
        )
    try:
        with home_lock(settings.home, "touchstone refresh"):
            try:
                Warehouse(settings.warehouse_file).prepare()  # says in words if another program has it open
                backcasts.base_of_release(settings.home, settings.as_of(as_of))  # or if that release is damaged
            except UserError as error:
                status.record_error(settings.home, error.what)
                raise
            return _run(settings, as_of, sources, tell)
    finally:
        for problem in telling.tell(settings):
            print(problem, file=sys.stderr)


def _run(settings: Settings, as_of: str | None, sources: dict[str, str], tell: Callable[[str], None] | None) -> Outcome:
    if tell:
        tell("loading the pipeline …")
    os.environ["DAGSTER_HOME"] = str(dagster_home(settings.home))
    os.environ["TOUCHSTONE_HOME"] = str(settings.home)
    os.environ["TOUCHSTONE_CONFIG"] = str(settings.config_dir)
    warnings.filterwarnings("ignore", module="dagster")  # notes of its authors on previews, of no use to a user
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support")  # dbt's adapter imports it
    import dagster as dg

    from orchestration.definitions import REFRESH, definitions
    from orchestration.defs import runs

    job = definitions().resolve_job_def(REFRESH)
    served_before = catalogue.served_id(settings.home)
    config = {"as_of": as_of, "sources": sources}
    with dg.DagsterInstance.get() as instance:
        runs.end_dead(instance, settings.home)
        result = job.execute_in_process(
            instance=instance,
            run_config={
                "resources": {"session": {"config": {name: value for name, value in config.items() if value}}},
                "loggers": {"progress": {}} if tell else {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=False,
        )
    known = status.read(settings.home)
    if not result.success and result.run_id not in (known.last_message or ""):
        broken = [event.message for event in result.all_events if event.is_failure]
        told = broken[0] if broken else "it did not finish"
        known = status.record_error(settings.home, f"run {result.run_id}: {told}")
    if result.success and known.release_id != served_before:
        return Outcome("published", result.run_id, known.release_id, known.last_message or "", [])
    kind = "held" if known.last_outcome == "held" else "error"
    return Outcome(kind, result.run_id, known.release_id, known.last_message or "", list(known.reasons))
