"""The contract of each feed: its columns, their types, which are required, which make the key.

One place for it; landing, the raw views, the suites and the documentation read it here. How a company's own
columns become these is configuration (sources.yml), not contract.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "moment", "date", "money", "number", "flag"]

SQL_TYPES: dict[Kind, str] = {
    "text": "varchar",
    "moment": "timestamp",
    "date": "date",
    "money": "decimal(18,4)",
    "number": "double",
    "flag": "boolean",
}


@dataclass(frozen=True)
class Column:
    """One contract column. `accepted` lists the values that a code may take."""

    name: str
    kind: Kind = "text"
    required: bool = False
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contract:
    """A feed's columns; `key` names one record (empty: events, told apart by their content); `moment` dates it."""

    feed: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    moment: str | None
    money: str | None = None
    is_optional: bool = False

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def required(self) -> list[str]:
        return [column.name for column in self.columns if column.required]


def _columns(required: str, optional: str, kinds: dict[str, Kind], accepted: dict[str, str]) -> tuple[Column, ...]:
    names = [(name, True) for name in required.split()] + [(name, False) for name in optional.split()]
    return tuple(
        Column(name, kinds.get(name, "text"), is_required, tuple(accepted.get(name, "").split()))
        for name, is_required in names
    )


ORDERS = Contract(
    "orders",
    _columns(
        "order_id customer_id ordered_at amount",
        "quantity cost channel category region status refund_of due_at paid_at promised_at delivered_at updated_at",
        {
            **dict.fromkeys(("ordered_at", "due_at", "paid_at", "promised_at", "delivered_at", "updated_at"), "moment"),
            **dict.fromkeys(("amount", "quantity", "cost"), "money"),
        },
        {"status": "completed cancelled returned"},
    ),
    key=("order_id",),
    moment="ordered_at",
    money="amount",
)

COMPLAINTS = Contract(
    "complaints",
    _columns(
        "complaint_id customer_id opened_at",
        "first_response_at escalated_at resolved_at channel category severity need_violated resolution_accepted "
        "order_id is_suggestion text updated_at",
        {
            **dict.fromkeys(("opened_at", "first_response_at", "escalated_at", "resolved_at", "updated_at"), "moment"),
            **dict.fromkeys(("resolution_accepted", "is_suggestion"), "flag"),
        },
        {"need_violated": "safety fairness esteem"},
    ),
    key=("complaint_id",),
    moment="opened_at",
)

SURVEYS = Contract(
    "surveys",
    _columns(
        "response_id customer_id answered_at question score",
        "expected_score scale_min scale_max",
        {
            "answered_at": "moment",
            **dict.fromkeys(("score", "expected_score", "scale_min", "scale_max"), "number"),
        },
        {},
    ),
    key=("response_id", "question"),
    moment="answered_at",
)

CUSTOMERS = Contract(
    "customers",
    _columns(
        "customer_id",
        "name phone email region industry registered_at referrer_customer_id credit_score prepaid_balance "
        "account_manager_id contact_allowed channels_refused",
        {
            "registered_at": "moment",
            "credit_score": "number",
            "prepaid_balance": "money",
            "contact_allowed": "flag",
        },
        {},
    ),
    key=("customer_id",),
    moment=None,
    is_optional=True,
)

ALIASES = Contract(
    "aliases",
    _columns(
        "customer_id kind value",
        "valid_from",
        {"valid_from": "moment"},
        {"kind": "phone email account old_id"},
    ),
    key=("kind", "value", "customer_id"),
    moment=None,
    is_optional=True,
)

INTERACTIONS = Contract(
    "interactions",
    _columns(
        "customer_id occurred_at kind",
        "category price",
        {"occurred_at": "moment", "price": "money"},
        {"kind": "ad_click value_added_purchase message message_click search post visit call login"},
    ),
    key=(),
    moment="occurred_at",
    is_optional=True,
)

SERVICE_COSTS = Contract(
    "service_costs",
    _columns(
        "customer_id occurred_at kind amount",
        "",
        {"occurred_at": "moment", "amount": "money"},
        {"kind": "service bad_debt litigation visit"},
    ),
    key=(),
    moment="occurred_at",
    money="amount",
    is_optional=True,
)

WALLETS = Contract(
    "wallets",
    _columns(
        "customer_id period_start period_end estimated_total_spend",
        "",
        {"period_start": "date", "period_end": "date", "estimated_total_spend": "money"},
        {},
    ),
    key=("customer_id", "period_start", "period_end"),
    moment=None,
    is_optional=True,
)

CONTRACTS = {
    contract.feed: contract
    for contract in (ORDERS, COMPLAINTS, SURVEYS, CUSTOMERS, ALIASES, INTERACTIONS, SERVICE_COSTS, WALLETS)
}
