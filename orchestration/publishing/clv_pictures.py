"""The pictures of the lifetime value model: what it expected of a hold-out, what came, and what it says of histories.

Each is a function from a small frame to SVG text; `model_pictures` makes all from what the mart `clv_model` holds.
How they look is in `drawing`.
"""

from typing import TYPE_CHECKING

from orchestration.publishing.drawing import COLOURS, Picture, picture, text_width

if TYPE_CHECKING:
    import pandas as pd

_FORECASTS = (
    ("expected", "Expected 预测", COLOURS["accent"]),
    ("actual", "Actual 实际", COLOURS["gold"]),
    ("naive", "Past rate continues 沿用过去", COLOURS["muted"]),
)
_DEEPEST = 0.6  # of the accent, so that the ink on it stays readable by day and in the dark


def model_pictures(holdout: dict | None, histories: dict | None) -> dict[str, str]:
    """All pictures of one model.

    Parameters
    ----------
    holdout, histories : dict or None
        As the columns of these names in `clv_model` hold them.

    Returns
    -------
    dict of str to str
        SVG by name; without those for which there is nothing to draw.
    """
    import pandas as pd

    found = {}
    if holdout is not None:
        until = of_kind(holdout, "orders to week")
        weeks = of_kind(holdout, "orders by week")
        bins = of_kind(holdout, "orders by frequency")
        if len(until):
            found["orders_to_week"] = orders_to_week(until, holdout["days"])
        if len(weeks):
            found["orders_by_week"] = orders_by_week(weeks, holdout["days"])
        if len(bins):
            found["orders_by_frequency"] = orders_by_frequency(bins)
        if holdout.get("transform"):
            found["transform"] = transform(holdout["transform"])
    if histories is not None and histories["rows"]:
        cells = pd.DataFrame(histories["rows"])
        found["p_alive"] = p_alive(cells, histories["age_days"])
        found["expected_orders"] = expected_orders(cells, histories["age_days"], histories["horizon_days"])
    return found


def of_kind(holdout: dict, kind: str) -> "pd.DataFrame":
    """`bin`, `expected`, `actual`, `naive` of one kind of the hold-out's rows, in their order; numbers or NaN."""
    import pandas as pd

    rows = [row for row in holdout["rows"] if row["kind"] == kind]
    frame = pd.DataFrame(rows, columns=["bin", "expected", "actual", "naive"])
    return frame.astype(dict.fromkeys(("expected", "actual", "naive"), float))


def orders_to_week(weeks: "pd.DataFrame", holdout_days: float) -> str:
    """Order days after each customer's first, running total, expected against actual.

    Parameters
    ----------
    weeks : DataFrame of `expected`, `actual`
        From week 1 to the end of the hold-out.
    holdout_days : float
        How many days of it, at the end, the model had not seen.
    """
    return _weekly("Order days after the first, running total", weeks, holdout_days)


def orders_by_week(weeks: "pd.DataFrame", holdout_days: float) -> str:
    """As `orders_to_week`, for each week alone."""
    return _weekly("Order days after the first, by week", weeks, holdout_days)


def orders_by_frequency(bins: "pd.DataFrame") -> str:
    """Order days in the hold-out of the customers who had come back so often before.

    Parameters
    ----------
    bins : DataFrame of `bin`, `expected`, `actual`, `naive`
        One row a bin of frequency; sums over its customers.
    """
    with picture("Order days in the hold-out", 250, left=46, bottom=58) as drawn:
        axes = drawn.axes
        for at, (name, _, colour) in enumerate(_FORECASTS):
            across = [place + (at - 1) * 0.27 for place in range(len(bins))]
            axes.bar(across, bins[name].fillna(0), width=0.25, color=colour)
        axes.set_xticks(range(len(bins)), bins["bin"])
        axes.set_xlabel("Repeat orders before 此前复购次数")
        _count_upward(drawn, bins[[name for name, *_ in _FORECASTS]].max().max())
        drawn.legend((words, colour) for _, words, colour in _FORECASTS)
        return drawn.svg()


def transform(shares: list[float]) -> str:
    """Where what came fell within what the model held possible: each tenth should hold a tenth of the customers.

    Parameters
    ----------
    shares : list of float
        Share of customers in each tenth of the randomised probability integral transform, lowest first.
    """
    percents, even = [share * 100 for share in shares], 100 / len(shares)
    edges = [even * at for at in range(len(shares) + 1)]
    highest = max(*percents, even)
    with picture("Actual orders within the forecast, % of customers", 230, left=32, bottom=42) as drawn:
        axes = drawn.axes
        axes.bar(edges[:-1], percents, width=even * 0.9, align="edge", color=COLOURS["soft"])
        axes.axhline(even, color=COLOURS["alert"], linewidth=1.5, dashes=(4, 3))
        words = f"– – {even:.0f}% each if the forecast is right 预测准确时各占{even:.0f}%"
        axes.text(100, highest * 1.25, words, ha="right", va="top", color=COLOURS["alert"])
        axes.set(xlim=(0, 100), ylim=(0, highest * 1.3))
        axes.set_xticks(edges)
        axes.set_xlabel("Lower to higher than forecast 低于至高于预测 (%)")
        axes.grid(axis="y")
        axes.yaxis.get_major_locator().set_params(integer=True)
        return drawn.svg()


def p_alive(histories: "pd.DataFrame", age_days: float) -> str:
    """Probability that a customer still is one, by how often and how lately it ordered.

    Parameters
    ----------
    histories : DataFrame of `frequency`, `days_since_last_order`, `p_alive`
        Customers of one age; cells that cannot be are left out.
    age_days : float
        Days since the first order of all of them.
    """
    cells = histories.assign(shade=histories["p_alive"], words=[_percent(value) for value in histories["p_alive"]])
    return _heat_map("P(alive), chance of still being a customer, %", cells, age_days)


def expected_orders(histories: "pd.DataFrame", age_days: float, horizon_days: float) -> str:
    """As `p_alive`, for the `expected_orders` of the next `horizon_days`."""
    values = histories["expected_orders"]
    highest = values.max()
    shade = values / highest if highest > 0 else values * 0
    cells = histories.assign(shade=shade, words=[_short(value) for value in values])
    return _heat_map(f"Expected orders in the next {horizon_days:,.0f} days", cells, age_days)


def _weekly(title: str, weeks: "pd.DataFrame", holdout_days: float) -> str:
    number = len(weeks)
    across = range(1, number + 1)
    known_weeks = number - holdout_days / 7
    with picture(title, 250, left=46, bottom=58) as drawn:
        axes = drawn.axes
        for name, _, colour in reversed(_FORECASTS[:2]):
            axes.plot(across, weeks[name], color=colour, linewidth=2, marker="o" if number == 1 else None)
        _count_upward(drawn, weeks[["expected", "actual"]].max().max())
        axes.set_xlim(min(1, number - 0.5), number)
        if known_weeks >= 1:
            axes.axvspan(known_weeks, number, color=COLOURS["soft"], alpha=0.35, linewidth=0)
            top = (number, axes.get_ylim()[1])
            axes.annotate("hold-out 验证期", top, (0, -4), textcoords="offset points", ha="right", va="top")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel("Week 周")
        drawn.legend((words, colour) for _, words, colour in _FORECASTS[:2])
        return drawn.svg()


def _heat_map(title: str, cells: "pd.DataFrame", age_days: float) -> str:
    """Cells by `frequency` upward and `days_since_last_order` to the right, equally wide; `shade` 0 to 1, `words`."""
    from matplotlib.patches import Rectangle

    days = sorted(cells["days_since_last_order"].unique())
    frequencies = sorted(cells["frequency"].unique())
    with picture(title, 20 * len(frequencies) + 90, left=46, right=4, bottom=56) as drawn:
        axes = drawn.axes
        for cell in cells.itertuples(index=False):
            right, up = days.index(cell.days_since_last_order), frequencies.index(cell.frequency)
            depth = _DEEPEST * cell.shade if cell.shade > 0 else 0.0
            shape = Rectangle((right, up), 0.96, 0.95, facecolor=COLOURS["accent"], alpha=depth, linewidth=0)
            axes.add_patch(shape).set_clip_on(False)
            axes.text(right + 0.48, up + 0.48, cell.words, ha="center", va="center_baseline", fontsize=9)
        axes.set(xlim=(0, len(days)), ylim=(0, len(frequencies)))
        labels = [f"{day:.0f}" for day in days]
        room = axes.bbox.width / axes.figure.dpi * 72 / len(days)
        every = 1 if text_width(max(labels, key=len)) < room else 2
        axes.set_xticks([at + 0.48 for at in range(0, len(days), every)], labels[::every])
        axes.set_yticks([at + 0.48 for at in range(len(frequencies))], [f"{times:.0f}" for times in frequencies])
        whose = f"of customers whose first was {age_days:,.0f} days ago 首单于{age_days:.0f}天前"
        axes.set_xlabel(f"Days since the last order 距上次下单天数\n{whose}")
        axes.set_ylabel("Repeat orders 复购次数")
        axes.spines["bottom"].set_visible(False)
        return drawn.svg()


def _count_upward(drawn: Picture, highest: float) -> None:
    """An axis from 0 for counts, with a grid; of some height though nothing came."""
    size, sign = (1e6, "M") if highest >= 1e7 else (1e3, "k") if highest >= 1e4 else (1, "")
    axes = drawn.axes
    axes.set_ylim(0, highest * 1.2 if highest > 0 else 1)
    axes.yaxis.set_major_formatter(lambda count, _: f"{count / size:,g}{sign if count else ''}")
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=5)
    axes.grid(axis="y")


def _percent(share: float) -> str:
    return "–" if share != share else f"{share * 100:.0f}"


def _short(number: float) -> str:
    """Three signs at most, for a small cell."""
    return "–" if number != number else f"{number:.1f}" if number < 9.95 else f"{number:.0f}"
