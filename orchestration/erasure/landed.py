"""A person leaves landing: each load that names them is written again without them, and its manifest amended.

Counts and money go over from what the rows were to `erased`, so the outcomes still add up to the source's rows.
"""

import json
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.erasure.person import TELLING
from orchestration.erasure.replacing import finish, replacing
from orchestration.sources.arrival import outcome_of
from orchestration.sources.contract import CONTRACTS, Contract
from orchestration.sources.files import literal
from orchestration.sources.naming import Marks, Sought, marked
from orchestration.sources.rows import numbered

TABLES = ("set_aside.parquet", "accepted.parquet")


def settle(home: Path) -> None:
    """Finish what an earlier erasure began to replace."""
    for folder in (home / "landing").glob("*/load=*"):
        finish(folder)


def erase(home: Path, sought: Sought) -> dict[str, int]:
    """Take the rows of a person out of every load; how many, by feed. The caller holds the lock.

    The accepted rows of `customers` and `aliases` come last: as long as they are there, an erasure that was cut off
    can be begun again from the customer's id.
    """
    steps = [(feed_name, TABLES) for feed_name in CONTRACTS if feed_name not in TELLING]
    steps += [(feed_name, TABLES[:1]) for feed_name in TELLING]
    steps += [(feed_name, TABLES[1:]) for feed_name in TELLING]
    erased = {}
    for feed_name, names in steps:
        for folder in sorted((home / "landing" / feed_name).glob("load=*")):
            rows = erase_load(folder, CONTRACTS[feed_name], names, sought)
            erased[feed_name] = erased.get(feed_name, 0) + rows
    return erased


def erase_load(folder: Path, contract: Contract, names: tuple[str, ...], sought: Sought) -> int:
    """Write tables of one load again without the person, where they are in them; how many rows left."""
    with duckdb.connect() as connection:
        work = {}
        for name in names:
            # Accepted rows whose place is their number get it written down before one of them goes.
            relation = (
                numbered(folder / name) if name == "accepted.parquet" else f"read_parquet({literal(folder / name)})"
            )
            marks = marked(connection, relation, sought) if (folder / name).exists() else Marks()
            if not marks.is_empty:
                work[name] = (relation, marks)
        if not work:
            return 0
        manifest = json.loads((folder / "load.json").read_text("utf-8"))
        with replacing(folder) as target:
            erased = 0
            for name, (relation, marks) in work.items():
                erased += amend(connection, manifest, contract, relation, marks)
                connection.execute(
                    f"copy ({marks.kept(relation)}) to {literal(target / name)} (format parquet, compression zstd)"
                )
            text = json.dumps(manifest, ensure_ascii=False, indent=1)
            (target / "load.json").write_text(text, "utf-8")
    return erased


def amend(
    connection: duckdb.DuckDBPyConnection, manifest: dict, contract: Contract, relation: str, marks: Marks
) -> int:
    """Move the rows that leave, and their money, from their outcome to `erased`; how many."""
    described = {name for name, *_ in connection.execute(f"describe select * from {relation}").fetchall()}
    reason = "_reason" if "_reason" in described else "null::varchar"
    money = f"coalesce(sum({contract.money}), 0)" if contract.money else "0"
    source_rows = "sum(_lines)" if "_lines" in described else "count(*)"
    leaving = connection.execute(
        f"select {reason} as reason, {source_rows}, {money}, count(*) from {relation} "
        f"where {marks.condition} group by reason"
    ).fetchall()
    for code, rows, amount, records in leaving:
        outcome = outcome_of(code)
        if outcome == "accepted":
            manifest["records"] -= records
        manifest["rows"][outcome] -= rows
        manifest["erased"] = manifest.get("erased", 0) + rows
        if contract.money:
            totals = manifest["money"]
            totals[outcome] = str(Decimal(totals[outcome]) - amount)
            totals["erased"] = str(Decimal(totals.get("erased", "0")) + amount)
        if code:
            manifest["reasons"][code] -= rows
            if not manifest["reasons"][code]:
                del manifest["reasons"][code]
    return sum(rows for _, rows, *_ in leaving)
