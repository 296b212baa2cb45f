"""What the newest loads replaced of records that were known: by column, of the feeds whose records are events.

What happened does not change afterwards. An order that is paid or answered later gets a value where none was; a value
that is replaced by another in many records at once is a column of other units, names, dates or keys.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from orchestration.sources.contract import CONTRACTS, Contract
from orchestration.warehouse.duckdb import Warehouse

LEAST_RECORDS = 20  # fewer are corrections that somebody made
MOST_RECORDS = 2_000_000  # of more a part is looked at, by key: all of 20,000,000 may be replaced at once
LIVES_ON = {"status", "updated_at"}  # they are there to be replaced
NOT_OF_THE_FEED = {"_load", "_row", "outcome"}
FEEDS = tuple(contract for contract in CONTRACTS.values() if contract.key and contract.moment)


@dataclass(frozen=True)
class Replaced:
    """Records of a feed, and in how many of them each column was replaced by loads that the base release had not.

    Of a large feed both are of one in so many records.
    """

    feed: str
    records: int
    columns: Mapping[str, int]
    one_in: int = 1

    @property
    def share(self) -> float:
        """Of the column that was replaced most; 0 where it is a handful."""
        most = max(self.columns.values(), default=0)
        return most / self.records if most >= LEAST_RECORDS else 0.0

    def __str__(self) -> str:
        most_first = sorted(self.columns.items(), key=lambda item: (-item[1], item[0]))
        told = " and ".join(f"{name} in {count:,}" for name, count in most_first[:3] if count) or "nothing"
        part = f" (looked at one in {self.one_in})" if self.one_in > 1 else ""
        return f"newer loads replaced {told} of {self.records:,} records of {self.feed}{part}"


def replaced(warehouse: Warehouse, contract: Contract, base_loads: Collection[str]) -> Replaced:
    """What loads other than these of the base release replaced in the records of one feed.

    Only records that came more than once are looked at, which staging has set apart, and of them those that differ.
    """
    table, every, key = f"staging.repeated_{contract.feed}", f"staging.stg_{contract.feed}", ", ".join(contract.key)
    described = {name for name, *_ in warehouse.rows(f"describe {table}")}
    columns = sorted(described - NOT_OF_THE_FEED - LIVES_ON - set(contract.key))
    counts = ", ".join(
        f"count(*) filter (where known.{name} is not null and kept.{name} is distinct from known.{name})"
        for name in columns
    )
    newest_first = ("updated_at desc nulls last, " if "updated_at" in described else "") + "_load desc, _row desc"
    one_in = 1 + warehouse.value(f"select count(*) from {every}") // MOST_RECORDS
    is_looked_at = f"hash({key}) % {one_in} = 0"
    [(records, *numbers)] = warehouse.rows(
        f"""
        with differing as (
            select distinct {key} from {table} where outcome = 'superseded' and {is_looked_at}
        ),
        known as (
            select * from {table} semi join differing using ({key})
            where list_contains($1, _load)
            qualify row_number() over (partition by {key} order by {newest_first}) = 1
        ),
        kept as (
            select * from {table} where outcome = 'kept' and not list_contains($1, _load) and {is_looked_at}
        )
        select (select count(*) from {every} where {is_looked_at}), {counts}
        from kept
        inner join known using ({key})
        """,
        [sorted(base_loads)],
    )
    return Replaced(contract.feed, records, dict(zip(columns, numbers, strict=True)), one_in)
