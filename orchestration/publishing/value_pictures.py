"""The pictures of the value schemes: the matrix of current and potential value, and the map of recency and frequency.

Each is a function from a small frame to SVG text; what is drawn is asked for in `value_findings`.
"""

from typing import TYPE_CHECKING

from orchestration.publishing.drawing import COLOURS, picture
from orchestration.publishing.labels import NO_LABELS, Labels

if TYPE_CHECKING:
    import pandas as pd

_HEIGHT = 386  # points
# In points, as wide as a bin. Areas follow customers; widths are whole points, because dots of one width share a shape,
# which makes the file five times smaller.
_WIDEST_DOT = 12
# Where the name of each quadrant stands: above and below the dots, on its side of the lines.
_CORNERS = {
    "high_value": (100, 115, "right"),
    "sub_value": (100, -2, "right"),
    "latent_value": (0, 115, "left"),
    "low_value": (0, -2, "left"),
}


def matrix(bins: "pd.DataFrame", labels: Labels = NO_LABELS) -> str:
    """Current against potential value as a scatter, with the lines between the quadrants and their names.

    Parameters
    ----------
    bins : DataFrame
        As `value_findings.matrix_sql` gives it.
    """
    with picture("Current and potential value, 0–100", _HEIGHT, left=40, bottom=58) as drawn:
        axes = drawn.axes
        customers = bins["customers"].astype(float)
        widths = (_WIDEST_DOT * (customers / customers.max()) ** 0.5).round().clip(lower=1)
        for width, dots in bins.groupby(widths):
            dot = {"linestyle": "none", "marker": "o", "markersize": width, "markeredgewidth": 0}
            axes.plot(dots["current_value"], dots["potential_value"], color=COLOURS["accent"], alpha=0.55, **dot)
        line = {"color": COLOURS["ink"], "linewidth": 1, "dashes": (4, 3)}
        # Lines end where the dots do: the names stand above and below them.
        for names, edge, is_upright in (
            (("high_value", "sub_value"), "current_from", True),
            (("high_value", "latent_value"), "potential_from", False),
        ):
            high = bins.loc[bins["value_quadrant"].isin(names), edge]
            if len(high):
                at, along = [float(high.min())] * 2, [0, 100]
                axes.plot(*((at, along) if is_upright else (along, at)), **line)
        held = bins.groupby("value_quadrant")["customers"].sum()
        for name, (across, up, side) in _CORNERS.items():
            told = (labels.english("value_quadrant", name), labels.chinese("value_quadrant", name))
            customers = f"{told[1]} {held.get(name, 0):,}".strip()
            axes.text(across, up, told[0], ha=side, va="top", fontsize=8.5, fontweight="bold")
            axes.text(across, up - 6, customers, ha=side, va="top", fontsize=9)
        axes.set_yticks(range(0, 101, 20))
        axes.set(xlim=(-2, 102), ylim=(-15, 117), xlabel="Current value 当前价值", ylabel="Potential value 潜在价值")
        if unknown := int(bins["not_shown"].iloc[0]):
            told = f"{unknown:,} not shown: a value is unknown 价值未知，未显示"
            axes.figure.text(1, 2 / _HEIGHT, told, ha="right", va="bottom", fontsize=9, color=COLOURS["muted"])
        axes.grid(color=COLOURS["grid"], linewidth=0.5)
        return drawn.svg()


def rfm_map(cells: "pd.DataFrame") -> str:
    """Customers and their mean lifetime value by recency and frequency score, darker where they are worth more.

    Parameters
    ----------
    cells : DataFrame of `recency_score`, `frequency_score` (1 to 5), `customers`, `mean_clv`
    """
    most = max(float(cells["mean_clv"].max()), 1e-9)
    with picture("Customers and mean CLV by recency and frequency", 300, left=40, bottom=44) as drawn:
        axes = drawn.axes
        centre = {"ha": "center", "va": "center"}
        for cell in cells.itertuples(index=False):
            at = (int(cell.recency_score), int(cell.frequency_score))
            value = float(cell.mean_clv)
            shade = 0.06 + 0.49 * (max(value, 0.0) / most) ** 0.5  # by the root: a few are worth most of it
            axes.bar(at[0], 0.94, bottom=at[1] - 0.47, width=0.94, color=COLOURS["accent"], alpha=shade)
            axes.text(at[0], at[1] + 0.16, f"{int(cell.customers):,}", fontweight="bold", **centre)
            axes.text(at[0], at[1] - 0.2, f"{value:,.0f}", fontsize=9, **centre)
        axes.set(
            xlim=(0.5, 5.5),
            ylim=(0.5, 5.5),
            xlabel="Recency score, 5 the latest 最近购买",
            ylabel="Frequency score 购买频率",
        )
        axes.set_xticks(range(1, 6))
        axes.set_yticks(range(1, 6))
        return drawn.svg()
