"""What the base release said: the history that this refresh continues.

The base is the latest release of an earlier `as_of` in the line of what is served, so a rollback takes its history
back, and a repeated `as_of` does not count itself.
"""

import dagster as dg

from orchestration.defs.session import Session
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
