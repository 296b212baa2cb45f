"""What the base release said: the history that this refresh continues.

The base is the latest release of an earlier `as_of` in the line of what is served, so a rollback takes its history
back, and a repeated `as_of` does not count itself.
"""

import dagster as dg

from orchestration.defs.session import Session
from orchestration.scoring.clusters.profiles import PROFILE_COLUMNS
from orchestration.sources.files import literal


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


@dg.asset(
    key=["previous", "cluster_profiles"],
    group_name="previous",
    kinds={"duckdb"},
    owners=["team:data"],
    description="The behaviour clusters of the latest release of an earlier date: their names go on from there.",
)
def previous_clusters(session: dg.ResourceParam[Session]):
    with session.step("previous.cluster_profiles"):
        kept = ", ".join(PROFILE_COLUMNS)
        nothing = ", ".join(f"null::{kind} as {name}" for name, kind in PROFILE_COLUMNS.items())
        profiles, told = f"select {nothing} where false", "none: this is the first"
        if session.base:
            told = f"{session.base.release_id}: it has no clusters of these features"
            published = session.base.directory / "cluster_profiles.parquet"
            if published.exists():
                file = f"read_parquet({literal(published)})"
                there = {name for name, *_ in session.warehouse.rows(f"describe select * from {file}")}
                if set(PROFILE_COLUMNS) <= there:
                    profiles, told = f"select {kept} from {file}", session.base.release_id
        session.warehouse.create_table("previous.cluster_profiles", profiles)
        session.gate.record_built("previous.cluster_profiles", [])
        metadata = {**session.shown("previous.cluster_profiles"), "base release": told}
        yield dg.MaterializeResult(metadata=metadata)


PREVIOUS_ASSETS = [previous_history, previous_clusters]
