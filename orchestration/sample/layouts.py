"""How the drawn frames become records: each file's columns, in the order of the contract, as SQL.

Frames hold numbers for ids, whole cents for money and -1/0/1 for flags; what a reader sees is decided here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """One file.

    Parameters
    ----------
    columns : dict of str to str
        Column name to the SQL that makes it from the frame, in the order of the file.
    key : str
        SQL over the columns that names a record.
    """

    columns: dict[str, str]
    key: str = "''"


# Ways to write the phone {0}, which is eleven digits or more.
PHONE_SPELLINGS = (
    "{0}",
    "'+86 ' || {0}",
    "substr({0}, 1, 3) || '-' || substr({0}, 4, 4) || '-' || substr({0}, 8)",
    "translate('+86' || {0}, '+0123456789', '＋０１２３４５６７８９')",
    "'0086' || {0}",
)


@dataclass(frozen=True)
class Ids:
    """How ids are written: a letter and as many digits as the largest needs, at least 6 or 8."""

    customers: int
    orders: int

    def customer(self, column: str = "customer_id") -> str:
        return _numbered("C", column, max(6, len(str(self.customers))))

    def order(self) -> str:
        return _numbered("O", "order_id", max(8, len(str(self.orders))))


def layouts(ids: Ids) -> dict[str, Layout]:
    """The layout of each file, by its path under the output folder without the ending."""
    return {
        "orders": Layout(_orders(ids), key="order_id"),
        "complaints": Layout(_complaints(ids), key="complaint_id"),
        "surveys": Layout(_surveys(ids), key="response_id || '|' || question"),
        "customers": Layout(_customers(ids), key="customer_id"),
        "aliases": Layout(_aliases(ids)),
        "interactions": Layout(
            {"customer_id": f"case when names_old_id then {_old_id()} else {ids.customer()} end"}
            | {"occurred_at": _moment("occurred_at"), "kind": _text("kind")}
            | {"category": _text("category"), "price": _money("price")}
        ),
        "service_costs": Layout(
            {"customer_id": ids.customer(), "occurred_at": _moment("occurred_at")}
            | {"kind": _text("kind"), "amount": _money("amount")}
        ),
        "wallets": Layout(
            {
                "customer_id": ids.customer(),
                "period_start": "period_start::date",
                "period_end": "period_end::date",
            }
            | {"estimated_total_spend": _money("estimated_total_spend")}
        ),
        "truth/customers": Layout(_truth(ids)),
        "truth/stories": Layout(
            {"customer_id": ids.customer(), "story": _text("story")}
            | {"referred_customer_id": ids.customer("referred_customer_id"), "category": _text("category")}
        ),
        "truth/complaints": Layout({"complaint_id": _complaint(), "customer_id": ids.customer()}),
    }


def _orders(ids):
    return (
        {"order_id": ids.order(), "customer_id": ids.customer(), "ordered_at": _moment("ordered_at")}
        | {"amount": _money("amount"), "quantity": "quantity", "cost": _money("cost")}
        | {name: _text(name) for name in ("channel", "category", "region", "status")}
        | {name: _moment(name) for name in ("due_at", "paid_at", "promised_at", "delivered_at", "updated_at")}
    )


def _complaints(ids):
    return (
        {"complaint_id": _complaint(), "customer_id": _spelled_phone()}
        | {name: _moment(name) for name in ("opened_at", "first_response_at", "escalated_at", "resolved_at")}
        | {name: _text(name) for name in ("channel", "category", "severity", "need_violated")}
        | {"resolution_accepted": _flag("resolution_accepted"), "order_id": ids.order()}
        | {
            "is_suggestion": _flag("is_suggestion"),
            "text": _text("text"),
            "updated_at": _moment("updated_at"),
        }
    )


def _surveys(ids):
    return {
        "response_id": _numbered("R", "response_id", 8),
        "customer_id": ids.customer(),
        "answered_at": _moment("answered_at"),
        "question": _text("question"),
    } | {name: name for name in ("score", "expected_score", "scale_min", "scale_max")}


def _customers(ids):
    return {
        "customer_id": ids.customer(),
        "name": _text("name"),
        "phone": _phone(),
        "email": f"lower({ids.customer()}) || '@example.com'",
        "region": _text("region"),
        "industry": _text("industry"),
        "registered_at": _moment("registered_at"),
        "referrer_customer_id": ids.customer("referrer_customer_id"),
        "credit_score": "credit_score",
        "prepaid_balance": _money("prepaid_balance"),
        "account_manager_id": _text("account_manager_id"),
        "contact_allowed": _flag("contact_allowed"),
        "channels_refused": _text("channels_refused"),
    }


def _aliases(ids):
    return {
        "customer_id": ids.customer(),
        "kind": _text("kind"),
        "value": f"case kind when 'phone' then {_phone()} else {_old_id()} end",
        "valid_from": _moment("valid_from"),
    }


def _truth(ids):
    return {
        "customer_id": ids.customer(),
        "active_from": "active_from::date",
        "purchase_rate_per_year": "round(purchase_rate_per_year, 6)",
        "drop_out_date": "drop_out_date::date",
        "mean_spend": _money("mean_spend"),
        "dissatisfaction": "round(dissatisfaction, 4)",
        "tier_drift": _text("tier_drift"),
        "region": _text("region"),
        "late_delivery_exposure": "round(late_delivery_exposure, 4)",
    }


def _numbered(letter, column, width):
    """An id; null where the number is 0."""
    return f"case when {column} > 0 then '{letter}' || lpad({column}::varchar, {width}, '0') end"


def _phone():
    # Past customer 9,999 there are more digits than any telephone number of that prefix has.
    return "'1990000' || lpad(customer_id::varchar, greatest(4, length(customer_id::varchar))::integer, '0')"


def _spelled_phone():
    cases = [f"when {code} then {spelling.format(_phone())}" for code, spelling in enumerate(PHONE_SPELLINGS)]
    return f"case phone_spelling {' '.join(cases)} end"


def _old_id():
    return "'K-' || customer_id::varchar"


def _complaint():
    return _numbered("P", "complaint_id", 8)


def _money(column):
    return f"({column}::decimal(18, 0) * 0.01)::decimal(18, 2)"


def _moment(column):
    return f"{column}::timestamp"


def _text(column):
    return f"{column}::varchar"


def _flag(column):
    return f"case {column} when 1 then true when 0 then false end"
