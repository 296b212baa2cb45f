"""Checks of arriving data: what each feed is judged by in the step that lands it, and whether rows are conserved.

Landing itself, and the view over what counts, are in defs/raw.py.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from orchestration.defs.session import Session
from orchestration.defs.volume import named, volume
from orchestration.publishing import catalogue
from orchestration.publishing.status import NOT_JUDGED
from orchestration.quality import gx, in_force
from orchestration.quality.checks import CheckOutcome
from orchestration.sources.contract import CONTRACTS, SQL_TYPES, Contract
from orchestration.sources.files import literal
from orchestration.sources.left_out import dismissed, left_out
from orchestration.sources.loads import Load

CHECKS = {
    "arrived": "The files are there, readable, and have the required columns.",
    "contract": "The share of rows that do not fit the contract is within the limit.",
    "volume": "The newest load has rows, is no torn-off export, and has at least 30 % of the usual events.",
    "volume_is_usual": "As many events came as usual on such weekdays, and the export did not shrink.",
    "fresh": "The newest event is within the feed's promise.",
    "shape": "The Great Expectations suite of the feed holds.",
}


def judged(
    session: Session, contract: Contract, loads: list[Load], present: list[Load], problem: str | None
) -> list[CheckOutcome]:
    """The checks of one feed. A feed that the configuration does not name is not fed, and has nothing to answer for."""
    table = f"raw.{contract.feed}"
    feed = session.settings.sources.feeds.get(contract.feed)
    if feed is None:
        return [CheckOutcome(table, name, True, "this feed is not configured") for name in CHECKS]
    if problem is not None:
        return [CheckOutcome(table, "arrived", False, problem)] + [
            CheckOutcome(table, name, False, f"{NOT_JUDGED}the feed did not arrive")
            for name in CHECKS
            if name != "arrived"
        ]
    home, limit = session.settings.home, session.settings.refused_limit(contract.feed)
    gone = []
    if not (session.backcast and session.backcast.released):
        missed = left_out(home, contract.feed, feed, limit)
        gone = [one for one in missed if one.load not in present and session.had_landed(one.load)]
    if session.backcast and not present:
        told = "; ".join(map(str, gone)) or nothing_counts(session)
        return [CheckOutcome(table, name, name != "contract" or not gone, told) for name in CHECKS]
    newest = present[-1]
    worst = max(present, key=lambda load: load.rejected_share)
    message = (
        f"{worst.rows['quarantined']} of {worst.source_rows} rows of {worst.files[0]['name']} are quarantined "
        f"({worst.rejected_share:.2%}; limit {limit:.2%})"
    )
    refused = [load for load in present if load not in loads and load.load_id not in dismissed(home)]
    if len(refused) > 1:
        message = f"{len(refused)} of {len(present)} files are over the limit; the worst: {message}"
    if worst.rows["quarantined"]:
        message += (
            f": {', '.join(in_words(contract, worst))}. They are kept in "
            f"{worst.folder(session.settings.home) / 'set_aside.parquet'} with their text (`touchstone quarantine "
            "list`); mend the source or its mapping in sources.yml, and refresh again"
        )
    files = {load.origin: [file["name"] for file in load.files] for load in loads}
    told = [message] if refused or not gone else []
    told += map(str, gone)
    outcomes = [
        CheckOutcome(
            table,
            "arrived",
            True,
            f"{named(present)} landed, the last as load {newest.load_id}"
            + (
                f"; {older} earlier loads still count that were read under another mapping, since their content is not "
                "there to be read again"
                if (older := sum(load.mapping != newest.mapping for load in loads))
                else ""
            ),
        ),
        CheckOutcome(
            table,
            "contract",
            not refused and not gone,
            "; ".join(told),
            observed=worst.rejected_share,
            threshold=limit,
            rows_examined=sum(load.source_rows for load in present),
            rows_failing=sum(load.rows["quarantined"] for load in present),
        ),
        *volume(session, contract, present),
        freshness(session, contract),
        in_force.shape(session.warehouse, contract, gx.feed_expectations(contract.feed, known_until(session)), files),
    ]
    return outcomes


def known_until(session: Session) -> dt.date:
    """The day that landed moments are measured against: what has landed since a past `as_of` is no mistake."""
    return max(session.as_of, session.settings.as_of())


def in_words(contract: Contract, load: Load) -> Iterator[str]:
    """Why rows of a load were refused, and how many; of what does not parse, its type and the one that it has."""
    expected = {column.name: SQL_TYPES[column.kind] for column in contract.columns}
    found = {name.lower(): sql_type.lower() for name, sql_type in load.schema.items()}
    for reason, count in load.reasons.items():
        code, _, column = reason.partition(":")
        if code == "unparseable":
            is_now = f", found {found[column]}" if column in found else ""
            yield f"{reason} {count} (expected {expected[column]}{is_now})"
        elif code == "unaccepted":
            yield f"{reason} {count} (accepted: {', '.join(contract.column(column).accepted)})"
        elif code != "excluded":
            yield f"{reason} {count}"


def freshness(session: Session, contract: Contract) -> CheckOutcome:
    """The newest event that counts, against the feed's promise."""
    table = f"raw.{contract.feed}"
    promise = session.settings.sources.feeds[contract.feed].newest_within_days
    if contract.moment is None or promise is None:
        return CheckOutcome(table, "fresh", True, "no promise is configured (newest_within_days)")
    end = session.as_of + dt.timedelta(days=1)
    newest = session.warehouse.value(f"select max({contract.moment}) from {table} where {contract.moment} < ?", [end])
    if newest is None:
        return CheckOutcome(table, "fresh", False, f"no event is dated up to {session.as_of}", threshold=promise)
    age = (session.as_of - newest.date()).days
    return CheckOutcome(
        table,
        "fresh",
        age <= promise,
        f"the newest {contract.moment} is {newest:%Y-%m-%d}, {age} days before {session.as_of} (promise: {promise})",
        observed=age,
        threshold=promise,
    )


def nothing_counts(session: Session) -> str:
    """Why a feed has no rows in a back-cast."""
    when = f" by the end of {session.as_of}" if session.backcast.loads == "then" else ""
    return f"no load of it that counts had landed{when}"


def conservation(session: Session, loads: list[Load]) -> CheckOutcome:
    """What arrived against what the landed files hold now, counted from the files themselves."""
    broken = []
    relied_on = [catalogue.served(session.settings.home), session.backcast and session.backcast.released]
    made_from = {
        (load["feed"], load["load_id"]) for release in relied_on if release for load in release.manifest["loads"]
    }
    for feed_name, load_id in sorted(made_from):
        if not (session.settings.home / "landing" / feed_name / f"load={load_id}").is_dir():
            broken.append(f"{feed_name} {load_id}: a release was made from it, and it is gone")
    for load in loads:
        broken += [f"{load.feed} {load.load_id}: {told}" for told in not_conserved(session, load)]
    rows = sum(load.source_rows for load in loads)
    return CheckOutcome(
        "raw.loads",
        "rows_are_conserved",
        not broken,
        "; ".join(broken) or f"{rows} rows of {len(loads)} loads arrived, and each has one outcome",
        observed=len(broken),
        threshold=0,
        rows_examined=rows,
    )


def not_conserved(session: Session, load: Load) -> Iterator[str]:
    """What of a load does not add up, counted from its files."""
    folder, contract = load.folder(session.settings.home), CONTRACTS[load.feed]
    money = f"coalesce(sum({contract.money}), 0)" if contract.money else "0"
    lines = "sum(_lines)" if load.is_of_lines else "count(*)"
    told = f"select count(*), coalesce({lines}, 0), {money} from read_parquet"
    [(records, accepted, accepted_money)] = session.warehouse.rows(f"{told}({literal(folder / 'accepted.parquet')})")
    aside = folder / "set_aside.parquet"
    set_aside, aside_money = 0, Decimal(0)
    if aside.exists():
        [(set_aside, aside_money)] = session.warehouse.rows(
            f"select count(*), {money} from read_parquet({literal(aside)})"
        )
    elsewhere = load.rows["duplicate"] + load.erased
    if accepted + set_aside + elsewhere != load.source_rows:
        yield f"{load.source_rows} rows arrived, {accepted} + {set_aside} + {elsewhere} are there"
    if records != load.records:
        yield f"{load.records} records were written, {records} are there"
    money_elsewhere = Decimal(load.money["duplicate"]) + Decimal(load.money.get("erased", 0))
    if contract.money and accepted_money + aside_money + money_elsewhere != load.total_money:
        yield f"money of {load.total_money} arrived, {accepted_money} + {aside_money} is there"
    for alias, join in load.joins.items():
        if "money" in join and Decimal(join["money_of_rows"]) != load.total_money:
            yield f"{alias} gives {join['money_of_rows']} to rows, which hold {load.total_money}"
