"""`touchstone quality compare`: two cells of the served release side by side, any periods and groups."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from orchestration.errors import UserError
from orchestration.publishing.labels import Labels
from orchestration.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from orchestration.scoring.quality_changes import Cell, Change

_TABLE = "service_quality_indicators"
_NEEDED = ("raw_standard_error", "floor_value", "target_value")
_WHOLE = ("overall", "all")  # the one member of the dimension that is no grouping


@click.group()
def quality() -> None:
    """Service quality of the served release."""


@quality.command()
@click.option("--from", "period_from", required=True, metavar="PERIOD", help="2026-03, 2026-Q1 or last_365_days.")
@click.option("--to", "period_to", required=True, metavar="PERIOD", help="May be the same, for two groups.")
@click.option("--dimension", default=_WHOLE[0], show_default=True, help="Of the members, such as region.")
@click.option("--member", help="A group of the dimension; without it, those that there are.  [default: the whole]")
@click.option("--with-member", metavar="MEMBER", help="The group of --to.  [default: the same]")
def compare(period_from: str, period_to: str, dimension: str, member: str | None, with_member: str | None) -> None:
    """What differs between two cells, by indicator, and whether it is more than noise (95 % intervals)."""
    from orchestration.publishing import catalogue
    from orchestration.scoring import quality_changes

    release = catalogue.served(load_settings().home)
    if release is None:
        raise UserError("nothing is served yet", mend="run `touchstone refresh`")
    if member is None and dimension == _WHOLE[0]:
        member = _WHOLE[1]
    rows_before = rows(release.directory, dimension, member, period_from)
    if (member, period_from) == (with_member or member, period_to):
        raise UserError(
            "both sides are the same cell", where="--from, --to, --with-member", mend="name another period or group"
        )
    rows_after = rows(release.directory, dimension, with_member or member, period_to)
    (before,), (after,) = quality_changes.cells(rows_before), quality_changes.cells(rows_after)
    click.secho(f"{dimension} {before.member} {before.period} -> {after.member} {after.period}", bold=True)
    indicators = release.manifest["configuration"]["quality"]["indicators"]
    lines = told(
        quality_changes.compare(after, before),
        labels_of(release.directory),
        {name: indicator["unit"] for name, indicator in indicators.items()},
        *(dict(zip(side["indicator"], side["sample_size"], strict=True)) for side in (rows_before, rows_after)),
    )
    for line in lines:
        click.echo(line)


def cell(directory: "Path", dimension: str, member: str, period: str) -> "Cell":
    """One cell of a release; raises as `rows` does."""
    from orchestration.scoring.quality_changes import cells

    return cells(rows(directory, dimension, member, period))[0]


def rows(directory: "Path", dimension: str, member: str | None, period: str) -> "pd.DataFrame":
    """The indicators of one cell of a release, by name.

    Raises
    ------
    UserError
        It is not there, or no member is named, with those that are; no cell has a value, with the feeds that are
        missing; or the release is older than these columns.
    """
    import duckdb

    with duckdb.connect(str(directory / "marts.duckdb"), read_only=True) as marts:
        columns = {row[0] for row in marts.execute(f"describe marts.{_TABLE}").fetchall()}
        if not columns.issuperset(_NEEDED):
            raise UserError(
                "this release does not say how certain its values are", where=str(directory), mend="refresh once more"
            )
        known = marts.execute(
            f"select distinct dimension, member, period from marts.{_TABLE} where score is not null order by all"
        ).fetchall()
        if not known:
            raise _no_data(directory)
        _refuse_what_is_not_there(known, (dimension, member, period))
        return marts.execute(
            f"select * from marts.{_TABLE} where dimension = $1 and member = $2 and period = $3 order by indicator",
            [dimension, member, period],
        ).df()


def _refuse_what_is_not_there(known: Sequence[tuple], asked: tuple[str, str | None, str]) -> None:
    for place, name in enumerate(("dimension", "member", "period")):
        there = list(dict.fromkeys(row[place] for row in known if row[:place] == asked[:place]))
        listed = ", ".join(there[:40]) + (f" and {len(there) - 40:,} more" if len(there) > 40 else "")
        if asked[place] is None:
            raise UserError(f"{asked[0]} has several members: {listed}", mend="name one of them as --member")
        if asked[place] not in there:
            raise UserError(
                f"no {name} {asked[place]!r}; there are: {listed}", where=" ".join(part for part in asked if part)
            )


def _no_data(directory: "Path") -> UserError:
    from orchestration.publishing import manifest
    from orchestration.publishing.quality_findings import missing_feeds

    missing = missing_feeds({load["feed"] for load in manifest.read(directory.resolve())["loads"]})
    if missing:
        return UserError(
            f"there is no service quality to compare: nothing has arrived of {' and '.join(missing)}",
            where=str(directory),
            mend="say in sources.yml where they are, and refresh",
        )
    return UserError(
        "there is no service quality to compare: no indicator of the tree has a value in any period",
        where=str(directory),
        mend="see with `touchstone status` what the checks of the feeds say",
    )


def labels_of(directory: "Path") -> Labels:
    """The words of a release."""
    import duckdb

    from orchestration.publishing import findings

    with (
        duckdb.connect(str(directory / "marts.duckdb"), read_only=True) as connection,
        findings.Marts(connection, "main") as marts,
    ):
        return findings.labels(marts)


def told(
    changes: "list[Change]",
    labels: Labels,
    units: Mapping[str, str],
    samples_before: Mapping[str, int],
    samples: Mapping[str, int],
) -> list[str]:
    """The changes as lines of a table: published values, what they moved the index by, and the raw change's interval.

    Published values of small samples are drawn towards the whole company's; the interval is of the change as measured.

    Parameters
    ----------
    changes : list of Change
    labels : Labels
    units : mapping of str to str
        Of the indicators; the index counts in points.
    samples_before, samples : mapping of str to int
        Sample sizes of the indicators.
    """
    names = [_named(change.indicator, labels, units) for change in changes]
    wide = max(_columns(name) for name in names) + 1
    lines = [
        f"{'':<{wide}}{'from':>10}{'n':>8}{'to':>10}{'n':>8}{'change':>10}{'points':>8}{'measured':>10}"
        f"   {'95 % of it':<20}"
    ]
    for name, change in zip(names, changes, strict=True):
        start = name + " " * (wide - _columns(name))
        if change.change is None:
            lines.append(f"{start} a cell has no index: too little of the weight has data")
            continue
        counts = [
            f"{found[change.indicator]:,}" if change.indicator in found else "" for found in (samples_before, samples)
        ]
        points = "" if change.contribution is None else f"{change.contribution:+.2f}"
        interval = f"{change.low:+.2f} to {change.high:+.2f}"
        verdict = "more than noise" if change.is_more_than_noise else "may be chance"
        if change.contribution == 0 and change.change:
            verdict += "; no points: both beyond the floor or the target"
        lines.append(
            f"{start}{change.value_before:>10.2f}{counts[0]:>8}{change.value:>10.2f}{counts[1]:>8}"
            f"{change.change:>+10.2f}{points:>8}{change.raw_change:>+10.2f}   {interval:<20}  {verdict}"
        )
    return lines


def _named(indicator: str, labels: Labels, units: Mapping[str, str]) -> str:
    """Both languages and the unit, unless the label says it."""
    if indicator == "index":
        return "Index 指数, points"
    words, unit = labels.both("indicator", indicator), units.get(indicator, "")
    return f"{words}, {unit}" if unit and unit not in words.lower() else words


def _columns(text: str) -> int:
    """How many columns of a terminal it takes: a Chinese sign takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
