"""Raw assets: each feed is landed, and shown to the engine as one typed view over its loads.

Checks of arriving data run in the same step, so that a feed cannot be landed without being judged.
"""

import datetime as dt
from decimal import Decimal

import dagster as dg

from orchestration.defs.session import Session
from orchestration.errors import UserError
from orchestration.publishing import catalogue
from orchestration.quality import gx
from orchestration.quality.checks import CheckOutcome
from orchestration.sources.contract import CONTRACTS, SQL_TYPES, Contract
from orchestration.sources.files import literal
from orchestration.sources.landing import Load, land

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

CHECKS = {
    "arrived": "The files are there, readable, and have the required columns.",
    "contract": "The share of rows that do not fit the contract is within the limit.",
    "volume": "The newest load has rows.",
    "fresh": "The newest event is within the feed's promise.",
    "shape": "The Great Expectations suite of the feed holds.",
}


def raw_asset(contract: Contract) -> dg.AssetsDefinition:
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
            dg.AssetCheckSpec(name, asset=["raw", feed_name], description=description, blocking=True)
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
            newest, problem = arrived(session, feed_name)
            loads = session.admitted_loads(feed_name)
            session.warehouse.create_view(table, view_of(session, contract, loads))
            session.gate.record_built(table, [])
            outcomes = judged(session, contract, newest, problem)
            rows = session.warehouse.value(f"select count(*) from {table}")
            metadata = {"dagster/row_count": rows, "loads": len(loads)}
            if newest:
                metadata |= {"newest load": newest.load_id, "outcomes of its rows": dg.MetadataValue.json(newest.rows)}
                if newest.reasons:
                    metadata["set aside, by reason"] = dg.MetadataValue.json(newest.reasons)
                if newest.unknown_columns:
                    metadata["columns that nothing reads"] = ", ".join(newest.unknown_columns)
            yield dg.MaterializeResult(metadata=metadata, check_results=list(session.report(outcomes)))

    return landed


def arrived(session: Session, feed_name: str) -> tuple[Load | None, str | None]:
    """Land the feed; the load that holds what its files hold now, or what keeps it from being read."""
    feed = session.settings.sources.feeds.get(feed_name)
    if feed is None:
        return None, None
    if feed_name in session.sources:
        feed = feed.model_copy(update={"path": session.sources[feed_name]})
    try:
        return land(session.settings.home, feed_name, feed), None
    except UserError as error:
        return None, str(error)


def view_of(session: Session, contract: Contract, loads: list[Load]) -> str:
    """SELECT of every accepted row of the admitted loads; an empty one of the same columns where there are none."""
    columns = [(column.name, SQL_TYPES[column.kind]) for column in contract.columns]
    columns += [("_load", "varchar"), ("_row", "bigint")]
    if not loads:
        return f"select {', '.join(f'null::{sql_type} as {name}' for name, sql_type in columns)} where false"
    paths = ", ".join(literal(load.folder(session.settings.home) / "accepted.parquet") for load in loads)
    names = ", ".join(f'"{name}"' for name, _ in columns)
    return f"select {names} from read_parquet([{paths}], hive_partitioning = false)"


def judged(session: Session, contract: Contract, newest: Load | None, problem: str | None) -> list[CheckOutcome]:
    """The checks of one feed. A feed that the configuration does not name is not fed, and has nothing to answer for."""
    table = f"raw.{contract.feed}"
    feed = session.settings.sources.feeds.get(contract.feed)
    if feed is None:
        return [CheckOutcome(table, name, True, "this feed is not configured") for name in CHECKS]
    if newest is None:
        return [CheckOutcome(table, "arrived", False, problem or "")] + [
            CheckOutcome(table, name, False, "not judged: the feed did not arrive")
            for name in CHECKS
            if name != "arrived"
        ]
    names = ", ".join(file["name"] for file in newest.files)
    limit = session.settings.gates.gate(f"{table}:contract").threshold
    quarantined = newest.rows["quarantined"]
    reasons = ", ".join(f"{code} {count}" for code, count in newest.reasons.items() if not code.startswith("excluded:"))
    message = (
        f"{quarantined} of {newest.source_rows} rows of {names} are quarantined "
        f"({newest.rejected_share:.2%}; limit {limit:.2%})"
    )
    if quarantined:
        message += (
            f": {reasons}. They are kept in {newest.folder(session.settings.home) / 'set_aside.parquet'} with their "
            "text; mend the source or its mapping in sources.yml, and refresh again"
        )
    outcomes = [
        CheckOutcome(table, "arrived", True, f"{names} landed as load {newest.load_id}"),
        CheckOutcome(
            table,
            "contract",
            newest.rejected_share <= limit,
            message,
            observed=newest.rejected_share,
            threshold=limit,
            rows_examined=newest.source_rows,
            rows_failing=quarantined,
        ),
        CheckOutcome(
            table,
            "volume",
            newest.rows["accepted"] > 0 or contract.is_optional,
            f"{newest.rows['accepted']} rows of {names} were accepted"
            + ("" if newest.rows["accepted"] else ": the export is empty; export it again"),
            observed=newest.rows["accepted"],
            threshold=1,
        ),
        freshness(session, contract),
        gx.validate(session.warehouse, table, "shape", gx.feed_expectations(contract.feed, session.as_of)),
    ]
    return outcomes


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


def conservation(session: Session, loads: list[Load]) -> CheckOutcome:
    """What arrived against what the landed files hold now, counted from the files themselves."""
    broken = []
    served = catalogue.served(session.settings.home)
    for known in served.manifest["loads"] if served else []:
        if not (session.settings.home / "landing" / known["feed"] / f"load={known['load_id']}").is_dir():
            broken.append(f"{known['feed']} {known['load_id']}: the served release was made from it, and it is gone")
    for load in loads:
        folder = load.folder(session.settings.home)
        accepted = session.warehouse.value(f"select count(*) from read_parquet({literal(folder / 'accepted.parquet')})")
        aside = folder / "set_aside.parquet"
        set_aside = (
            session.warehouse.value(f"select count(*) from read_parquet({literal(aside)})") if aside.exists() else 0
        )
        if accepted + set_aside + load.erased != load.source_rows:
            erased = f", {load.erased} were erased" if load.erased else ""
            broken.append(
                f"{load.feed} {load.load_id}: {load.source_rows} arrived, {accepted} + {set_aside} are there{erased}"
            )
        for alias, join in load.joins.items():
            if "money" in join and Decimal(join["money_of_rows"]) != sum_money(load):
                broken.append(
                    f"{load.feed} {load.load_id}: {alias} gives {join['money_of_rows']} to rows, "
                    f"which hold {sum_money(load)}"
                )
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


def sum_money(load: Load) -> Decimal:
    """All the money of a load, whatever became of its rows."""
    return sum(Decimal(amount) for amount in load.money.values())


RAW_ASSETS = [*(raw_asset(contract) for contract in CONTRACTS.values()), raw_loads]
