"""The pictures of the report, each a function from a small frame to SVG text.

They stand alone too, so that the page of a run can show them. How they look is in `drawing`.
"""

from typing import TYPE_CHECKING

from orchestration.publishing.drawing import COLOURS, WIDTH, Picture, picture, text_width
from orchestration.publishing.labels import NO_LABELS, Labels

if TYPE_CHECKING:
    import pandas as pd


def pyramid(tiers: "pd.DataFrame", labels: Labels = NO_LABELS) -> str:
    """How few customers hold how much value.

    Parameters
    ----------
    tiers : DataFrame of `value_tier`, `customers`, `clv`
        From the top tier down.
    """
    shares = tiers[["value_tier"]].reset_index(drop=True)
    for name in ("customers", "clv"):
        total = float(tiers[name].sum())
        shares[f"{name}_share"] = tiers[name].to_numpy(float) / total if total > 0 else 0.0
    longest = max(shares["customers_share"].max(), shares["clv_share"].max(), 1e-9)
    with picture("Customers and lifetime value by tier, % of total", 46 * len(tiers) + 54, bottom=6) as drawn:
        axes = drawn.axes
        axes.set(xlim=(-1.6, 1.6), ylim=(len(tiers) - 0.4, -0.95))
        axes.axis("off")
        sides = ((-1, "right", "customers", "Customers 客户"), (1, "left", "clv", "CLV 终身价值"))
        centre = {"ha": "center", "va": "center"}
        for side, towards, _, words in sides:
            axes.text(side * 0.27, -0.72, words, ha=towards, color=COLOURS["muted"])
        for row, tier in shares.iterrows():
            name = tier["value_tier"]
            axes.text(0, row - 0.13, labels.english("value_tier", name), **centre)
            axes.text(0, row + 0.2, labels.chinese("value_tier", name), color=COLOURS["muted"], **centre)
            for side, towards, measure, _ in sides:
                share = tier[f"{measure}_share"]
                length = max(share, 0.0) / longest
                colour = COLOURS.get(name, COLOURS["accent"])
                axes.barh(row, side * length, left=side * 0.27, height=0.62, color=colour)
                axes.text(side * (0.31 + length), row, f"{share:.1%}", ha=towards, va="center")
        return drawn.svg()


def whale_curve(curve: "pd.DataFrame") -> str:
    """Cumulative profit over customers, most profitable first; above 100 % where the last ones lose money.

    Parameters
    ----------
    curve : DataFrame of `customers_share`, `profit_share`
        Cumulative shares (1 is all), by ascending customers.
    """
    across = [0.0, *(curve["customers_share"].astype(float) * 100)]
    up = [0.0, *(curve["profit_share"].astype(float) * 100)]
    with picture("Cumulative profit, % of total", 250, left=40, bottom=42) as drawn:
        axes = drawn.axes
        axes.plot(across, up, color=COLOURS["accent"], linewidth=2)
        axes.fill_between(across, up, color=COLOURS["soft"], alpha=0.35, linewidth=0)
        axes.axhline(100, color=COLOURS["muted"], linewidth=1, dashes=(4, 3))
        axes.set(xlim=(0, 100), xlabel="Customers, most profitable first 客户累计 (%)")
        axes.set_ylim(min(0.0, min(up) * 1.1), max(*up, 100.0) * 1.18)
        axes.grid(axis="y")
        peak = up.index(max(up))
        if max(up) > 100:
            axes.plot([across[peak]], [up[peak]], "o", color=COLOURS["alert"], markersize=6)
            words = f"{across[peak]:.0f}% of customers give {up[peak]:.0f}%"
            place = "left" if across[peak] < 50 else "right"
            axes.annotate(words, (across[peak], up[peak]), (0, 9), textcoords="offset points", ha=place)
        return drawn.svg()


def index_by_member(members: "pd.DataFrame", title: str) -> str:
    """The quality index of each member of a dimension, with its rank and its smallest sample.

    Parameters
    ----------
    members : DataFrame of `member`, `quality_index` (0 to 100), `rank`, `sample_size`, `is_small`
        From the top down.
    """
    names = [f"{rank}  {member}" for rank, member in zip(members["rank"], members["member"], strict=True)]
    left = min(max((text_width(name) for name in names), default=0) + 12, WIDTH * 0.5)
    has_small = bool(members["is_small"].any())
    bottom = 44 if has_small else 26
    with picture(f"{title}, 0–100", 26 * len(names) + 36 + bottom, left=left, right=84, bottom=bottom) as drawn:
        axes = drawn.axes
        axes.set(xlim=(0, 100), ylim=(len(names) - 0.4, -0.6))
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines["bottom"].set_visible(False)
        beside = {"textcoords": "offset points", "va": "center"}
        for row, (name, member) in enumerate(zip(names, members.itertuples(index=False), strict=True)):
            value = float(member.quality_index)
            axes.barh(row, value, height=18 / 26, color=COLOURS["soft" if member.is_small else "accent"])
            axes.annotate(name, (0, row), (-8, 0), ha="right", **beside)
            axes.annotate(f"{value:.1f}", (value, row), (5, 0), **beside)
            axes.annotate(f"n {member.sample_size:,}", (value, row), (36, 0), color=COLOURS["muted"], **beside)
        if has_small:
            drawn.legend([("pale: small sample 浅色样本较少", COLOURS["muted"])])
        return drawn.svg()


def index_by_month(months: "pd.DataFrame", last_365_days: float | None = None) -> str:
    """The quality index over the months, beside that of the last 365 days.

    Parameters
    ----------
    months : DataFrame of `month` (text, YYYY-MM), `quality_index`, `is_thin`
        0 to 100; null where too little is known. A thin month's point is hollow.
    last_365_days : float, optional
        A line across, and the number that the eye is led to.
    """
    values = months["quality_index"].astype(float).reset_index(drop=True)
    is_thin = months["is_thin"].reset_index(drop=True).astype(bool)
    known = [*values.dropna(), *([] if last_365_days is None else [last_365_days])]
    low, high = max(0.0, min(known) - 8), min(100.0, max(known) + 8)
    with picture("Quality index by month, 0–100", 236, left=32, right=40, bottom=64) as drawn:
        axes = drawn.axes
        axes.plot(values.index, values, color=COLOURS["soft"], linewidth=1.5, zorder=2)
        dots = {"linestyle": "none", "marker": "o", "markersize": 5, "color": COLOURS["accent"], "zorder": 3}
        axes.plot(values.index, values.where(~is_thin), **dots)
        axes.plot(values.index, values.where(is_thin), markerfacecolor="none", **dots)
        axes.set_ylim(low, max(high, low + 10))
        axes.grid(axis="y")
        _label_months(drawn, months["month"])
        entries = [("month 单月", COLOURS["accent"])]
        if last_365_days is not None:
            axes.axhline(last_365_days, color=COLOURS["ink"], linewidth=1.5, dashes=(4, 3))
            axes.annotate(
                f"{last_365_days:.1f}",
                (1, last_365_days),
                (4, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                va="center",
                fontweight="bold",
            )
            entries.append(("last 365 days 近365天", COLOURS["ink"]))
        drawn.legend(entries)
        return drawn.svg()


def complaint_trend(months: "pd.DataFrame") -> str:
    """Complaints as a rate over the months.

    Parameters
    ----------
    months : DataFrame of `month` (text, YYYY-MM), `per_100_orders`
    """
    values = months["per_100_orders"].astype(float)
    with picture("Complaints per 100 orders by month", 210, left=32) as drawn:
        axes = drawn.axes
        colours = [COLOURS["soft"]] * (len(values) - 1) + [COLOURS["accent"]]
        axes.bar(range(len(values)), values.fillna(0), width=0.66, color=colours)
        axes.set_ylim(0, max(values.max() * 1.15, 1e-9))
        axes.grid(axis="y")
        _label_months(drawn, months["month"])
        _label_last(drawn, values, "{:.2f}", (0, 9))
        return drawn.svg()


def _label_months(drawn: Picture, months: "pd.Series") -> None:
    """The number of each month, and the year below the first and each January."""
    labels = [
        f"{month[5:7]}\n{month[:4]}" if at == 0 or month.endswith("-01") else month[5:7]
        for at, month in enumerate(months)
    ]
    drawn.axes.set_xticks(range(len(labels)), labels)


def _label_last(drawn: Picture, values: "pd.Series", form: str, offset: tuple[int, int]) -> None:
    known = values.reset_index(drop=True).dropna()
    if len(known):
        words, place = form.format(known.iloc[-1]), (known.index[-1], known.iloc[-1])
        drawn.axes.annotate(
            words, place, offset, textcoords="offset points", ha="center", va="center", fontweight="bold"
        )
