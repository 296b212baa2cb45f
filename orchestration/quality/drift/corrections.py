"""What the newest loads replaced of records that were known: by column, of the feeds whose records are events.

What happened does not change afterwards. An order that is paid or answered later gets a value where none was; a value
that is replaced by another in many records at once is a column of other units, names, dates or keys.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from orchestration.sources.contract import CONTRACTS, Contract
from orchestration.warehouse.duckdb import Warehouse

LEAST_RECORDS = 20  # fewer are corrections that somebody made
LIVES_ON = {"status", "updated_at"}  # they are there to be replaced
NOT_OF_THE_FEED = {"_load", "_row", "outcome"}
FEEDS = tuple(contract for contract in CONTRACTS.values() if contract.key and contract.moment)


@dataclass(frozen=True)
class Replaced:
    """Records of a feed, and in how many of them each column was replaced by loads that the base release had not."""

    feed: str
    records: int
    columns: Mapping[str, int]

    @property
    def most(self) -> int:
        return max(self.columns.values(), default=0)

    @property
    def share(self) -> float:
        """Of the column that was replaced most; 0 where it is a handful."""
        return self.most / self.records if self.most >= LEAST_RECORDS else 0.0

    def __str__(self) -> str:
        most_first = sorted(self.columns.items(), key=lambda item: (-item[1], item[0]))
        told = " and ".join(f"{name} in {count:,}" for name, count in most_first[:3] if count) or "nothing"
        return f"newer loads replaced {told} of {self.records:,} records of {self.feed}"


def replaced(warehouse: Warehouse, contract: Contract, base_loads: Collection[str]) -> Replaced:
    """What loads other than those of the base release replaced in the records of one feed.

    Only records that came more than once are looked at, which staging has set apart.
    """
    table, key = f"staging.repeated_{contract.feed}", contract.key
    described = {name for name, *_ in warehouse.rows(f"describe {table}")}
    columns = sorted(described - NOT_OF_THE_FEED - LIVES_ON - set(key))
    counts = ", ".join(
        f"count(*) filter (where known.{name} is not null and kept.{name} is distinct from known.{name})"
        for name in columns
    )
    found = warehouse.rows(
        f"""
        with known as (
            select * from {table}
            where outcome = 'superseded' and list_contains($1, _load)
            qualify row_number() over (partition by {", ".join(key)} order by _load desc, _row desc) = 1
        )
        select (select count(*) from staging.stg_{contract.feed}), {counts}
        from {table} as kept
        inner join known using ({", ".join(key)})
        where kept.outcome = 'kept' and not list_contains($1, kept._load)
        """,
        [sorted(base_loads)],
    )
    records, *numbers = found[0]
    return Replaced(contract.feed, records, dict(zip(columns, numbers, strict=True)))
