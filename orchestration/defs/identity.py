"""Which ids are one customer: Python follows the claims of customers on old ids, SQL applies where they end."""

import dagster as dg
import pandas as pd

from orchestration.defs.session import Session
from orchestration.scoring.identity import claim_ends

TABLE = "staging.claim_ends"


@dg.asset(
    key=["staging", "claim_ends"],
    deps=[["staging", "claims"]],
    group_name="staging",
    kinds={"python", "duckdb"},
    owners=["team:data"],
    description="Where the claims of customers on old ids end: at one customer, or at several who claim the same.",
)
def staging_claim_ends(session: dg.ResourceParam[Session]) -> dg.MaterializeResult:
    with session.step(TABLE):
        claims = session.warehouse.rows("select named_customer_id, customer_id from staging.claims")
        ends = pd.DataFrame(claim_ends(claims), columns=["named_customer_id", "customer_id"], dtype="string")
        session.warehouse.write_frame(TABLE, ends)
        session.gate.record_built(TABLE, ["staging.claims"])
        return dg.MaterializeResult(metadata=session.shown(TABLE))
