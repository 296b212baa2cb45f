"""Back-casts of past months in this process: the command and the partitioned job start the same run.

Each month is a run of the job `refresh` that lands nothing and publishes nothing. It leaves no trace in Dagster's
storage: on the asset pages the past would look like the present.
"""

import calendar
import datetime as dt
import json
import sys
import uuid
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import get_args

import click
import duckdb

from orchestration.errors import UserError
from orchestration.publishing import backcasts, catalogue
from orchestration.publishing.backcasts import Loads
from orchestration.publishing.catalogue import ReleaseInfo
from orchestration.publishing.lock import home_lock
from orchestration.publishing.manifest import verify_files
from orchestration.settings import Settings, load_settings

EXIT_CODES = {"done": 0, "kept": 0, "held": 3, "error": 1}


@dataclass(frozen=True)
class Month:
    """How the back-cast of one month ended.

    `result` is `done`, `kept` (it was there, made of the same), `held` or `error`. `differing` names the marts that are
    not as they were published that day, `because` of what; None where nothing was published that day, or the loads are
    those of now.
    """

    as_of: dt.date
    result: str
    customers: int | None = None
    clv: float | None = None
    reasons: list[str] = field(default_factory=list)
    released: str | None = None
    differing: list[str] | None = None
    because: str = ""

    def __str__(self) -> str:
        """A line of the summary."""
        told = f"{self.as_of}  {self.result:<6}"
        if self.customers is not None:
            told += f"{self.customers:>12,}  {self.clv or 0:>18,.0f}"
        if self.differing:
            told += f"  differs from {self.released} in {', '.join(self.differing)}: {self.because}"
        elif self.released:
            told += f"  as published in {self.released}"
        return "\n".join([told, *(f"    - {reason}" for reason in self.reasons)])


def month_ends(settings: Settings, first: str, last: str) -> list[dt.date]:
    """The last day of each month from `first` to `last` (YYYY-MM), none later than the configured `as_of`.

    Raises
    ------
    UserError
        What is given is no month, the first is after the last, or a month has not begun by `as_of`.
    """
    latest = settings.as_of()
    month, end = begin_of(first, "--from"), begin_of(last, "--to")
    if month > end:
        raise UserError(f"{first} is after {last}", where="--from", mend="give the earlier month first")
    if end > latest:
        raise UserError(
            f"{last} has not begun by {latest}, up to which refreshes are computed", where="--to", mend="end earlier"
        )
    ends = []
    while month <= end:
        days = calendar.monthrange(month.year, month.month)[1]
        ends.append(min(month.replace(day=days), latest))
        month += dt.timedelta(days=days)
    return ends


def begin_of(month: str, where: str) -> dt.date:
    try:
        return dt.datetime.strptime(month, "%Y-%m").date()
    except ValueError:
        raise UserError(f"{month!r} is not a month", where=where, mend="write it as YYYY-MM") from None


def run_backfill(settings: Settings, ends: list[dt.date], loads: Loads, tell: Callable[[str], None]) -> list[Month]:
    """Compute these days in ascending order, each on the history of the one before; an error ends it.

    Raises
    ------
    UserError
        Another process holds the lock.
    """
    warnings.filterwarnings("ignore", module="dagster")  # notes of its authors on previews, of no use to a user
    months: list[Month] = []
    with home_lock(settings.home, "touchstone backfill"):
        tell("loading the pipeline …")
        from orchestration.definitions import REFRESH, definitions

        job = definitions().resolve_job_def(REFRESH)
        for position, as_of in enumerate(ends, start=1):
            tell(f"{as_of} ({position} of {len(ends)}) …")
            try:
                months.append(run_month(job, settings, as_of, loads))
            except UserError as error:  # the months before it are told as well
                months.append(Month(as_of, "error", reasons=[str(error)]))
            if months[-1].result == "error":
                break
    return months


def run_one(month: str, loads: Loads, tell: Callable[[str], None]) -> Month:
    """One month (YYYY-MM), of the configuration that is in force: a partition of the job."""
    settings = load_settings()
    [done] = run_backfill(settings, month_ends(settings, month, month), loads, tell)
    return done


def run_month(job, settings: Settings, as_of: dt.date, loads: Loads) -> Month:
    """One back-cast, unless it is there and made of the same."""
    import dagster as dg

    from orchestration.defs.session import open_session

    run_id = str(uuid.uuid4())
    with open_session(settings, as_of, {}, run_id, loads) as session:
        found = complete(settings, as_of)
        if found and made_of(found) == (loads, session.fingerprint()):
            return described(settings, found, "kept")
        with dg.DagsterInstance.ephemeral() as instance:
            result = job.execute_in_process(
                instance=instance,
                run_id=run_id,
                resources={"session": session},
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
        if result.success:
            return described(settings, backcasts.find(settings.home, as_of), "done")
        reasons = [f"{reason['check']}: {reason['message']}" for reason in session.reasons()]
        broken = session.errors or [event.message or "" for event in result.all_events if event.is_failure]
        return Month(as_of, "held" if reasons else "error", reasons=reasons or broken[:1])


def complete(settings: Settings, as_of: dt.date) -> ReleaseInfo | None:
    """The back-cast of a day, if it is there whole; one that is damaged is computed again."""
    if as_of not in backcasts.days(settings.home):
        return None
    try:
        found = backcasts.find(settings.home, as_of)
        verify_files(found.directory, found.manifest)
    except UserError:
        return None
    return found


def made_of(found: ReleaseInfo) -> tuple[str, str]:
    return found.manifest["backcast"]["loads"], found.manifest["fingerprint"]


def described(settings: Settings, found: ReleaseInfo, result: str) -> Month:
    """A back-cast in a line; where its day was published with the same loads, whether it is the same."""
    with duckdb.connect(str(found.directory / "marts.duckdb"), read_only=True) as connection:
        [(customers, clv)] = connection.execute("select count(*), sum(clv) from marts.customer_value").fetchall()
    released_id, differing, because = found.manifest["backcast"]["reproduces"], None, ""
    if released_id not in catalogue.release_ids(settings.home):
        released_id = None  # it was there when this was computed, and there is nothing to compare with any more
    if released_id:
        then, now = catalogue.find(settings.home, released_id).manifest, found.manifest
        hashes = [{name: mart["content_hash"] for name, mart in told["marts"].items()} for told in (then, now)]
        differing = sorted({name for name, _ in hashes[0].items() ^ hashes[1].items()})
        because = difference_of(then, now)
    clv = None if clv is None else float(clv)
    return Month(found.as_of, result, customers, clv, released=released_id, differing=differing, because=because)


def difference_of(then: dict, now: dict) -> str:
    """Why a release and the back-cast of its day from the same loads may differ, by their manifests."""
    causes = {
        "the configuration was another": then["configuration_hash"] != now["configuration_hash"],
        "the code was another": then["code_version"] != now["code_version"],
        "a person was erased since": bool(then.get("erasures")),
    }
    return ", ".join(cause for cause, holds in causes.items() if holds) or "nothing that is known of explains it"


@click.command()
@click.option("--from", "first", required=True, metavar="YYYY-MM", help="First month.")
@click.option("--to", "last", required=True, metavar="YYYY-MM", help="Last month.")
@click.option(
    "--loads",
    type=click.Choice(get_args(Loads)),
    default="now",
    show_default=True,
    help="Everything that has landed by now, or what counted then.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of words.")
def backfill(first: str, last: str, loads: Loads, as_json: bool) -> None:
    """Compute the marts as of the end of past months; what is served stays as it is."""
    settings = load_settings()
    ends = month_ends(settings, first, last)
    months = run_backfill(settings, ends, loads, (lambda told: None) if as_json else click.echo)
    if as_json:
        click.echo(json.dumps([asdict(month) for month in months], default=str, ensure_ascii=False, indent=1))
    else:
        click.secho(f"\n{'month end':<12}{'result':<6}{'customers':>12}  {'lifetime value':>18}", bold=True)
        for month in months:
            click.echo(str(month))
        click.echo(f"\nin {settings.home / 'published' / 'backcasts'}")
    results = {month.result for month in months}
    worst = next((result for result in ("error", "held") if result in results), "done")
    sys.exit(EXIT_CODES[worst])
