"""The example company with movers planted in it, and a plain account of who was in which tier, from its files alone.

The value here is simple LTV, because that can be worked out from the orders in a few lines: three years of the yearly
profit, where each customer's own history is weighed with one year of everybody's. Nothing of the program is used.
"""

import csv
import datetime as dt
import math
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

from a_company import Company

TIERS = ("platinum", "gold", "iron", "lead")
SHIPPED = Path(__file__).parents[2] / "orchestration" / "config"

# Nobody else has ids like these. Date, amount: what each of them buys, or gives back.
PLANTED = {
    "X_rises": [("2025-01-15", 100), *((f"2026-{month:02}-10", 90_000) for month in range(1, 7))],
    "X_lapses": [("2025-05-05", 30_000), ("2025-05-25", 30_000)],
    "X_gives_back": [("2025-01-15", 100), ("2025-06-10", 250_000), ("2026-02-15", -250_000)],
    "X_is_new": [("2026-01-20", 150)],
}


def configure(folder: Path, iron: str = "0.15") -> Path:
    """A configuration with simple LTV, and with so large a share of iron."""
    folder.mkdir(exist_ok=True)
    for name, old, new in (("clv", "method: auto", "method: simple_ltv"), ("tiers", "iron: 0.15", f"iron: {iron}")):
        text = (SHIPPED / f"{name}.yml").read_text("utf-8")
        assert old in text
        (folder / f"{name}.yml").write_text(text.replace(old, new), "utf-8")
    return folder


def plant(company: Company) -> None:
    """Add the orders of the planted movers to the company's file."""
    with company.feed("orders").open("a", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        for customer, orders in PLANTED.items():
            for number, (day, amount) in enumerate(orders):
                status = "returned" if amount < 0 else "completed"
                row = {"order_id": f"{customer}{number}", "customer_id": customer, "ordered_at": f"{day} 10:00:00"}
                row |= {"amount": amount, "quantity": 1, "cost": 0, "status": status}
                writer.writerow(row.get(name, "") for name in header(company))


def header(company: Company) -> list[str]:
    with company.feed("orders").open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream))


class Truth:
    """The files of a company, read once."""

    def __init__(self, company: Company):
        self.orders, self.costs, self.customers = (
            list(csv.DictReader(company.feed(name).open(encoding="utf-8-sig", newline="")))
            for name in ("orders", "service_costs", "customers")
        )

    def values(self, as_of: dt.date) -> dict[str, tuple[Decimal, Decimal]]:
        """Value and revenue of everybody who is known on a day.

        The first order of nobody is given back, so that an age begins with the first completed order.
        """
        known = {row["customer_id"] for row in self.customers if row["registered_at"][:10] <= as_of.isoformat()}
        revenue, profit, first = defaultdict(Decimal), defaultdict(Decimal), {}
        for order in self.orders:
            day, customer, amount = order["ordered_at"][:10], order["customer_id"], Decimal(order["amount"])
            if day > as_of.isoformat():
                continue
            known.add(customer)
            if order["status"] == "completed" or (order["status"] == "returned" and amount < 0):
                revenue[customer] += amount
                profit[customer] += amount - Decimal(order["cost"])
            if order["status"] == "completed":
                first[customer] = min(day, first.get(customer, day))
        for cost in self.costs:
            if cost["occurred_at"][:10] <= as_of.isoformat():
                profit[cost["customer_id"]] -= Decimal(cost["amount"])
        ages = {customer: (as_of - dt.date.fromisoformat(day)).days / 365 for customer, day in first.items()}
        everybody = float(sum(profit[customer] for customer in first)) / sum(ages.values())
        values = {}
        for customer in known:
            value = 0.0
            if customer in first:
                value = 3 * (float(profit[customer]) + everybody) / (ages[customer] + 1)
            values[customer] = (Decimal(value).quantize(Decimal("0.01")), revenue[customer])
        return values

    def tiers(self, as_of: dt.date, iron: str = "0.15") -> dict[str, str]:
        """The tier of everybody who is known on a day: 1 %, 4 % and so much of iron, rounded up."""
        values = self.values(as_of)
        ranked = sorted(values, key=lambda customer: (-values[customer][0], -values[customer][1], customer))
        shares = (Decimal("0.01"), Decimal("0.05"), Decimal("0.05") + Decimal(iron))
        cuts = [math.ceil(share * len(ranked)) for share in shares]
        return {customer: TIERS[sum(rank > cut for cut in cuts)] for rank, customer in enumerate(ranked, start=1)}


def matrix(then: dict[str, str], now: dict[str, str]) -> Counter:
    """How many went from which tier to which."""
    return Counter((then.get(customer, "new"), now.get(customer, "gone")) for customer in then.keys() | now.keys())


def since(line: list[tuple[dt.date, dict[str, str]]], customer: str) -> tuple[dt.date, str | None]:
    """Since when a customer has its tier without a break, and the one before, from the tiers of each release."""
    runs: list[tuple[str | None, dt.date]] = []
    for as_of, tiers in line:
        if not runs or runs[-1][0] != tiers.get(customer):
            runs.append((tiers.get(customer), as_of))
    before = [tier for tier, _ in runs[:-1] if tier]
    return runs[-1][1], before[-1] if before else None
