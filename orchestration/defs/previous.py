"""What the base release said: the history that this refresh continues.

The base is the latest release of an earlier `as_of` in the line of what is served, so a rollback takes its history
back, and a repeated `as_of` does not count itself.
"""

import dagster as dg

from orchestration.defs.session import Session
from orchestration.publishing.catalogue import ReleaseInfo
from orchestration.publishing.rules import changed_rules
from orchestration.scoring.clusters.profiles import PROFILE_COLUMNS
from orchestration.sources.files import literal
from orchestration.warehouse.duckdb import Warehouse

# What tells why a customer moved, and how old history is, of customer_value.
COMPARED = {
    "customer_id": "varchar",
    "first_ordered_at": "timestamp",
    "last_ordered_at": "timestamp",
    "orders": "bigint",
    "revenue": "decimal(18, 2)",
    "profit": "decimal(18, 2)",
    "clv": "decimal(18, 2)",
    "clv_method": "varchar",
    "key_account_rank_revenue": "bigint",
}


@dg.asset(
    key=["previous", "segment_history"],
    group_name="previous",
    kinds={"duckdb"},
    owners=["team:data"],
    description="What the latest release of an earlier date said: its segment history, which this refresh continues.",
)
def previous_history(session: dg.ResourceParam[Session]):
    with session.step("previous.segment_history"):
        base = session.base
        history = (
            "select null::varchar as customer_id, null::varchar as scheme, null::varchar as segment, "
            "null::date as valid_from, null::date as valid_to where false"
        )
        release = "select null::varchar as release_id, null::date as as_of where false"
        if base:
            history = (
                "select customer_id, scheme, segment, valid_from, valid_to "
                f"from read_parquet({literal(base.directory / 'segment_history.parquet')})"
            )
            release = (
                f"select {literal(base.release_id)} as release_id, date {literal(base.as_of.isoformat())} as as_of"
            )
        session.warehouse.create_table("previous.segment_history", history)
        session.warehouse.create_table("previous.release", release)
        session.gate.record_built("previous.segment_history", [])
        told = {"base release": base.release_id if base else "none: this is the first"}
        yield dg.MaterializeResult(metadata={**session.shown("previous.segment_history"), **told})


def clusters_before(warehouse: Warehouse, base: ReleaseInfo | None) -> tuple[str, str]:
    """The select of the clusters that a base published, and what the page says of it.

    A base of before there were profiles, or of other features, has none that today's could be matched with.
    """
    if base is None:
        nothing = "none: this is the first"
    else:
        nothing = f"{base.release_id}, which has no clusters of these features"
        published = base.directory / "cluster_profiles.parquet"
        if published.exists():
            file = f"read_parquet({literal(published)})"
            if set(PROFILE_COLUMNS) <= {name for name, *_ in warehouse.rows(f"describe select * from {file}")}:
                return f"select {', '.join(PROFILE_COLUMNS)} from {file}", base.release_id
    columns = ", ".join(f"null::{kind} as {name}" for name, kind in PROFILE_COLUMNS.items())
    return f"select {columns} where false", nothing


@dg.asset(
    key=["previous", "cluster_profiles"],
    group_name="previous",
    kinds={"duckdb"},
    owners=["team:data"],
    description="The behaviour clusters of the latest release of an earlier date: their names go on from there.",
)
def previous_clusters(session: dg.ResourceParam[Session]):
    with session.step("previous.cluster_profiles"):
        profiles, told = clusters_before(session.warehouse, session.base)
        session.warehouse.create_table("previous.cluster_profiles", profiles)
        session.gate.record_built("previous.cluster_profiles", [])
        metadata = {**session.shown("previous.cluster_profiles"), "base release": told}
        yield dg.MaterializeResult(metadata=metadata)


def values_before(warehouse: Warehouse, base: ReleaseInfo | None) -> str:
    """The select of what a base published of its customers; what an older one did not say yet is null."""
    published = base.directory / "customer_value.parquet" if base else None
    if published is None or not published.exists():
        return f"select {', '.join(f'null::{kind} as {name}' for name, kind in COMPARED.items())} where false"
    file = f"read_parquet({literal(published)})"
    there = {name for name, *_ in warehouse.rows(f"describe select * from {file}")}
    columns = (f"{name if name in there else 'null'}::{kind} as {name}" for name, kind in COMPARED.items())
    return f"select {', '.join(columns)} from {file}"


@dg.asset(
    key=["previous", "customer_value"],
    group_name="previous",
    kinds={"duckdb"},
    owners=["team:data"],
    description="What the latest release of an earlier date said of each customer's orders and value, and which rules "
    "of segmenting are not those of that release: what tells why customers moved.",
)
def previous_values(session: dg.ResourceParam[Session]):
    with session.step("previous.customer_value"):
        base, warehouse = session.base, session.warehouse
        warehouse.create_table("previous.customer_value", values_before(warehouse, base))
        changed = changed_rules(base.manifest["configuration"], session.settings.values) if base else {}
        rows = [{"scheme": scheme, "rules": ", ".join(rules)} for scheme, rules in changed.items()]
        warehouse.write("previous.changed_rules", rows, {"scheme": "varchar", "rules": "varchar"})
        session.gate.record_built("previous.customer_value", [])
        metadata = {
            **session.shown("previous.customer_value"),
            "base release": base.release_id if base else "none: this is the first",
            "changed rules": dg.MetadataValue.json(changed),
        }
        yield dg.MaterializeResult(metadata=metadata)


PREVIOUS_ASSETS = [previous_history, previous_clusters, previous_values]
