"""Whatever is ordered and refunded, refunds leave of each order what a plain stack leaves.

Cases worked out by hand are unit tests of dbt, in models/facts/unit_tests.yml.
"""

import datetime as dt
from decimal import Decimal

import duckdb
import pytest
from any_loads import compiled_models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from netting import Day, Order, net_amounts, order_days

MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

# Few customers, moments and amounts, so that events coincide and refunds end where an order does.
IDS = [f"o{number:02}" for number in range(24)]
MOMENTS = [dt.datetime(2026, 1, day, hour) for day in (1, 2, 3) for hour in (0, 9, 23)]
ORDERS = st.builds(
    Order,
    order_id=st.sampled_from(IDS),
    customer_id=st.sampled_from(["c1", "c1", "c2", "客户三"]),
    ordered_at=st.sampled_from(MOMENTS),
    amount=st.integers(-6, 8).map(lambda amount: Decimal(amount) / 4),
    is_completed=st.sampled_from([True, True, True, False]),
    refund_of=st.none() | st.sampled_from([*IDS, "nowhere"]),
)


class Engine:
    """The models over facts.orders as dbt compiles them, in memory."""

    def __init__(self, models: dict[str, str]):
        self.models = models
        self.connection = duckdb.connect()
        self.connection.execute("attach ':memory:' as warehouse; use warehouse; create schema facts")
        self.connection.execute(
            "create table facts.orders (order_id varchar, customer_id varchar, ordered_at timestamp,"
            " amount decimal(18, 4), is_completed boolean, refund_of varchar, ordered_date date as (ordered_at::date),"
            " is_counted boolean as (is_completed and amount >= 0), is_refund boolean as (is_completed and amount < 0))"
        )

    def build(self, orders: list[Order]) -> tuple[dict[str, Decimal], list[Day]]:
        """The net amounts of facts.netted_orders by order, and facts.order_days, of these orders."""
        self.connection.execute("truncate facts.orders")
        self.connection.executemany("insert into facts.orders values (?, ?, ?, ?, ?, ?)", orders)
        for relation, sql in self.models.items():
            self.connection.execute(f"create or replace table {relation} as {sql}")
        netted = self.connection.execute("select order_id, net_amount from facts.netted_orders").fetchall()
        days = self.connection.execute(f"select {', '.join(Day._fields)} from facts.order_days").fetchall()
        return dict(netted), sorted(Day(*day) for day in days)


@pytest.fixture(scope="module")
def engine(tmp_path_factory, dbt_target):
    engine = Engine(compiled_models(tmp_path_factory.mktemp("compiled"), dbt_target, ("netted_orders", "order_days")))
    yield engine
    engine.connection.close()


@MANY
@given(orders=st.lists(ORDERS, min_size=1, max_size=24, unique_by=lambda order: order.order_id))
def test_refunds_leave_what_a_plain_stack_leaves(engine, orders):
    """Windows take the place of a loop over each customer's history, so nothing else shows that they are right."""
    netted, days = engine.build(orders)
    expected = net_amounts(orders)
    concerned = {
        order.order_id
        for order in orders
        if order.order_id in expected and (order.amount < 0 or expected[order.order_id] != order.amount)
    }
    assert netted == {order_id: expected[order_id] for order_id in concerned}
    assert days == order_days(orders)
