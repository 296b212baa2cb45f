"""What a run cannot tell of itself: that its process died, that it never began, that none was started.

The daemon looks. What it finds goes into the status, as a run would have written it, and people are told by the same
rules as at a run's end.
"""

from datetime import datetime

import dagster as dg

from orchestration.alerts.telling import tell
from orchestration.defs import runs
from orchestration.errors import UserError
from orchestration.publishing import status
from orchestration.publishing.lock import home_lock, left_behind
from orchestration.settings import Settings, load_settings

LOOK_EVERY = 300  # seconds: who is told five minutes later loses nothing in a pipeline that runs once a day


def watch(job: str) -> dg.SensorDefinition:
    """The sensor. It starts nothing."""

    @dg.sensor(
        name="watch",
        minimum_interval_seconds=LOOK_EVERY,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Ends runs that died; tells of them, of refreshes that did not come, and what was not delivered.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        try:
            settings = load_settings()
            found = died(settings) or failed_unseen(context.instance, settings, job)
            if found:
                with home_lock(settings.home, "watch"):
                    status.record_error(settings.home, found)
            ended = ended_now(context.instance, settings)
        except UserError as error:
            return dg.SkipReason(str(error))
        return dg.SkipReason("\n".join([found or "no run has died", *ended, *tell(settings)]))

    return look


def ended_now(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """End the runs that died, for which the queue would wait; what to say of it."""
    if not runs.seemingly_dead(instance, settings.home):
        return []
    try:
        with home_lock(settings.home, "watch"):
            return [
                f"run {run_id} was ended: its process had died" for run_id in runs.end_dead(instance, settings.home)
            ]
    except UserError:  # somebody is at work, and has only told nothing for a while
        return []


def died(settings: Settings) -> str | None:
    """What to write of a refresh whose process was killed, in the form of other messages of the status."""
    holder = left_behind(settings.home)
    who = (holder or {}).get("who", "")
    if who.startswith("run "):
        return f"{who}: its process died; what it had not published is computed again by the next refresh"
    if who == "touchstone refresh":
        return f"{who}: its process died; what it had not published is computed again by the next one"
    return None


def failed_unseen(instance: dg.DagsterInstance, settings: Settings, job: str) -> str | None:
    """What to write of the latest failed run, if it failed before it could write it: since the last one that did."""
    records = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.FAILURE]), limit=1)
    if not records or records[0].end_time is None:
        return None
    run_id, known = records[0].dagster_run.run_id, status.read(settings.home)
    if runs.HOME in records[0].dagster_run.tags:  # it reached its session, which writes, or the lock tells of its death
        return None
    ended = datetime.fromisoformat(known.last_outcome_at).timestamp() if known.last_outcome_at else 0
    if records[0].end_time <= ended + 1 or run_id in (known.last_message or ""):  # the status has whole seconds
        return None
    return f"run {run_id}: it failed before its first step; its log on the page says why"
