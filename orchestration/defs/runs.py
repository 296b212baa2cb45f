"""The runs of one home in Dagster's history: whose they are, which have died, which are old.

A storage that a company's own dagster.yaml names may hold runs of other projects and homes. So each run that reaches
its session is tagged with its home, and only such runs are touched here.
"""

import time
from pathlib import Path

import dagster as dg

HOME = "touchstone/home"
QUIET = 300.0  # seconds: a run that has begun holds the lock within one, and ends within some after it let go
AT_WORK = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def tag_of(home: Path) -> dict[str, str]:
    return {HOME: str(home.resolve())}


def mark(instance: dg.DagsterInstance, run_id: str, home: Path) -> None:
    """Say whose run it is."""
    instance.add_run_tags(run_id, tag_of(home))


def seemingly_dead(instance: dg.DagsterInstance, home: Path) -> list[dg.DagsterRun]:
    """Runs that have not ended and told nothing for a while; whether they are dead only the lock can tell."""
    before, found = time.time() - QUIET, []
    for run in instance.get_runs(dg.RunsFilter(tags=tag_of(home), statuses=AT_WORK)):
        last = instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
        if not last or last[0].timestamp < before:
            found.append(run)
    return found


def end_dead(instance: dg.DagsterInstance, home: Path) -> list[str]:
    """End the runs whose process is gone, which Dagster would wait for without end; their ids.

    The caller holds the lock, which every run of this home keeps from its session's begin to its end: so none of those
    that told nothing for a while is at work.
    """
    dead = seemingly_dead(instance, home)
    for run in dead:
        instance.report_run_failed(
            run, "Its process died. What it had not published is computed again by the next run."
        )
    return [run.run_id for run in dead]


def remove_old(instance: dg.DagsterInstance, home: Path, keep: int) -> int:
    """Remove all but the newest runs of this home from the history, with their events and logs; how many went.

    A run that has not ended stays, and so does one of a partition: the page takes from them which days were computed.
    """
    records = instance.get_run_records(dg.RunsFilter(tags=tag_of(home)))
    ended = [record.dagster_run for record in records[keep:] if record.dagster_run.is_finished]
    old = [run.run_id for run in ended if "dagster/partition" not in run.tags]
    for run_id in old:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        # The run goes last: what a death in between leaves is found by it again.
        instance.event_log_storage.delete_events(run_id)
        instance.delete_run(run_id)
    return len(old)
