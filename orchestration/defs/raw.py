"""Raw assets: each feed is landed, and shown to the engine as one typed view over its loads.

Checks of arriving data run in the same step, so that a feed cannot be landed without being judged.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import dagster as dg
import duckdb

from orchestration.config.gates import GatesConfig
from orchestration.defs.arrival import CHECKS, conservation, judged, nothing_counts
from orchestration.defs.session import Session
from orchestration.errors import UserError
from orchestration.sources.contract import CONTRACTS, SQL_TYPES, Contract
from orchestration.sources.files import literal
from orchestration.sources.landing import land
from orchestration.sources.loads import Load, landed_columns

DESCRIPTIONS = {
    "orders": "One row an order, as it arrived: typed, with corrections and duplicates still in it.",
    "complaints": "One row a complaint, as it arrived.",
    "surveys": "One row an answer to a survey question, as it arrived.",
    "customers": "One row a customer of the master data, as it arrived. Optional.",
    "aliases": "Other identifiers of customers: phones, e-mails, accounts, old ids. Optional.",
    "interactions": "Contacts beside orders: messages, searches, visits, calls. Optional.",
    "service_costs": "What serving a customer cost: service, bad debt, litigation, visits. Optional.",
    "wallets": "What customers spend on such products with anyone. Optional.",
}


def raw_asset(contract: Contract, gates: GatesConfig) -> dg.AssetsDefinition:
    """The asset of one feed."""
    feed_name = contract.feed
    table = f"raw.{feed_name}"

    @dg.asset(
        key=["raw", feed_name],
        group_name="raw",
        kinds={"duckdb", "parquet"},
        owners=["team:data"],
        description=DESCRIPTIONS[feed_name],
        check_specs=[
            dg.AssetCheckSpec(
                name,
                asset=["raw", feed_name],
                description=description,
                blocking=gates.gate(f"{table}:{name}").severity == "block",
            )
            for name, description in CHECKS.items()
        ],
        metadata={
            "dagster/column_schema": dg.TableSchema(
                [
                    dg.TableColumn(
                        column.name,
                        SQL_TYPES[column.kind],
                        constraints=dg.TableColumnConstraints(
                            nullable=not column.required,
                            other=[f"one of {', '.join(column.accepted)}"] if column.accepted else [],
                        ),
                    )
                    for column in contract.columns
                ]
            )
        },
        name=None,
    )
    def landed(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
        with session.step(table):
            present, problem = arrived(session, feed_name)
            loads = session.admitted_loads(feed_name)
            try:
                session.warehouse.create_view(table, view_of(session.settings.home, contract, loads))
            except duckdb.Error as error:
                raise UserError(
                    f"what has landed of {feed_name} cannot be read: {str(error).splitlines()[0]}",
                    where=str(session.settings.home / "landing" / feed_name),
                    mend="restore the load's folder from a backup; or, where the source still holds its rows, "
                    "remove the folder",
                ) from None
            session.gate.record_built(table, [])
            outcomes = judged(session, contract, loads, present, problem)
            rows = session.warehouse.value(f"select count(*) from {table}")
            metadata = {"dagster/row_count": rows, "loads": len(loads)}
            if present:
                metadata |= {
                    "newest load": present[-1].load_id,
                    "outcomes of its rows": dg.MetadataValue.json(present[-1].rows),
                }
                reasons = total(load.reasons for load in present)
                if reasons:
                    metadata["set aside, by reason"] = dg.MetadataValue.json(reasons)
                unread = sorted({name for load in present for name in load.unknown_columns})
                if unread:
                    metadata["columns that nothing reads"] = ", ".join(unread)
            yield dg.MaterializeResult(metadata=metadata, check_results=list(session.report(outcomes)))

    return landed


def arrived(session: Session, feed_name: str) -> tuple[list[Load], str | None]:
    """Land the feed; the loads that hold what its source holds now, or what keeps it from being read.

    A back-cast lands nothing. What began later cannot be missing from it; without orders there is nothing to compute.
    """
    feed = session.settings.sources.feeds.get(feed_name)
    if feed is None:
        return [], None
    if session.backcast:
        loads = session.admitted_loads(feed_name)
        return loads, None if loads or feed_name != "orders" else nothing_counts(session)
    if feed_name in session.sources:
        feed = feed.model_copy(update={"path": session.sources[feed_name], "database": None, "api": None})
    try:
        return land(session.settings.home, feed_name, feed, session.settings.refused_limit(feed_name)), None
    except UserError as error:
        return [], str(error)


def view_of(home: Path, contract: Contract, loads: list[Load]) -> str:
    """SELECT of every accepted row of the admitted loads; an empty one of the same columns where there are none.

    Rows that were replayed are rows of the load that they were refused in: so they rank as what they were.
    """
    files = [load.folder(home) / "accepted.parquet" for load in loads]
    columns = ", ".join(f'{value} as "{name}"' for name, value in landed_columns(contract, files).items())
    if not loads:
        return f"select {columns}, null::varchar as _load, null::bigint as _row where false"
    paths = ", ".join(map(literal, files))
    replays = "".join(
        f" when {literal(load.load_id)} then {literal(load.origin)}" for load in loads if load.origin != load.load_id
    )
    origin = f"case load{replays} else load end" if replays else "load"
    return (
        f"select {columns}, {origin} as _load, coalesce(_row, file_row_number + 1) as _row from read_parquet("
        f"[{paths}], hive_types = {{'load': varchar}}, file_row_number = true, union_by_name = true)"
    )


def total(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Counts by name, added up."""
    added: Counter[str] = Counter()
    for count in counts:
        added.update(count)
    return dict(sorted(added.items()))


@dg.asset(
    key=["raw", "loads"],
    deps=[["raw", feed_name] for feed_name in CONTRACTS],
    group_name="raw",
    kinds={"duckdb"},
    owners=["team:data"],
    description="One row a load that counts: how many rows arrived, and how many were accepted, excluded, quarantined.",
    check_specs=[
        dg.AssetCheckSpec(
            "rows_are_conserved",
            asset=["raw", "loads"],
            description="Accepted, excluded and quarantined rows add up to the source's; so do lines summed into rows.",
            blocking=True,
        )
    ],
)
def raw_loads(session: dg.ResourceParam[Session]):
    with session.step("raw.loads"):
        loads = [load for feed_name in CONTRACTS for load in session.admitted_loads(feed_name)]
        session.warehouse.write(
            "raw.loads",
            [
                {
                    "feed": load.feed,
                    "load_id": load.load_id,
                    "landed_at": load.landed_at,
                    "source_rows": load.source_rows,
                    **load.rows,
                    "erased": load.erased,
                    **{f"{outcome}_money": amount for outcome, amount in load.money.items()},
                }
                for load in loads
            ],
            {
                "feed": "varchar",
                "load_id": "varchar",
                "landed_at": "timestamp",
                "source_rows": "bigint",
                "accepted": "bigint",
                "excluded": "bigint",
                "quarantined": "bigint",
                "erased": "bigint",
                "accepted_money": "decimal(38,4)",
                "excluded_money": "decimal(38,4)",
                "quarantined_money": "decimal(38,4)",
            },
        )
        session.gate.record_built("raw.loads", [f"raw.{feed_name}" for feed_name in CONTRACTS])
        yield dg.MaterializeResult(
            metadata=session.shown("raw.loads"),
            check_results=list(session.report([conservation(session, loads)])),
        )


def raw_assets(gates: GatesConfig) -> list[dg.AssetsDefinition]:
    """Every feed's asset, and that of their loads."""
    return [*(raw_asset(contract, gates) for contract in CONTRACTS.values()), raw_loads]
