"""What value tiers are decided on: the facts of each customer, and their totals.

The decisions, and how they are applied to these facts, are in scoring/tiers.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from orchestration.scoring import key_accounts, quadrant


@dataclass(frozen=True)
class TierSummary:
    """Customers, their total profit, for how many each component and attribute was observed, and a wallet exceeded."""

    customers: int
    profit: Decimal
    components: Mapping[str, int]
    attributes: Mapping[str, int]
    wallets_exceeded: int


def tier_summary_sql(
    orders: str = "facts.customer_orders", attributes: str = "facts.customer_attributes", values: str = "scores.clv"
) -> str:
    """The select of one row that `decide_tiers` needs: customers, profit, and one column a component."""
    counts = "".join(f",\n    {count} as {name}" for name, count in _observed().items())
    return f"""
with

{customers_of(orders, attributes, values)}

select
    count(*) as customers,
    coalesce(sum(profit), 0) as profit,
    count(case when wallet_share > 1 then 1 end) as wallets_exceeded{counts}
from customers
""".strip()


def read_summary(row: Mapping) -> TierSummary:
    """Make the summary from the row of `tier_summary_sql`, by column name."""
    return TierSummary(
        customers=int(row["customers"]),
        profit=Decimal(row["profit"]),
        components={name: int(row[f"component_{name}"]) for name in quadrant.observed_expressions()},
        attributes={name: int(row[f"attribute_{name}"]) for name in key_accounts.observed_expressions()},
        wallets_exceeded=int(row["wallets_exceeded"]),
    )


def customers_of(orders: str, attributes: str, values: str) -> str:
    """The common start: one row for each customer of `values`, money exact and never null."""
    return f"""customers as (

    select
        clv_values.customer_id,
        coalesce(clv_values.clv, 0) as clv,
        coalesce(customer_orders.order_days, 0) > 0 as has_orders,
        customer_orders.order_days,
        customer_orders.days_since_last_order,
        customer_orders.age_days,
        customer_orders.recency_days,
        customer_orders.mean_gap_days,
        customer_orders.sd_gap_days,
        cast(coalesce(customer_orders.revenue, 0) as decimal(18, 4)) as revenue,
        cast(coalesce(customer_orders.revenue_last_365_days, 0) as decimal(18, 4)) as revenue_last_365_days,
        cast(coalesce(customer_orders.profit, 0) as decimal(18, 4)) as profit,
        cast(coalesce(customer_orders.service_cost, 0) as decimal(18, 4)) as service_cost,
        customer_attributes.wallet_share,
        customer_attributes.recommend_score,
        customer_attributes.credit_score,
        coalesce(customer_attributes.answers, 0) as answers,
        coalesce(customer_attributes.suggestions, 0) as suggestions,
        coalesce(customer_attributes.recovered_complaints, 0) as recovered_complaints,
        coalesce(customer_attributes.successful_referrals, 0) as successful_referrals
    from {values} as clv_values
    left join {orders} as customer_orders on clv_values.customer_id = customer_orders.customer_id
    left join {attributes} as customer_attributes on clv_values.customer_id = customer_attributes.customer_id

)"""


def _observed() -> dict[str, str]:
    """Columns of the summary that count who has a component of the quadrant, or an attribute of key accounts."""
    found = {f"component_{name}": count for name, count in quadrant.observed_expressions().items()}
    return found | {f"attribute_{name}": count for name, count in key_accounts.observed_expressions().items()}
