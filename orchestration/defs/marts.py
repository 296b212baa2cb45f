"""Checks of the candidate marts that are not dbt's: a Great Expectations suite each, run in the engine."""

import dagster as dg

from orchestration.defs.session import Session
from orchestration.quality import gx


def shape_check(mart: dg.AssetKey) -> dg.AssetChecksDefinition:
    """The check of one mart."""
    table = ".".join(mart.path)

    @dg.asset_check(
        asset=mart,
        name="shape",
        blocking=True,
        description="The Great Expectations suite of the mart holds: rows where there must be some, no personal data.",
    )
    def shape(session: dg.ResourceParam[Session]) -> dg.AssetCheckResult:
        with session.step(table):
            columns = [row[0] for row in session.warehouse.rows(f"describe {table}")]
            suite = gx.mart_expectations(mart.path[-1], columns)
            [result] = session.report([gx.validate(session.warehouse, table, "shape", suite)])
            return result

    return shape
