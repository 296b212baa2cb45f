"""Commands on rows that were refused: what they are, another try, and giving them up.

The rows themselves are read and landed in sources/quarantine.py.
"""

import json
from typing import TYPE_CHECKING

import click

from orchestration.config.sources import Feed
from orchestration.errors import UserError
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.sources.quarantine import Refused


@click.group()
def quarantine() -> None:
    """Rows that were refused: what they are, and another try once the data or the mapping is mended."""


FEED_OPTION = click.option("--feed", "only", metavar="FEED", help="One feed.  [default: all that are configured]")


def feeds_asked(settings: Settings, only: str | None) -> dict[str, Feed]:
    """The configured feeds, or the one that was named."""
    feeds = settings.sources.feeds
    if only is None:
        return feeds
    if only not in feeds:
        raise UserError(f"no feed is called {only!r}; configured: {', '.join(sorted(feeds))}", where="--feed")
    return {only: feeds[only]}


def open_groups(settings: Settings, feeds: dict[str, Feed], samples: int = 0) -> list["Refused"]:
    """What was refused and is still open."""
    from orchestration.sources.left_out import dismissed
    from orchestration.sources.quarantine import refused

    given_up = dismissed(settings.home)
    return [
        group
        for name, feed in feeds.items()
        for group in refused(settings.home, name, feed, settings.refused_limit(name), samples)
        if group.load_id not in given_up
    ]


@quarantine.command("list")
@FEED_OPTION
@click.option("--samples", type=click.IntRange(0), default=3, show_default=True, help="Rows shown for each reason.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a list.")
def quarantine_list(only: str | None, samples: int, as_json: bool) -> None:
    """What lies in quarantine, by reason, with samples as they arrived: they may hold personal data."""
    from dataclasses import asdict

    from orchestration.sources.quarantine import without_customer

    settings = load_settings()
    feeds = feeds_asked(settings, only)
    groups, unidentified = open_groups(settings, feeds, samples), []
    try:
        unidentified = [group for group in without_customer(settings.warehouse_file, samples) if group.feed in feeds]
    except UserError as error:  # what landed can be told all the same
        click.secho(str(error), fg="yellow", err=True)
    if as_json:
        click.echo(json.dumps([asdict(group) for group in [*groups, *unidentified]], ensure_ascii=False, indent=1))
        return
    if not groups and not unidentified:
        click.echo("Nothing is in quarantine.")
    load_shown = None
    for group in groups:
        if group.load_id != load_shown:
            click.secho(f"{group.feed}, from {group.source} (load {group.load_id})", bold=True)
            load_shown = group.load_id
        click.echo(f"{group.rows:>12,}  {group.reason}")
        for sample in group.samples:
            click.echo(f"{'':14}{sample}")
    if groups:
        click.echo("Mend the source and refresh; or the mapping in sources.yml, then: touchstone quarantine replay")
    if unidentified:
        click.secho("Rows whose customer is not known; taken up by themselves when the customer appears:", bold=True)
    for group in unidentified:
        click.echo(f"{group.rows:>12,}  {group.feed}: {group.reason}")
        for sample in group.samples:
            click.echo(f"{'':14}{sample}")


@quarantine.command("replay")
@FEED_OPTION
def quarantine_replay(only: str | None) -> None:
    """Read refused rows once more, as sources.yml says now; those that fit are landed, and count at the next refresh.

    Doing it twice lands nothing twice.
    """
    from orchestration.publishing.lock import home_lock
    from orchestration.quality import growth
    from orchestration.sources.quarantine import replay
    from orchestration.warehouse.duckdb import Warehouse

    settings = load_settings()
    taken_up = 0
    with home_lock(settings.home, "touchstone quarantine replay"):
        # Replayed rows join loads that the facts have seen: built in full, they are not missed.
        warehouse = Warehouse(settings.warehouse_file)
        warehouse.prepare()
        growth.forget(warehouse)
        for name, feed in feeds_asked(settings, only).items():
            for load in replay(settings.home, name, feed):
                taken_up += load.source_rows
                click.echo(f"{load.source_rows:>12,}  rows of {name}, refused in load {load.replay_of}, are landed now")
            left = sum(group.rows for group in open_groups(settings, {name: feed}))
            if left:
                click.echo(f"{left:>12,}  rows of {name} still do not fit: touchstone quarantine list --feed {name}")
    click.echo("Run touchstone refresh to count them." if taken_up else "Nothing that was refused fits now.")


@quarantine.command("dismiss")
@click.argument("load_id", metavar="LOAD")
@click.option("--reason", required=True, help="Why its rows are not needed; it is written down.")
def quarantine_dismiss(load_id: str, reason: str) -> None:
    """Give up what is refused of a load: it is no longer listed, and no refresh waits for it.

    Its rows stay in landing.
    """
    from orchestration.publishing.lock import home_lock
    from orchestration.sources.left_out import dismiss

    settings = load_settings()
    with home_lock(settings.home, "touchstone quarantine dismiss"):
        load = dismiss(settings.home, load_id, reason)
    click.echo(f"Dismissed: {load.rows['quarantined']:,} refused rows of {load.feed}, from {load.source}.")
