"""What starts a refresh by itself: a new day, by the schedule; a new file, by the sensor.

Both are on where the data live (`as_of: yesterday`), and off for a closed data set, such as the example company's.
The schedule answers for what cannot be seen here: URLs, databases, APIs.
"""

import hashlib
import json
import os
import time
import zoneinfo
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import dagster as dg

from orchestration.environment import filled
from orchestration.errors import UserError
from orchestration.publishing import catalogue
from orchestration.publishing.lock import home_lock
from orchestration.settings import Settings, load_settings
from orchestration.sources.locate import IS_URL, Original, located

LOOK_EVERY = 60  # seconds
QUIET = 30  # seconds: copies over a slow network pause for some, and nobody waits for a refresh of minutes
# Not those that were made and never started: after a crash they stay so, and would stop the sensor for good.
ON_ITS_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def every_morning(job: str, settings: Settings) -> dg.ScheduleDefinition:
    """The schedule. Where the machine slept through the hour, Dagster makes up for the last one missed, and only it."""
    sources = settings.sources
    hour, minute = sources.refresh_at.split(":")

    @dg.schedule(
        name="every_morning",
        job_name=job,
        cron_schedule=f"{int(minute)} {int(hour)} * * *",
        execution_timezone=sources.time_zone or machine_zone(),
        default_status=dg.DefaultScheduleStatus.STOPPED if sources.is_closed else dg.DefaultScheduleStatus.RUNNING,
        description="A refresh for the day that is over, at `refresh_at` of sources.yml.",
    )
    def morning() -> dg.RunRequest | dg.SkipReason:
        if load_settings().sources.is_closed:
            return dg.SkipReason("`as_of` in sources.yml is a date: a new day changes nothing in a closed data set")
        return dg.RunRequest()

    return morning


def machine_zone() -> str:
    """The IANA name of this machine's time zone; UTC where it has none."""
    name = os.environ.get("TZ", "").lstrip(":") or str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2]
    return name if name in zoneinfo.available_timezones() else "UTC"


def new_files(job: str, settings: Settings) -> dg.SensorDefinition:
    """The sensor."""
    is_closed = settings.sources.is_closed

    @dg.sensor(
        name="new_files",
        job_name=job,
        minimum_interval_seconds=LOOK_EVERY,
        default_status=dg.DefaultSensorStatus.STOPPED if is_closed else dg.DefaultSensorStatus.RUNNING,
        description="A refresh when files of the feeds are new or have changed, and are no longer being written.",
    )
    def files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        try:
            settings = load_settings()
            seen = look(settings)
            memory = Memory(**json.loads(context.cursor)) if context.cursor else first_memory(settings, seen)
            result, memory = judged(seen, memory, lambda: busy(context.instance, settings, job))
        except UserError as error:
            return dg.SensorResult(skip_reason=str(error), cursor=context.cursor)
        return dg.SensorResult(
            run_requests=[result] if isinstance(result, dg.RunRequest) else None,
            skip_reason=result if isinstance(result, str) else None,
            cursor=json.dumps(asdict(memory)),
        )

    return files


@dataclass(frozen=True)
class Look:
    """The local files of all feeds and joins at one moment.

    `quiet` is a digest of those that nobody writes to, by place, identity, size and time; `newest` when the last of
    them came or changed, in ns. `writing` names the others.
    """

    quiet: str
    count: int
    newest: int
    writing: list[str]


@dataclass(frozen=True)
class Memory:
    """The cursor: the files (`Look.quiet`, `newest`) that the last run was started for, and those of the last look."""

    handled: str
    newest: int
    seen: str
    run_key: str = ""


def look(settings: Settings) -> Look:
    """What lies there now. Nothing is downloaded; URLs, databases and APIs are left out.

    Raises
    ------
    UserError
        A file is missing or unreadable, a variable is not set: a refresh would be held.
    """
    now = time.time()
    quiet, writing, newest = [], [], 0
    for original in dict.fromkeys(local_files(settings)):
        modified = original.state[-1]
        # A time in the future is another machine's clock; whether that file grows, two looks tell.
        if abs(now - modified / 1e9) < QUIET:
            writing.append(original.path.name)
        else:
            quiet.append((original.name, *original.state))
            newest = max(newest, modified, entered(original.path))
    return Look(digest(sorted(quiet)), len(quiet), newest, sorted(set(writing)))


def entered(path: Path) -> int:
    """When the file got its place, in ns: one that is moved or copied here may keep an older time of writing."""
    try:
        return path.stat().st_ctime_ns
    except OSError:  # gone since: the next look finds the digest changed
        return 0


def local_files(settings: Settings) -> list[Original]:
    found = []
    for feed_name, feed in settings.sources.feeds.items():
        paths = {f"feeds.{feed_name}.join.{alias}.path": join.path for alias, join in feed.join.items()}
        if feed.path is not None:
            paths[f"feeds.{feed_name}.path"] = feed.path
        for where, path in paths.items():
            if not IS_URL.match(filled(path, where, settings.home)):
                found += located(path, where, settings.home, settings.home)
    return found


def first_memory(settings: Settings, seen: Look) -> Memory:
    """Files that are older than the served release are in it, or were refused then."""
    served = catalogue.served(settings.home)
    published = int(served.published_at.timestamp() * 1e9) if served else 0
    return Memory(seen.quiet if seen.newest <= published else "", published, "")


def judged(seen: Look, memory: Memory, busy: Callable[[], str | None]) -> tuple[dg.RunRequest | str, Memory]:
    """A run, or the reason for none; and what to remember.

    While a known file is written anew, the digest differs without it; then only the time tells that another came.
    """
    has_changed = seen.newest > memory.newest if seen.writing else seen.quiet != memory.handled
    waits = f"{', '.join(seen.writing[:3])} {'is' if len(seen.writing) == 1 else 'are'} still being written"
    if not has_changed:
        return (waits if seen.writing else f"no new file: {seen.count} are known"), memory
    if seen.quiet != memory.seen:
        told = "files are new or have changed; a refresh starts if the next look finds them as they are now"
        return told, Memory(memory.handled, memory.newest, seen.quiet, memory.run_key)
    if reason := busy():
        return reason, memory
    # Tied to the run before: files that go back to what they were are a change, too.
    run_key = digest([memory.run_key, seen.quiet])
    return dg.RunRequest(run_key=run_key), Memory(seen.quiet, seen.newest, seen.quiet, run_key)


def busy(instance: dg.DagsterInstance, settings: Settings, job: str) -> str | None:
    """Why no run should be started now: one is on its way, and might have read the files before they changed."""
    running = instance.get_runs(dg.RunsFilter(job_name=job, statuses=ON_ITS_WAY), limit=1)
    if running:
        return f"files are new or have changed; a refresh follows when run {running[0].run_id} has ended"
    try:
        with home_lock(settings.home, "new_files"):
            return None
    except UserError as error:
        return f"files are new or have changed; a refresh follows later: {error.what}"


def digest(told: list) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
