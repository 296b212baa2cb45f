"""The picture of silence: how long the limit is, in usual gaps, as more of a customer's gaps are known.

How it looks is in `drawing`.
"""

from typing import TYPE_CHECKING

from orchestration.publishing.drawing import COLOURS, picture

if TYPE_CHECKING:
    import pandas as pd

_BUYERS = (
    (1.0, "random 随机", COLOURS["alert"]),
    (4.0, "fairly regular 较规律", COLOURS["gold"]),
    (16.0, "regular 规律", COLOURS["accent"]),
)


def limit_by_gaps(limits: "pd.DataFrame") -> str:
    """One line each kind of buyer, from one gap seen to many.

    Parameters
    ----------
    limits : DataFrame of `shape`, `gaps`, `factor`
        As `scoring.silence.typical_limits` gives it.
    """
    with picture("Days until silent, in usual gaps", 240, left=32, bottom=62) as drawn:
        axes = drawn.axes
        for shape, _, colour in _BUYERS:
            line = limits[limits["shape"] == shape]
            axes.plot(line["gaps"], line["factor"], color=colour, linewidth=2, marker="o", markersize=3)
        counts = sorted(limits["gaps"].unique())
        axes.set_xscale("log")
        axes.set_xticks([count for count in counts if count in (1, 2, 3, 5, 10, 30)], minor=False)
        axes.set_xticks([], minor=True)
        axes.xaxis.set_major_formatter("{x:.0f}")
        axes.set_ylim(0, 1.1 * limits["factor"].max())
        axes.grid(axis="y")
        axes.set_xlabel("Gaps seen so far 已见间隔数")
        drawn.legend((words, colour) for _, words, colour in _BUYERS)
        return drawn.svg()
