"""The segments of a data set worked out plainly with pandas, and the summary that the page of its example shows."""

import re
from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from pathlib import Path

import duckdb
import pandas as pd
import yaml

from orchestration.settings import PROJECT, SHIPPED_CONFIG

Summary = dict[tuple[str, str], tuple[str, str, str]]


def segments(customers: pd.DataFrame) -> pd.DataFrame:
    """The pyramid, ABC and RFM by the rules as methods.md words them, with profit being revenue.

    Parameters
    ----------
    customers : DataFrame of `revenue`, `clv` (Decimal), `days` (order days), `last_day`; by customer id
        `last_day` is empty without order days.

    Returns
    -------
    DataFrame of `value_tier`, `abc`, `rfm`; by customer id
    """
    found = pd.DataFrame(index=customers.index)
    by_id = customers.sort_index()
    count = len(by_id)

    by_value = by_id.sort_values(["clv", "revenue"], ascending=False, kind="stable").index
    ends = [ceil(Decimal(share) * count) for share in ("0.01", "0.05", "0.20", "1")]
    for tier, start, end in zip(("platinum", "gold", "iron", "lead"), [0, *ends], ends, strict=False):
        found.loc[by_value[start:end], "value_tier"] = tier

    by_profit = by_id.sort_values(["revenue", "clv"], ascending=False, kind="stable")["revenue"]
    total, before = by_profit.sum(), Decimal(0)
    for customer, profit in by_profit.items():
        found.loc[customer, "abc"] = (
            "A" if before < Decimal("0.8") * total else "B" if before < Decimal("0.95") * total else "C"
        )
        before += profit

    buyers = by_id[by_id["days"] > 0]
    scores = pd.DataFrame(
        {
            name: 1 + (5 * (values.rank(method="min") - 1) // (len(buyers) - 1)).clip(upper=4)
            for name, values in (
                ("recency", buyers["last_day"].map(pd.Timestamp.toordinal)),
                ("frequency", buyers["days"]),
                ("monetary", buyers["revenue"].astype(float)),
            )
        }
    )
    found["rfm"] = "no_orders"
    left = scores
    for rule in yaml.safe_load((SHIPPED_CONFIG / "segments.yml").read_text("utf-8"))["rfm"]:
        fits = pd.Series(True, index=left.index)
        for name in left.columns:
            low, high = rule.get(name, [1, 5])
            fits &= left[name].between(low, high)
        found.loc[left.index[fits], "rfm"] = rule["name"]
        left = left[~fits]
    return found


def summary(customers: pd.DataFrame, found: pd.DataFrame) -> Summary:
    """Customers, and shares of revenue and lifetime value, as the page writes them."""
    cents = customers["revenue"].map(lambda money: money.quantize(Decimal("0.01"), ROUND_HALF_UP))
    told = {}
    for scheme in found.columns:
        for segment, members in found.groupby(scheme).groups.items():
            shares = [float(of[members].sum() / of.sum()) for of in (cents, customers["clv"])]
            told[scheme, segment] = (f"{len(members):,}", *(f"{100 * share:.1f} %" for share in shares))
    return told


def published(home: Path) -> Summary:
    """The same of the mart, every scheme."""
    with duckdb.connect(str(home / "published" / "current" / "marts.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select scheme, segment, customers, revenue_share, clv_share from marts.segment_summary"
        ).fetchall()
    return {
        (scheme, segment): (f"{count:,}", f"{100 * revenue:.1f} %", f"{100 * clv:.1f} %")
        for scheme, segment, count, revenue, clv in rows
    }


def lifetime_values(home: Path) -> pd.Series:
    """The published lifetime value of each customer."""
    with duckdb.connect(str(home / "published" / "current" / "marts.duckdb"), read_only=True) as connection:
        rows = connection.execute("select customer_id, clv from marts.customer_value").fetchall()
    return pd.Series(dict(rows), dtype=object)


def written(example: str) -> Summary:
    """The table on the page of the example."""
    page = (PROJECT / "examples" / example / "README.md").read_text("utf-8")
    row = re.compile(r"^\| `(\w+)` \| `(\w+)` \| ([\d,]+) \| ([\d.-]+ %) \| ([\d.-]+ %) \|$", re.MULTILINE)
    return {(scheme, segment): tuple(told) for scheme, segment, *told in row.findall(page)}
