"""The pictures of relationships and complaints, each a function from a small frame to SVG text.

How they look is in `drawing`, what they are drawn from in `relationship_findings`.
"""

from typing import TYPE_CHECKING

from orchestration.publishing.drawing import COLOURS, Picture, picture, text_width
from orchestration.publishing.labels import NO_LABELS, Labels
from orchestration.publishing.relationship_findings import BINS, HURTS

if TYPE_CHECKING:
    import pandas as pd

REGIONS = 12
_ROW = 50  # points that a category takes
_CENTRED = {"ha": "center", "va": "center"}


def loyalty_map(cells: "pd.DataFrame", satisfied_from: float, loyal_from: float, labels: Labels = NO_LABELS) -> str:
    """How many customers are how satisfied and how loyal, with the four types that the cuts make.

    Parameters
    ----------
    cells : DataFrame of `across`, `up`, `loyalty_type`, `customers`
        Bins of satisfaction and of loyalty, counted from 0 to BINS - 1; at least one row.
    satisfied_from, loyal_from : float
        The cuts, 0 to 1.
    """
    by_type = cells.groupby("loyalty_type")["customers"].sum()
    counts = cells.groupby(["across", "up"])["customers"].sum()
    with picture("Customers by satisfaction and loyalty 满意与忠诚", 382, left=50, right=10, bottom=78) as drawn:
        axes = drawn.axes
        axes.set(xlim=(0, 1), ylim=(0, 1.17))
        for (across, up), customers in counts.items():
            # The square root, so that a cell of a hundredth of the largest is still seen.
            depth = 0.12 + 0.88 * (customers / counts.max()) ** 0.5
            axes.bar(
                across / BINS,
                1 / BINS,
                1 / BINS,
                up / BINS,
                align="edge",
                color=COLOURS["accent"],
                alpha=round(depth, 3),
            )
        axes.plot([satisfied_from] * 2, [0, 1], color=COLOURS["ink"], linewidth=1)
        axes.plot([0, 1], [loyal_from] * 2, color=COLOURS["ink"], linewidth=1)
        axes.plot([0, 1, 1, 0, 0], [0, 0, 1, 1, 0], color=COLOURS["grid"], linewidth=1, clip_on=False)
        axes.spines["bottom"].set_visible(False)
        axes.set_xticks([0, satisfied_from, 1], ["0", f"{satisfied_from:g}", "1"])
        axes.set_yticks([0, loyal_from, 1], ["0", f"{loyal_from:g}", "1"])
        axes.set_ylabel("Loyalty 忠诚度", labelpad=2, y=0.43)
        axes.annotate(
            "Satisfaction 满意度", (0.5, 0), (0, -24), textcoords="offset points", color=COLOURS["muted"], **_CENTRED
        )
        axes.annotate(
            f"darkest 最深: {counts.max():,}",
            (0.5, 0),
            (0, -60),
            textcoords="offset points",
            color=COLOURS["muted"],
            fontsize=9,
            **_CENTRED,
        )
        corners = (("captive", 0, 0, 22), ("advocate", 1, 1, 22), ("saboteur", 0, 0, -46), ("mercenary", 1, 1, -46))
        for name, across, right, offset in corners:
            customers = int(by_type.get(name, 0))
            place = (across, 1 if offset > 0 else 0)
            beside = {"textcoords": "offset points", "ha": "right" if right else "left", "va": "center"}
            axes.annotate(labels.both("loyalty_type", name), place, (0, offset), fontweight="bold", **beside)
            share = customers / by_type.sum()
            axes.annotate(f"{customers:,} · {share:.1%}", place, (0, offset - 14), color=COLOURS["muted"], **beside)
        return drawn.svg()


def category_trends(rates: "pd.DataFrame", changes: "pd.DataFrame | None" = None, labels: Labels = NO_LABELS) -> str:
    """Complaints per 100 orders of each category over the months, each on its own scale.

    Parameters
    ----------
    rates : DataFrame of `category`, `month` (text, YYYY-MM), `per_100_orders`
        A month in which a category is missing, between the first and the last, had no complaint of it; one
        without orders has no rate.
    changes : DataFrame of `category`, `month`, `is_rise`, optional
        The months whose three months up to them differ from the twelve before by more than noise.
    """
    categories = list(dict.fromkeys(rates["category"]))
    months = _months(rates["month"])
    rises = {} if changes is None else {(row.category, row.month): row.is_rise for row in changes.itertuples()}
    height = _ROW * len(categories) + (94 if changes is not None else 74)
    bottom = 58 if changes is not None else 40
    with picture("Complaints per 100 orders 每百单投诉", height, left=0, right=38, bottom=bottom) as drawn:
        axes = drawn.axes
        axes.set(xlim=(-0.6, len(months) - 0.4), ylim=(len(categories), 0))
        axes.set_yticks([])
        for row, category in enumerate(categories):
            own = rates[rates["category"] == category].set_index("month")["per_100_orders"].astype(float)
            values = own.reindex(months, fill_value=0.0)
            bars = values.fillna(0.0)
            most = max(bars.max(), 1e-9)
            colours = [
                COLOURS["alert" if rises[category, month] else "gold"]
                if (category, month) in rises
                else COLOURS["soft"]
                for month in months
            ]
            axes.bar(range(len(months)), -0.58 * bars / most, 0.74, row + 0.98, color=colours)
            axes.axhline(row + 0.98, color=COLOURS["grid"], linewidth=0.8)
            axes.annotate(labels.both("category", category), (-0.5, row + 0.2), va="center")
            beside = {"textcoords": "offset points", "va": "center"}
            axes.annotate(f"{most:.2f}", (len(months) - 0.4, row + 0.4), (4, 0), color=COLOURS["muted"], **beside)
            axes.annotate(
                "–" if values.isna().iloc[-1] else f"{values.iloc[-1]:.2f}",
                (len(months) - 0.4, row + 0.88),
                (4, 0),
                fontweight="bold",
                **beside,
            )
        axes.spines["bottom"].set_visible(False)
        _label_months(drawn, months, every=3)
        axes.figure.text(
            1, 1 - 12 / height, "highest 最高, latest 最近", color=COLOURS["muted"], ha="right", va="center", fontsize=9
        )
        if changes is not None:
            drawn.legend([("more than by chance 显著增多", COLOURS["alert"]), ("fewer 显著减少", COLOURS["gold"])])
        return drawn.svg()


def response_band(months: "pd.DataFrame", promise_hours: float) -> str:
    """How long complaints waited for an answer, against the promise.

    Parameters
    ----------
    months : DataFrame of `month` (text, YYYY-MM), `median_time`, `p90_time`, `within_promise_share`
        Hours, and 0 to 1; at least one row. A month that is missing interrupts the band.
    promise_hours : float
    """
    names = _months(months["month"])
    own = months.set_index("month").astype(float).reindex(names)
    top = max(own["p90_time"].max(), promise_hours) * 1.3
    with picture("Hours until complaints are answered 投诉响应时长", 288, left=32, right=12, bottom=78) as drawn:
        axes = drawn.axes
        axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(0, top))
        axes.grid(axis="y")
        across = range(len(names))
        axes.fill_between(across, own["median_time"], own["p90_time"], color=COLOURS["soft"], alpha=0.5, linewidth=0)
        axes.plot(across, own["p90_time"], color=COLOURS["platinum"], linewidth=1.5, marker="o", markersize=3)
        axes.plot(across, own["median_time"], color=COLOURS["accent"], linewidth=2, marker="o", markersize=4)
        axes.axhline(promise_hours, color=COLOURS["alert"], linewidth=1.2, dashes=(4, 3))
        for at, share in enumerate(own["within_promise_share"]):
            if share == share:  # no NaN
                axes.text(at, top * 0.95, f"{100 * share:.0f}", fontsize=9.5, color=COLOURS["muted"], **_CENTRED)
        _label_months(drawn, names, every=-(-len(names) // 12))
        drawn.legend(
            [
                ("half 中位数", COLOURS["accent"]),
                ("nine in ten 九成", COLOURS["platinum"]),
                (f"promise 承诺 {promise_hours:g} h", COLOURS["alert"]),
                ("above: % within it 按时率", COLOURS["muted"]),
            ]
        )
        return drawn.svg()


def where_it_hurts(regions: "pd.DataFrame") -> str:
    """Regions against what hurts in them, the worst first; darker is worse within a column.

    Parameters
    ----------
    regions : DataFrame of `member` and the counts that HURTS names
        In the order in which they are shown, the first twelve; at least one row.
    """
    shown = regions.head(REGIONS)
    names = [_shortened(name, 76) for name in shown["member"]]
    title = "Where it hurts 痛点, by region, last 365 days"
    if len(regions) > REGIONS:
        title = f"Where it hurts 痛点, {REGIONS} of {len(regions)} regions, last 365 days"
    left = max(text_width(name) for name in names) + 14  # 90 at most, or the heads of the columns collide
    head = 98
    height = 30 * len(names) + head + 46
    with picture(title, height, left=left, right=0, bottom=10) as drawn:
        axes = drawn.axes
        axes.set(xlim=(0, len(HURTS)), ylim=(len(names), -head / 30 - 0.2))
        axes.axis("off")
        for row, name in enumerate(names):
            axes.annotate(name, (0, row + 0.5), (-8, 0), textcoords="offset points", ha="right", va="center")
        for column, hurt in enumerate(HURTS):
            first, second = hurt.words.split(" ", 1) if " " in hurt.words else (hurt.words, "")
            for line, words in enumerate(
                (hurt.of_zh, hurt.of, "per 100", hurt.zh, second or first, first if second else "")
            ):
                colour = COLOURS["muted" if line < 3 else "ink"]
                axes.annotate(
                    words,
                    (column + 0.5, 0),
                    (0, 10 + 13.5 * line),
                    textcoords="offset points",
                    fontsize=8.5 if line < 3 else 9.5,
                    color=colour,
                    **_CENTRED,
                )
            rates = 100 * shown[hurt.cases].astype(float) / shown[hurt.base].astype(float).where(lambda size: size > 0)
            most = max(rates.max(), 1e-9)
            for row, rate in enumerate(rates):
                if rate != rate:  # NaN: nobody to ask
                    axes.text(column + 0.5, row + 0.5, "–", color=COLOURS["muted"], **_CENTRED)
                    continue
                depth = round(0.65 * rate / most, 3)
                axes.bar(column + 0.5, 0.92, 0.96, row + 0.04, color=COLOURS["alert"], alpha=depth)
                axes.text(column + 0.5, row + 0.5, f"{rate:.1f}", **_CENTRED)
        return drawn.svg()


def _shortened(name: str, width: float) -> str:
    """As much of a name as fits into so many points."""
    if text_width(name) <= width:
        return name
    return next(name[:end] for end in range(len(name), 0, -1) if text_width(f"{name[:end]}…") <= width) + "…"


def _months(known: "pd.Series") -> list[str]:
    """Every month from the first to the last, YYYY-MM."""
    import pandas as pd

    return [str(month) for month in pd.period_range(known.min(), known.max(), freq="M")]


def _label_months(drawn: Picture, months: list[str], every: int) -> None:
    """The number of each so many-th month, counted back from the last, and the year where it is new."""
    shown = list(range((len(months) - 1) % every, len(months), every))
    years = {months[at][:4]: at for at in reversed(shown)}
    words = [f"{months[at][5:]}\n{months[at][:4]}" if years[months[at][:4]] == at else months[at][5:] for at in shown]
    drawn.axes.set_xticks(shown, words)
