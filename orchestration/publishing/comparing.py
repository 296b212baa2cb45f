"""`touchstone quality compare`: two cells of the served release side by side, any periods and groups."""

from typing import TYPE_CHECKING

import click

from orchestration.errors import UserError
from orchestration.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.scoring.quality_changes import Cell, Change

_TABLE = "service_quality_indicators"
_NEEDED = ("raw_standard_error", "floor_value", "target_value")


@click.group()
def quality() -> None:
    """Service quality of the served release."""


@quality.command()
@click.option("--from", "period_from", required=True, metavar="PERIOD", help="2026-03, 2026-Q1 or last_365_days.")
@click.option("--to", "period_to", required=True, metavar="PERIOD", help="May be the same, for two groups.")
@click.option("--dimension", default="overall", show_default=True, help="Of the members, such as region.")
@click.option("--member", default="all", show_default=True, help="A group of the dimension.")
@click.option("--with-member", metavar="MEMBER", help="The group of --to.  [default: the same]")
def compare(period_from: str, period_to: str, dimension: str, member: str, with_member: str | None) -> None:
    """What differs between two cells, by indicator, and whether it is more than noise (95 % intervals)."""
    from orchestration.publishing import catalogue
    from orchestration.scoring import quality_changes

    release = catalogue.served(load_settings().home)
    if release is None:
        raise UserError("nothing is served yet", mend="run `touchstone refresh`")
    before = cell(release.directory, dimension, member, period_from)
    if (member, period_from) == (with_member or member, period_to):
        raise UserError(
            "both sides are the same cell", where="--from, --to, --with-member", mend="name another period or group"
        )
    after = cell(release.directory, dimension, with_member or member, period_to)
    click.secho(f"{dimension} {before.member} {before.period} -> {after.member} {after.period}", bold=True)
    for line in told(quality_changes.compare(after, before)):
        click.echo(line)


def cell(directory: "Path", dimension: str, member: str, period: str) -> "Cell":
    """One cell of a release.

    Raises
    ------
    UserError
        It is not there, with what is; or the release is older than these columns.
    """
    import duckdb

    from orchestration.scoring.quality_changes import cells

    with duckdb.connect(str(directory / "marts.duckdb"), read_only=True) as marts:
        columns = {row[0] for row in marts.execute(f"describe marts.{_TABLE}").fetchall()}
        if not columns.issuperset(_NEEDED):
            raise UserError(
                "this release does not say how certain its values are", where=str(directory), mend="refresh once more"
            )
        asked = (dimension, member, period)
        known = marts.execute(
            f"select distinct dimension, member, period from marts.{_TABLE} where score is not null order by all"
        ).fetchall()
        for place, name in enumerate(("dimension", "member", "period")):
            there = list(dict.fromkeys(row[place] for row in known if row[:place] == asked[:place]))
            if asked[place] not in there:
                raise UserError(
                    f"no {name} {asked[place]!r}; there are: {', '.join(there[:40]) or 'none'}",
                    where=f"{dimension} {member} {period}",
                )
        found = marts.execute(
            f"select * from marts.{_TABLE} where dimension = $1 and member = $2 and period = $3 order by indicator",
            list(asked),
        ).df()
    return cells(found)[0]


def told(changes: "list[Change]") -> list[str]:
    """The changes as lines of a table: published values, what they moved the index by, and the raw change's interval.

    Published values of small samples are drawn towards the whole company's; the interval is of the change as measured.
    """
    lines = [
        f"{'':<28}{'from':>10}{'to':>10}{'change':>10}{'points':>8}{'measured':>10}   {'95 % of it':<20}",
    ]
    for change in changes:
        if change.change is None:
            lines.append(f"{change.indicator:<28}a cell has no index: too little of the weight has data")
            continue
        points = "" if change.contribution is None else f"{change.contribution:+.2f}"
        interval = f"{change.low:+.2f} to {change.high:+.2f}"
        verdict = "more than noise" if change.is_more_than_noise else "may be chance"
        if change.contribution == 0 and change.change:
            verdict += "; no points: both beyond the floor or the target"
        lines.append(
            f"{change.indicator:<28}{change.value_before:>10.2f}{change.value:>10.2f}{change.change:>+10.2f}"
            f"{points:>8}{change.raw_change:>+10.2f}   {interval:<20}  {verdict}"
        )
    return lines
