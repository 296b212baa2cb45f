"""The asset of what changed in complaints, and the pictures on the pages of marts.

The arithmetic is in scoring/; how score assets are made is in defs/scores.py.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration.defs.pictures import shown_picture
from orchestration.defs.scores import finished, score_asset
from orchestration.defs.session import Session
from orchestration.publishing import findings, migration_pictures, relationship_report
from orchestration.publishing.labels import Labels
from orchestration.quality import complaint_changes as checks
from orchestration.scoring import complaint_changes as changes


@score_asset(
    "complaint_changes",
    ["facts.complaints", "facts.orders"],
    "Complaints per order of three months against the twelve before, by category, and whether the change is more than "
    "noise.",
    checks.CHECKS,
)
def complaint_change(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
    with session.step("scores.complaint_changes"):
        warehouse = session.warehouse
        found = changes.complaint_changes(
            warehouse.frame(changes.COMPLAINTS_SQL), warehouse.frame(changes.ORDERS_SQL), session.as_of
        )
        warehouse.write_frame("scores.complaint_changes", found)
        told = warehouse.records(
            "select category, rate_ratio, rate_ratio_low, rate_ratio_high from scores.complaint_changes "
            "where month = (select max(month) from scores.complaint_changes) and is_more_than_noise order by category"
        )
        metadata = {"more than noise in the latest month": dg.MetadataValue.json(told)}
        yield from finished(session, context, checks.complaint_changes(warehouse, session.as_of), metadata)


def mart_pictures(session: Session, table: str) -> dict[str, dg.MarkdownMetadataValue]:
    """What the page of a mart shows beside its table; nothing for a table without a picture, or without data."""
    schema, mart = table.split(".")
    if schema != "marts" or mart not in PICTURES:
        return {}
    with session.warehouse.connect() as connection, findings.Marts(connection, schema) as marts:
        svg = PICTURES[mart](marts, session.settings.values, findings.labels(marts))
    return {"picture": shown_picture(svg)} if svg else {}


def _tier_flow(marts: findings.Marts, configuration: Mapping[str, Any], labels: Labels) -> str | None:
    moves = findings.migrations(marts)
    return migration_pictures.tier_flow(moves[0], labels) if moves else None


PICTURES = {**relationship_report.PICTURES, "tier_migration": _tier_flow}


RELATIONSHIP_ASSETS = [complaint_change]
