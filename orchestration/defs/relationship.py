"""The assets of the relationship with customers that Python decides: so far, what changed in their complaints.

The arithmetic is in scoring/; how score assets are made is in defs/scores.py.
"""

import dagster as dg

from orchestration.defs.scores import finished, score_asset
from orchestration.defs.session import Session
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


RELATIONSHIP_ASSETS = [complaint_change]
