"""What refunds leave of the orders, worked out with a plain stack: the model that the SQL is compared with."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple


class Order(NamedTuple):
    """A row of facts.orders, as far as netting reads it; `refund_of` may name anything."""

    order_id: str
    customer_id: str
    ordered_at: dt.datetime
    amount: Decimal
    is_completed: bool
    refund_of: str | None


class Day(NamedTuple):
    """A row of facts.order_days."""

    customer_id: str
    ordered_date: dt.date
    first_ordered_at: dt.datetime
    last_ordered_at: dt.datetime
    orders: int
    amount: Decimal


def net_amounts(orders: Iterable[Order]) -> dict[str, Decimal]:
    """Of each completed order what refunds leave; of each refund what finds no order, 0 or below."""
    of_customers: dict[str, list[Order]] = defaultdict(list)
    for order in sorted(orders, key=lambda order: (order.ordered_at, order.amount < 0, order.order_id)):
        if order.is_completed:
            of_customers[order.customer_id].append(order)
    net = {}
    for of_customer in of_customers.values():
        net |= net_amounts_of_a_customer(of_customer)
    return net


def net_amounts_of_a_customer(orders: list[Order]) -> dict[str, Decimal]:
    net = {order.order_id: order.amount for order in orders}
    sales = {order.order_id for order in orders if order.amount >= 0}

    def take(refund: Order, sale_id: str) -> None:
        taken = min(net[sale_id], -net[refund.order_id])
        net[sale_id] -= taken
        net[refund.order_id] += taken

    for order in orders:
        if order.order_id not in sales and order.refund_of in sales:
            take(order, order.refund_of)
    stack = []
    for order in orders:
        if order.order_id in sales:
            stack.append(order.order_id)
        while net[order.order_id] < 0 and stack:
            take(order, stack[-1])
            if net[stack[-1]] == 0:
                stack.pop()
    return net


def order_days(orders: list[Order]) -> list[Day]:
    """The days with an order that counts, sorted."""
    net = net_amounts(orders)
    days: dict[tuple[str, dt.date], list[Order]] = defaultdict(list)
    for order in orders:
        if order.is_completed and (order.amount == 0 or net[order.order_id] > 0):
            days[order.customer_id, order.ordered_at.date()].append(order)
    return sorted(
        Day(
            *day,
            min(order.ordered_at for order in of_day),
            max(order.ordered_at for order in of_day),
            len(of_day),
            sum((net[order.order_id] for order in of_day), Decimal(0)),
        )
        for day, of_day in days.items()
    )
