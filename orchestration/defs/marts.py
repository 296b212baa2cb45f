"""Checks of the candidate marts that are not dbt's: a Great Expectations suite each, run in the engine."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.session import Session
from orchestration.quality import gx


def shape_checks(marts: list[dg.AssetKey]) -> dg.AssetChecksDefinition:
    """One check a mart, in one step: a step costs Dagster a third of a second, a suite on a mart not more."""

    @dg.multi_asset_check(
        name="mart_shapes",
        specs=[
            dg.AssetCheckSpec(
                "shape",
                asset=mart,
                blocking=True,
                description="The Great Expectations suite of the mart holds: rows where there must be some, "
                "no personal data.",
            )
            for mart in marts
        ],
        can_subset=True,
    )
    def mart_shapes(context: dg.AssetCheckExecutionContext, session: dg.ResourceParam[Session]) -> Iterator:
        for mart in sorted(key.asset_key for key in context.selected_asset_check_keys):
            table = ".".join(mart.path)
            with session.step(table):
                columns = [row[0] for row in session.warehouse.rows(f"describe {table}")]
                suite = gx.mart_expectations(mart.path[-1], columns)
                yield from session.report([gx.validate(session.warehouse, table, "shape", suite)])

    return mart_shapes
