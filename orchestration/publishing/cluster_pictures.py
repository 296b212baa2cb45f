"""The pictures of behaviour clusters: what each is like in natural units, and how k was chosen.

Each is a function from a small frame to SVG text. How they look is in `drawing`.
"""

from typing import TYPE_CHECKING

from orchestration.publishing.drawing import COLOURS, picture
from orchestration.publishing.labels import NO_LABELS, Labels

if TYPE_CHECKING:
    import pandas as pd

_PANELS = (
    ("median_order_days", "Order days", "下单日数"),
    ("median_spend_per_order_day", "Per order day", "每次消费"),
    ("median_days_since_last_order", "Days silent", "距今天数"),
    ("median_age_days", "Days a customer", "客龄天数"),
)
_ROW = 46  # points, of one cluster: a line of words, and its bars


def cluster_pictures(
    profiles: "pd.DataFrame", silhouettes: dict[str, float], labels: Labels = NO_LABELS
) -> dict[str, str]:
    """All pictures, by name; without those for which there is nothing to draw.

    Parameters
    ----------
    profiles : DataFrame
        Rows of the mart `cluster_profiles` that have medians.
    silhouettes : dict of str to float
        By k, as the column `silhouette_by_k` holds them.
    """
    found = {}
    if len(profiles):
        found["cluster_medians"] = cluster_medians(profiles, labels)
    if silhouettes:
        scores = {int(k): score for k, score in silhouettes.items()}
        found["silhouette_by_k"] = silhouette_by_k(scores, int(profiles["k"].iloc[0]))
    return found


def cluster_medians(profiles: "pd.DataFrame", labels: Labels = NO_LABELS) -> str:
    """Small multiples: a row a cluster, a column a feature, each column on its own scale from 0.

    Parameters
    ----------
    profiles : DataFrame of `cluster`, `customer_share` and the four medians
    """
    profiles = profiles.reset_index(drop=True)
    with picture("Medians of each behaviour cluster", _ROW * len(profiles) + 64, bottom=4) as drawn:
        axes = drawn.axes
        axes.set(xlim=(0, len(_PANELS)), ylim=(len(profiles), -0.65))
        axes.axis("off")
        for panel, (column, english, chinese) in enumerate(_PANELS):
            axes.text(panel, -0.5, f"{english}\n{chinese}", color=COLOURS["muted"], fontsize=9, va="center")
            longest = max(profiles[column].max(), 1e-9)
            for row, value in enumerate(profiles[column]):
                length = 0.55 * value / longest
                axes.barh(row + 0.68, length, left=panel, height=0.34, color=COLOURS["accent"])
                axes.text(panel + length + 0.03, row + 0.68, _short(value), va="center", fontsize=9)
        for row, cluster in profiles.iterrows():
            words = f"{labels.both('cluster', cluster['cluster'])} · {cluster['customer_share']:.0%}"
            axes.text(0, row + 0.28, words, va="center")
        return drawn.svg()


def silhouette_by_k(scores: dict[int, float], chosen: int) -> str:
    """How well the clusters are apart for each k that was tried; the chosen one is marked.

    Parameters
    ----------
    scores : dict of int to float
        -1 to 1, by k.
    """
    tried = sorted(scores)
    with picture("Silhouette by number of clusters", 210, left=40, bottom=58) as drawn:
        axes = drawn.axes
        axes.plot(tried, [scores[k] for k in tried], color=COLOURS["accent"], linewidth=2, marker="o", markersize=4)
        if chosen in scores:
            axes.plot([chosen], [scores[chosen]], "o", color=COLOURS["alert"], markersize=9)
        axes.set_xticks(tried)
        axes.set_xlim(tried[0] - 0.5, tried[-1] + 0.5)
        axes.set_ylim(min(0.0, *scores.values()), max(*scores.values(), 0.1) * 1.25)
        axes.grid(axis="y")
        axes.set_xlabel("Clusters 群组数")
        drawn.legend([("silhouette 轮廓系数", COLOURS["accent"]), ("chosen 采用", COLOURS["alert"])])
        return drawn.svg()


def _short(number: float) -> str:
    """Four signs at most."""
    if number >= 9_999.5:
        return f"{number / 1e6:,.1f}M" if number >= 999_950 else f"{number / 1e3:,.0f}k"
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")
