"""Customers of a few facts, and the tiers that are decided of them on an engine in memory."""

from orchestration.scoring.key_accounts import ATTRIBUTES, KeyAccountSettings
from orchestration.scoring.quadrant import QuadrantSettings
from orchestration.scoring.rfm import rfm_segments
from orchestration.scoring.tier_facts import read_summary, tier_summary_sql
from orchestration.scoring.tiers import TierSettings, decide_tiers, value_tiers_sql

SEGMENTS = [
    {"name": "champions", "recency": [4, 5], "frequency": [4, 5], "monetary": [4, 5]},
    {"name": "lapsed", "recency": [1, 2], "frequency": [1, 5], "monetary": [1, 5]},
    {"name": "others", "recency": [1, 5], "frequency": [1, 5], "monetary": [1, 5]},
]
QUADRANT = QuadrantSettings(
    current={"purchase_value": 0.6, "service_cost": 0.2, "image_value": 0.2},
    potential={"wallet_share": 0.4, "word_of_mouth": 0.2, "recent_growth": 0.2, "knowledge_value": 0.2},
)
KEY_ACCOUNTS = KeyAccountSettings(dict.fromkeys(ATTRIBUTES, 1 / 7))
CUSTOMER_ATTRIBUTES = {
    "customer_id": "varchar",
    "answers": "bigint",
    "recommend_score": "double",
    "recovered_complaints": "bigint",
    "suggestions": "bigint",
    "successful_referrals": "bigint",
    "credit_score": "decimal(18, 4)",
    "wallet_share": "double",
}


def customer(profit=0, revenue=None, clv=0, order_days=1, quiet=0, **more):
    """One customer; `more` are columns of facts.customer_orders or facts.customer_attributes."""
    return {
        "order_days": order_days,
        "profit": profit,
        "revenue": profit if revenue is None else revenue,
        "clv": clv,
        "days_since_last_order": quiet,
        "age_days": quiet,
        "service_cost": 0,
    } | more


def tiers_of(engine, customers, **asked):
    """Decide and apply on these customers; each may carry its `clv`. Rows by customer, in the given order."""
    named = [{"customer_id": f"c{number:03}"} | row for number, row in enumerate(customers)]
    engine.customers(named)
    engine.fill("scores.clv", {"customer_id": "varchar", "clv": "decimal(18, 2)"}, named)
    engine.fill("facts.customer_attributes", CUSTOMER_ATTRIBUTES, named)
    decision = decided(engine, **asked)
    rows = {row["customer_id"]: row for row in engine.rows(value_tiers_sql(decision))}
    return [rows[row["customer_id"]] for row in named], decision


def decided(engine, **asked):
    """The decision on what the engine holds."""
    wanted = {"quadrant": QUADRANT, "key_accounts": KEY_ACCOUNTS} | asked
    return decide_tiers(
        read_summary(engine.rows(tier_summary_sql())[0]), TierSettings(rfm_segments=rfm_segments(SEGMENTS), **wanted)
    )
