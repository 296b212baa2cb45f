"""`touchstone diff`: what changed between two releases, in words or as JSON. What is compared is in difference.py."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from orchestration.errors import UserError
from orchestration.settings import load_settings

if TYPE_CHECKING:
    from orchestration.publishing.difference import Difference, MartDifference

_LONGEST = 60  # characters of a value of the configuration


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def diff(before: str, after: str | None, as_json: bool) -> None:
    """What changed between two releases, mart by mart: from A to B (default: the served one).

    Floats count to ten digits; columns that name the release or the day are left out.
    """
    from orchestration.publishing import catalogue
    from orchestration.publishing.difference import compare

    home = load_settings().home
    after = after or catalogue.served_id(home)
    if after is None:
        raise UserError("nothing is served yet", mend="run `touchstone refresh`")
    found = compare(catalogue.find(home, before), catalogue.find(home, after))
    if as_json:
        click.echo(json.dumps(found.facts(), ensure_ascii=False, indent=1))
        return
    for line in told(found):
        click.echo(line)


def told(found: "Difference") -> Iterator[str]:
    """The difference as lines."""
    yield f"{found.before} (as of {found.as_of_before}) -> {found.after} (as of {found.as_of_after})"
    if not found.is_code_same:
        yield "The code is another."
    for path, (was, now) in found.configuration.items():
        yield f"configuration  {path}: {_shown(was)} -> {_shown(now)}"
    for word, loads in (("more", found.loads_added), ("fewer", found.loads_removed)):
        for feed in sorted({load["feed"] for load in loads}):
            of_feed = [load for load in loads if load["feed"] == feed]
            accepted = sum(load["accepted"] for load in of_feed)
            yield f"loads          {feed}: {len(of_feed):,} {word}, with {accepted:,} accepted rows"
    for check, (was, now) in found.checks.items():
        yield f"check          {check}: {was} -> {now}"
    changed = [mart for mart in found.marts if mart.state != "same"]
    if changed:
        wide = max(len(mart.mart) for mart in changed)
        yield f"{'':<{wide}}{'rows':>12}{'->':>4}{'':>10}{'added':>12}{'removed':>12}{'changed':>12}"
    for mart in changed:
        yield from _mart(mart, wide)
    same = [mart.mart for mart in found.marts if mart.state == "same"]
    if same:
        yield f"The same: {', '.join(same)}"


def _mart(mart: "MartDifference", wide: int) -> Iterator[str]:
    by_key = f"{mart.rows_changed:,}" if mart.key else "-"
    yield (
        f"{mart.mart:<{wide}}{mart.rows_before:>12,}{'->':>4}{mart.rows_after:>10,}"
        f"{mart.rows_added:>12,}{mart.rows_removed:>12,}{by_key:>12}"
    )
    if mart.state != "changed":
        yield f"  this mart is {mart.state}"
    elif not mart.key:
        yield "  no key is known in the later release: rows were compared as a whole"
    for word, columns in (
        ("new columns", mart.columns_added),
        ("columns gone", mart.columns_removed),
        ("columns of another type, not compared", mart.columns_retyped),
    ):
        if columns:
            yield f"  {word}: {', '.join(columns)}"
    for column, rows in mart.columns.items():
        total = mart.totals.get(column)
        moved = f"; in all {_money(total.before)} -> {_money(total.after)}" if total else ""
        yield f"  {column}: {rows:,} row{'' if rows == 1 else 's'}{moved}"


def _money(total: str) -> str:
    return f"{float(total):,.2f}"


def _shown(value: Any) -> str:
    if value is None:
        return "absent"
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
