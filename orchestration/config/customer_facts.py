"""The facts that a rule group may speak of: a closed list, each with its kind, its unit and what must be fed for it.

Where the values come from is told by the column alone; how they are put together is in scoring/rule_groups.py.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "text", "yes_no"]
# What may be missing from the feeds: a feed, or a column of one. Orders themselves are always fed.
Need = Literal[
    "orders.due_at",
    "orders.paid_at",
    "orders.promised_at",
    "complaints",
    "complaints.category",
    "complaints.need_violated",
    "complaints.is_suggestion",
    "surveys",
    "customers.region",
    "customers.industry",
    "customers.credit_score",
    "customers.prepaid_balance",
    "customers.referrer_customer_id",
    "interactions",
    "interactions.category",
    "wallets",
]


@dataclass(frozen=True)
class Fact:
    """One fact of a customer.

    Attributes
    ----------
    column : str
        `<relation of scoring/rule_groups.py>.<column>`.
    kind, unit : str
        What conditions may ask of it, and what a number counts.
    meaning : str
        For a reader of the configuration.
    needs : tuple of str
        What must be fed; without it nobody has the fact.
    """

    column: str
    kind: Kind
    unit: str
    meaning: str
    needs: tuple[Need, ...] = ()


PAYMENTS: tuple[Need, ...] = ("orders.due_at", "orders.paid_at")
OF_CATEGORIES = "complaints_last_365_days"

FACTS: dict[str, Fact] = {
    "revenue": Fact("orders.revenue", "number", "money", "over all history, refunds taken off"),
    "revenue_last_365_days": Fact("orders.revenue_last_365_days", "number", "money", "the same of the last 365 days"),
    "profit": Fact("orders.profit", "number", "money", "over all history, less the cost of serving"),
    "orders_last_365_days": Fact("orders.orders_last_365_days", "number", "orders", "that count"),
    "order_days": Fact("orders.order_days", "number", "days", "with an order, over all history"),
    "days_since_last_order": Fact("orders.days_since_last_order", "number", "days", "unknown without orders"),
    "late_deliveries_last_365_days": Fact(
        "orders.late_deliveries_last_365_days", "number", "orders", "later than promised", ("orders.promised_at",)
    ),
    "clv": Fact("clv.clv", "number", "money", "lifetime value"),
    "p_alive": Fact("clv.p_alive", "number", "0 to 1", "chance that the customer still buys"),
    "loyalty_level": Fact("loyalty.loyalty_level", "number", "0 to 10", "ten times `loyalty_score`"),
    "value_tier": Fact("value_tiers.value_tier", "text", "", "platinum, gold, iron or lead"),
    "abc_class": Fact("value_tiers.abc_class", "text", "", "A, B or C by profit"),
    "contribution_class": Fact(
        "value_tiers.contribution_class", "text", "", "strategic, large, ordinary, potential or may_cause_loss"
    ),
    "wallet_share": Fact(
        "value_tiers.wallet_share", "number", "0 to 1", "of what is spent on such products", ("wallets",)
    ),
    "value_quadrant": Fact(
        "value_tiers.value_quadrant", "text", "", "high_value, sub_value, latent_value or low_value"
    ),
    "rfm_segment": Fact("value_tiers.rfm_segment", "text", "", "as `rfm` names it"),
    "is_key_account": Fact("value_tiers.is_key_account", "yes_no", "", "whether the customer is a key account"),
    "is_silent": Fact("silence.is_silent", "yes_no", "", "quiet for longer than the own habit explains"),
    "overdue_amount": Fact("payments.overdue_amount", "number", "money", "of orders due by as_of, unpaid", PAYMENTS),
    "overdue_orders": Fact("payments.overdue_orders", "number", "orders", "due by as_of, unpaid", PAYMENTS),
    "late_payments_last_365_days": Fact(
        "payments.late_payments_last_365_days", "number", "orders", "due then, paid late or not yet", PAYMENTS
    ),
    "complaints_last_365_days": Fact(
        "complaints.complaints_last_365_days", "number", "complaints", "all, or those of `categories`", ("complaints",)
    ),
    "safety_complaints_last_365_days": Fact(
        "complaints.safety_complaints_last_365_days",
        "number",
        "complaints",
        "about a danger",
        ("complaints.need_violated",),
    ),
    "unanswered_complaints": Fact(
        "complaints.unanswered_complaints", "number", "complaints", "without an answer yet", ("complaints",)
    ),
    "suggestions": Fact(
        "complaints.suggestions", "number", "suggestions", "over all history", ("complaints.is_suggestion",)
    ),
    "satisfaction_score": Fact("surveys.satisfaction_scaled", "number", "0 to 1", "of who answered", ("surveys",)),
    "e_value": Fact("activity.e_value", "number", "0 to 100", "activity beside orders", ("interactions",)),
    "interactions_last_365_days": Fact(
        "activity.events_last_365_days", "number", "events", "of the kinds of the E-value", ("interactions",)
    ),
    "successful_referrals": Fact(
        "attributes.successful_referrals",
        "number",
        "customers",
        "referred by this one, with an order",
        ("customers.referrer_customer_id",),
    ),
    "region": Fact("customers.region", "text", "", "of the customer", ("customers.region",)),
    "industry": Fact("customers.industry", "text", "", "of the customer", ("customers.industry",)),
    "credit_score": Fact("customers.credit_score", "number", "", "as it is fed", ("customers.credit_score",)),
    "prepaid_balance": Fact("customers.prepaid_balance", "number", "money", "", ("customers.prepaid_balance",)),
}
