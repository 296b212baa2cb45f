"""Any exports of orders: their lines as written, what each says, and the facts that follow from them, in plain Python.

A line is good, a copy, a correction (with or without a newer `updated_at`), late, left out on purpose, or broken.
Lines come in files of several encodings; how the files arrive is in any_loads.py.
"""

import csv
import datetime as dt
import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from hypothesis import strategies as st

OWN_USE = "own use"
EXCLUDE = [{"when": f"source.customer_id = '{OWN_USE}'", "reason": "not sold"}]
END = dt.datetime(2026, 7, 1)  # the first moment after the as_of of the tests, 2026-06-30

Outcome = Literal["accepted", "excluded", "quarantined"]


class Order(NamedTuple):
    """What a good line says; None where the cell is empty."""

    order_id: str
    customer_id: str
    ordered_at: dt.datetime
    amount: Decimal
    cost: Decimal | None
    status: str | None
    refund_of: str | None
    paid_at: dt.datetime | None
    promised_at: dt.datetime | None
    delivered_at: dt.datetime | None
    updated_at: dt.datetime | None


HEADER = Order._fields


@dataclass(frozen=True)
class Line:
    """One line of an export: its cells as written, what must become of it, its money where that can be read."""

    cells: tuple[str, ...]
    outcome: Outcome
    money: Decimal | None
    order: Order | None = None


@dataclass(frozen=True)
class Export:
    """One file; `written` says how."""

    lines: tuple[Line, ...]
    written: Literal["utf-8", "crlf", "gb18030", "gzip"]

    @property
    def suffix(self) -> str:
        return ".csv.gz" if self.written == "gzip" else ".csv"

    def content(self) -> bytes:
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\r\n" if self.written == "crlf" else "\n")
        writer.writerows([HEADER, *(line.cells for line in self.lines)])
        text = stream.getvalue().encode("gb18030" if self.written == "gb18030" else "utf-8")
        return gzip.compress(text, mtime=0) if self.written == "gzip" else text


def rows_in(content: bytes) -> int:
    """How many rows a file has, its header not counted."""
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    return sum(1 for _ in csv.reader(io.StringIO(text))) - 1


# --- lines --------------------------------------------------------------------------------------------------------

DAYS = st.sampled_from([dt.datetime(2024, 2, 29), dt.datetime(2026, 6, 29), dt.datetime(2026, 6, 30), END])
MOMENTS = st.builds(
    lambda day, seconds: day + dt.timedelta(seconds=seconds), DAYS, st.sampled_from([0, 37_000, 86_399])
)
CENTS = st.integers(-200_000, 2_000_000).map(lambda cents: Decimal(cents) / 100)
IDS = st.sampled_from(["1", "2", "3", "a-4", "单5"])
ORDERS = st.builds(
    Order,
    order_id=IDS,
    customer_id=st.sampled_from(["c1", "c2", "客户三"]),
    ordered_at=MOMENTS,
    amount=CENTS,
    cost=st.none() | CENTS,
    status=st.sampled_from([None, "completed", "completed", "cancelled", "returned"]),
    refund_of=st.none() | IDS,
    paid_at=st.none() | MOMENTS,
    promised_at=st.none() | MOMENTS,
    delivered_at=st.none() | MOMENTS,
    updated_at=st.none() | MOMENTS,
)
FULL_WIDTH = str.maketrans("0123456789.-", "０１２３４５６７８９．－")
SPELLINGS_OF_MONEY = (str, "{:,}".format, "￥{}".format, lambda amount: str(amount).translate(FULL_WIDTH))
SPELLINGS_OF_MOMENTS = (
    "{:%Y-%m-%d %H:%M:%S}".format,
    "{:%Y/%m/%dT%H:%M:%S}".format,
    "{:%Y年%m月%d日 %H:%M:%S}".format,
)


def spelt(order: Order, money: int, moments: int) -> tuple[str, ...]:
    """The cells of an order in one of the spellings of each kind."""
    cells = []
    for value in order:
        if isinstance(value, Decimal):
            cells.append(SPELLINGS_OF_MONEY[money](value))
        elif isinstance(value, dt.datetime):
            cells.append(SPELLINGS_OF_MOMENTS[moments](value))
        else:
            cells.append(value or "")
    return tuple(cells)


GOOD = st.builds(
    lambda order, money, moments: Line(spelt(order, money, moments), "accepted", order.amount, order),
    ORDERS,
    st.sampled_from(range(len(SPELLINGS_OF_MONEY))),
    st.sampled_from(range(len(SPELLINGS_OF_MOMENTS))),
)
FAULTS = {
    "customer_id": ["", "　"],
    "ordered_at": ["", "never", "2026-02-30", "infinity"],
    "amount": ["", "x", "1.23456", "1,00"],
    "status": ["lost"],
    "updated_at": ["yesterday"],
}


def with_a_fault(good: Line, fault: tuple[str, str]) -> Line:
    column, text = fault
    cells = tuple(text if name == column else cell for name, cell in zip(HEADER, good.cells, strict=True))
    return Line(cells, "quarantined", None if column == "amount" else good.money)


def cut_or_longer(good: Line, more: int) -> Line:
    """A line of too few or too many fields: nothing in it can be relied on, its money neither."""
    cells = good.cells[:more] if more < 0 else good.cells + ("x",) * more
    return Line(cells, "quarantined", None)


def own_use(good: Line) -> Line:
    return Line((good.cells[0], OWN_USE, *good.cells[2:]), "excluded", good.money)


BROKEN = st.builds(
    with_a_fault, GOOD, st.sampled_from([(column, text) for column, texts in FAULTS.items() for text in texts])
) | st.builds(cut_or_longer, GOOD, st.sampled_from([-9, -1, 1, 2]))


@st.composite
def lines(draw, most: int = 24, has_distinct_updates: bool = False) -> list[Line]:
    """Any mixture, in any order; with `has_distinct_updates` each version of an order has a moment of its own."""
    good = draw(st.lists(GOOD, min_size=4, max_size=most // 2))
    if has_distinct_updates:
        hours = draw(st.permutations(range(len(good))))
        good = [updated(line, END - dt.timedelta(hours=hour)) for line, hour in zip(good, hours, strict=True)]
    copies = draw(st.lists(st.sampled_from(good), max_size=most // 4))
    others = draw(st.lists(BROKEN | GOOD.map(own_use), min_size=1, max_size=most // 4))
    return draw(st.permutations([*good, *copies, *others]))


def updated(line: Line, moment: dt.datetime) -> Line:
    order = line.order._replace(updated_at=moment)
    return Line((*line.cells[:-1], SPELLINGS_OF_MOMENTS[0](moment)), "accepted", line.money, order)


@st.composite
def exports(draw, has_distinct_updates: bool = False) -> list[Export]:
    """Any lines, split into up to five files."""
    every = draw(lines(has_distinct_updates=has_distinct_updates))
    cuts = sorted(draw(st.lists(st.integers(0, len(every)), min_size=1, max_size=4)))
    written = st.sampled_from(["utf-8", "crlf", "gb18030", "gzip"])
    return [
        Export(tuple(every[begin:end]), draw(written))
        for begin, end in zip([0, *cuts], [*cuts, len(every)], strict=True)
    ]


# --- what follows from them ---------------------------------------------------------------------------------------


def newest_versions(loads: Iterable[Export]) -> list[Order]:
    """Of each order the greatest `updated_at`; of equal ones, and where there is none, the last to come."""
    newest: dict[str, Order] = {}
    for load in loads:
        for order in (line.order for line in load.lines if line.order):
            before = newest.get(order.order_id)
            if before is None or (order.updated_at or dt.datetime.min) >= (before.updated_at or dt.datetime.min):
                newest[order.order_id] = order
    return list(newest.values())


def facts_of(orders: Iterable[Order]) -> dict[str, dict[str, Any]]:
    """What facts.orders must hold of them, by order."""
    return {order.order_id: fact_of(order) for order in orders if order.ordered_at < END}


def fact_of(order: Order) -> dict[str, Any]:
    status = order.status or "completed"
    moves_money = status == "completed" or (status == "returned" and order.amount < 0)
    paid_at, delivered_at = (at if at and at < END else None for at in (order.paid_at, order.delivered_at))
    is_late = delay = None
    if order.promised_at and delivered_at:
        delay = (delivered_at - order.promised_at).total_seconds() / 3600 / 24
    if moves_money and order.promised_at:
        if delivered_at:
            is_late = delivered_at > order.promised_at
        elif order.promised_at < END:
            is_late = True
    profit = order.amount - (order.cost or 0) if moves_money else Decimal(0)
    return {
        "customer_id": order.customer_id,
        "ordered_at": order.ordered_at,
        "ordered_date": order.ordered_at.date(),
        "amount": order.amount,
        "cost": order.cost,
        "status": status,
        "refund_of": order.refund_of,
        "paid_at": paid_at,
        "promised_at": order.promised_at,
        "delivered_at": delivered_at,
        "is_counted": moves_money and order.amount >= 0,
        "is_refund": moves_money and order.amount < 0,
        "is_delivered_late": is_late,
        "delivery_delay_days": delay,
        "profit": profit,
    }
