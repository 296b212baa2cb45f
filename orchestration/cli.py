"""The command line: thin commands over the same job, releases and configuration as the page.

Exit codes: 0 done or published, 3 held, 1 error. Heavy imports live in the commands that need them.
"""

import atexit
import errno
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.backfill import backfill
from orchestration.errors import UserError
from orchestration.judging.commands import judgements
from orchestration.publishing.comparing import quality
from orchestration.publishing.telling_difference import diff
from orchestration.quarantine import open_groups, quarantine
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.publishing.status import Status

HELD = 3
WARNINGS_SHOWN = 5
OK = ("ok    ", "green")
# The machine's, not the program's.
OUTSIDE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS}


def leave_quietly() -> None:
    """Close standard error as the last thing: DuckDB reports its own leftovers there when the interpreter ends."""
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


class Commands(click.Group):
    """Errors that a user can mend are told in words, without a stack trace."""

    def invoke(self, ctx: click.Context):
        atexit.register(leave_quietly)  # registered first, runs last
        try:
            return super().invoke(ctx)
        except UserError as error:
            click.secho(str(error), fg="red", err=True)
            sys.exit(1)
        except OSError as error:
            if error.errno not in OUTSIDE:
                raise
            place = f"{error.filename}: " if error.filename else ""
            click.secho(
                f"{place}{error.strerror}: nothing is lost; mend it, and run the same again", fg="red", err=True
            )
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="touchstone")
def main() -> None:
    """Touchstone (试金石): customer value, service quality and segment marts, published as one set or not at all.

    Places and targets come from the environment: TOUCHSTONE_HOME (default ./var) and TOUCHSTONE_CONFIG.
    """


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write to; made if missing.")
@click.option("--customers", type=click.IntRange(min=1), default=2_000, show_default=True)
@click.option("--orders", type=click.IntRange(min=0), default=30_000, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed gives the same files.")
@click.option("--format", "file_format", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option("--dirty", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Share of rows with faults.")
@click.option("--end", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the history.  [default: 2026-06-30]")
def sample(out: Path, customers: int, orders: int, seed: int, file_format: str, dirty: float, end) -> None:
    """Write the feeds of a synthetic company, with the known truth beside them."""
    from orchestration.sample.company import END, write_company

    last_day = end.date() if end else END
    written = write_company(out, customers, orders, seed, file_format, dirty, last_day)
    for name, file in written.items():
        click.echo(f"{file.rows:>12,}  {name:<16} {file.path}")


@main.command()
@click.option("--as-of", help="Date to compute for, YYYY-MM-DD.  [default: as sources.yml says]")
@click.option("--source", "sources", multiple=True, metavar="FEED=PATH", help="Another path for a feed, for this run.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def refresh(as_of: str | None, sources: tuple[str, ...], as_json: bool) -> None:
    """Land the feeds, build and check everything, and publish the marts as one set or not at all."""
    from orchestration.refresh import run_refresh

    given = {}
    for source in sources:
        feed_name, separator, path = source.partition("=")
        if not separator or not path:
            raise UserError(
                f"--source {source} is not FEED=PATH", mend="for example --source orders=exports/orders.csv"
            )
        given[feed_name] = path
    settings = load_settings()
    outcome = run_refresh(settings, as_of, given, tell=None if as_json else click.echo)
    if as_json:
        click.echo(json.dumps(outcome.facts(), ensure_ascii=False, indent=1))
    else:
        tell_status(settings)
        if outcome.result == "published":
            tell_headline(settings)
    sys.exit({"published": 0, "held": HELD, "error": 1}[outcome.result])


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def status(as_json: bool) -> None:
    """What is served now, since when; what is held, and why."""
    from dataclasses import asdict

    from orchestration.publishing import status as recorded

    settings = load_settings()
    if as_json:
        click.echo(json.dumps(asdict(recorded.read(settings.home)), ensure_ascii=False, indent=1))
    else:
        tell_status(settings)


def tell_status(settings: Settings) -> None:
    """The status in words."""
    from orchestration.publishing import catalogue
    from orchestration.publishing import status as recorded

    known = recorded.read(settings.home)
    click.echo()
    if known.release_id is None:
        click.secho("Nothing is served yet.", bold=True)
    else:
        click.secho(f"Served: {known.release_id}", bold=True, nl=False)
        told = f"as of {known.as_of}, since {known.served_since}" if known.as_of else "whose manifest is damaged"
        click.echo(f", {told}")
        current = catalogue.current_link(settings.home)
        click.echo(f"  marts   {current / 'marts.duckdb'}")
        click.echo(f"  report  {current / 'report.html'}")
        tell_exceptions(known)
    if known.pinned:
        click.secho(f"Pinned to {known.pinned_release_id} since {known.pinned_since}: ", fg="yellow", nl=False)
        click.echo("refreshes build and check, but do not switch. `touchstone unpin` lets them again.")
    if known.held:
        click.secho(
            f"Held since {known.held_since}: the candidate as of {known.held_as_of} is not published.", fg="red"
        )
        for reason in recorded.told_reasons(known.reasons) or [known.last_message]:
            click.echo("  - " + reason.replace("\n", "\n    "))
    for override in settings.overrides.expired(settings.today).values():
        told = f"{override.check}: the override by {override.who} ended on {override.until}: its gate decides again"
        click.secho(told, fg="yellow")
    if known.last_outcome == "error":
        broke_off = "" if known.broke_after_publishing else ", broke off"
        click.secho(f"The last run, at {known.last_outcome_at}{broke_off}: {known.last_message}", fg="red")


def tell_exceptions(known: "Status") -> None:
    """What failed of the served release and did not hold it: let through by name, and warnings."""
    for override in known.overrides:
        click.secho(f"  overridden {override['check']}", fg="yellow", nl=False)
        click.echo(f" until {override['until']} by {override['who']}: {override['reason']}")
        if override.get("message"):
            click.echo(f"             {override['message']}")
    if known.warnings:
        count = len(known.warnings)
        click.secho(f"  {count} warning{'s' if count > 1 else ''}", fg="yellow", nl=False)
        click.echo(f", the first {WARNINGS_SHOWN} of them:" if count > WARNINGS_SHOWN else ":")
        for warning in known.warnings[:WARNINGS_SHOWN]:
            click.echo(f"    - {warning['check']}: {warning['message']}")


def tell_headline(settings: Settings) -> None:
    """What was published, in one line."""
    import duckdb

    from orchestration.publishing import catalogue

    release = catalogue.served(settings.home)
    with duckdb.connect(str(release.directory / "marts.duckdb"), read_only=True) as connection:
        customers, clv = connection.execute("select count(*), sum(clv) from marts.customer_value").fetchone()
    passed = sum(check["passed"] is True for check in release.manifest["checks"])
    click.echo(
        f"  {customers:,} customers worth {clv:,.0f} {release.manifest['currency']} (lifetime value); "
        f"{passed} of {len(release.manifest['checks'])} checks passed"
    )
    refused = sum(group.rows for group in open_groups(settings, settings.sources.feeds))
    if refused:
        click.echo(f"  {refused:,} rows are in quarantine: touchstone quarantine list")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def releases(as_json: bool) -> None:
    """The releases on disk, newest last; the served one is marked. Back-casts are listed apart."""
    from orchestration.publishing import backcasts, catalogue

    home = load_settings().home
    served = catalogue.served_id(home)
    rows = [
        release_row(home, release_id) | {"is_served": release_id == served}
        for release_id in catalogue.release_ids(home)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    elif not rows:
        click.echo("No release yet: run `touchstone refresh`.")
    else:
        for row in rows:
            mark = "*" if row["is_served"] else " "
            told = row["damage"] or f"as of {row['as_of']}  {row['customers']:>10,} customers"
            click.echo(f"{mark} {row['release_id']}  {told}")
    if not as_json and (past := backcasts.days(home)):
        click.echo(f"Back-casts, in {catalogue.backcasts_directory(home)}: {', '.join(map(str, past))}")


def release_row(home: Path, release_id: str) -> dict:
    """One release for the list; a damaged one is listed as such."""
    from orchestration.publishing import catalogue

    try:
        release = catalogue.find(home, release_id)
    except UserError as error:
        return {"release_id": release_id, "as_of": None, "published_at": None, "customers": None, "damage": error.what}
    return {
        "release_id": release_id,
        "as_of": release.as_of.isoformat(),
        "published_at": release.published_at.isoformat(timespec="seconds"),
        "customers": release.manifest["marts"]["customer_value"]["rows"],
        "damage": None,
    }


@main.command()
@click.argument("release_id", required=False)
def rollback(release_id: str | None) -> None:
    """Serve an earlier release again (default: the one that the served one replaced), and pin it."""
    from orchestration.publishing import postgres
    from orchestration.publishing.lock import home_lock
    from orchestration.publishing.postgres_place import place_of
    from orchestration.publishing.release import rollback as go_back

    settings = load_settings()
    with home_lock(settings.home, "touchstone rollback"):
        release = go_back(settings.home, release_id)
        try:
            if place := place_of(settings):
                postgres.serve(place, release)
        except UserError as error:
            raise UserError(
                f"{release.release_id} is served on disk, and not in PostgreSQL: {error.what}",
                where=error.where,
                mend=f"mend that, then run `touchstone rollback {release.release_id}`, with the id",
            ) from None
    tell_status(settings)


@main.command()
def unpin() -> None:
    """Let refreshes switch again after a rollback."""
    from orchestration.publishing import pins
    from orchestration.publishing.release import unpin as let_go

    settings = load_settings()
    was_pinned = pins.pin(settings.home) is not None
    let_go(settings.home)
    click.echo("Unpinned: the next refresh switches." if was_pinned else "Nothing was pinned.")
    tell_status(settings)


@main.command("test-alerts")
def test_alerts() -> None:
    """Send a test message to each target of alerts.yml."""
    from orchestration.alerts.telling import test

    settings = load_settings()
    if not settings.alerts.targets:
        raise UserError(
            "nobody is told of anything: there is no target",
            where=str(settings.config_file("alerts.yml")),
            mend="write an alerts.yml into the folder that TOUCHSTONE_CONFIG names: docs/alerts.md has examples",
        )
    failed = False
    for variable, why in test(settings):
        failed = failed or why is not None
        click.secho(f"{variable}: {why or 'sent; see whether it arrived'}", fg="red" if why else None)
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("customer_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(customer_id: str, yes: bool) -> None:
    """Remove a person from landing, releases, warehouse, run storage and logs, and keep them out of later loads.

    The environment variable TOUCHSTONE_FORGET_KEY keys the hashes that keep them out; refreshes need it from then on.
    """
    from orchestration.erasure.forget import forget as erase

    if not customer_id.strip():
        raise UserError("an empty id names nobody", where="CUSTOMER_ID")
    settings = load_settings()
    if not yes:
        click.confirm(f"Remove {customer_id} from everything under {settings.home}, for good?", abort=True)
    erasure = erase(settings, customer_id)
    tell_erasure(erasure)
    sys.exit(0 if erasure.is_done else 1)


def tell_erasure(erasure) -> None:
    """What an erasure removed, by place, in counts: never whom."""
    if not erasure.was_known:
        click.echo("Nothing of this id was found. It is recorded, so that no later load brings it in.")
    for kind, counts in (("landing", erasure.feeds), ("releases", erasure.marts)):
        for name, rows in counts.items():
            if rows:
                click.echo(f"{rows:>12,}  rows of {name} in {kind}")
    if erasure.texts:
        click.echo(f"{erasure.texts:>12,}  values and files of run storage and logs")
    if erasure.is_warehouse_dropped:
        click.echo("The warehouse was removed; the next refresh builds it from landing.")
    if erasure.shared:
        click.echo(
            f"{erasure.shared} of their names or contacts belong to other customers too, and were left to those."
        )
    for feed_name in erasure.unsearched:
        click.echo(f"The source of {feed_name} was not searched: databases, APIs and URLs are not.")
    if erasure.in_sources:
        click.secho("These files are yours, and still hold the person; remove them there:", fg="yellow")
        for path in sorted({found.path for found in erasure.in_sources}):
            click.echo(f"  {path}")
    if erasure.left:
        click.secho("Not done. Something is left:", fg="red", err=True)
        for found in erasure.left:
            click.echo(f"  {found}", err=True)
    else:
        click.secho("Every column of every file was searched: nothing is left.", fg="green")


main.add_command(backfill)
main.add_command(diff)
main.add_command(judgements)
main.add_command(quality)
main.add_command(quarantine)


@main.command()
@click.option("--checks", is_flag=True, help="List every check instead: what it guards, and what its failure does.")
def doctor(checks: bool) -> None:
    """Look at configuration, sources, engine and permissions; say what is wrong and how to mend it."""
    if checks:
        from orchestration.definitions import definitions
        from orchestration.guards import guards, lines

        settings = load_settings()
        found = guards(definitions().resolve_asset_graph(), settings.gates)
        click.echo("\n".join(lines(found, settings.overrides.in_force(settings.today))))
        return
    from orchestration.doctor import examine

    healthy = True
    for finding in examine():
        healthy &= finding.is_fine
        mark, color = ("WRONG ", "red") if not finding.is_fine else ("note  ", "yellow") if finding.is_note else OK
        click.secho(mark, fg=color, nl=False)
        click.echo(f"{finding.what}: {finding.told}")
    sys.exit(0 if healthy else 1)
