"""The pictures of service quality: what weighs how much, the index over time, and what moved it between two periods.

Each is a function from a small frame to SVG text. How they look is in `drawing`.
"""

from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from orchestration.publishing.drawing import COLOURS, WIDTH, Picture, picture, text_width
from orchestration.publishing.labels import NO_LABELS, Labels

if TYPE_CHECKING:
    import pandas as pd

_CYCLE = ("accent", "gold", "alert", "platinum", "iron", "soft")
_INDENT = 16  # points from a node of the tree to those below it
_INDEX = "index"


def weights_tree(nodes: "pd.DataFrame", labels: Labels = NO_LABELS) -> str:
    """The tree of the quality index, each node with its share of the whole.

    Parameters
    ----------
    nodes : DataFrame of `indicator`, `parent`, `global_weight`, `is_leaf`
        Every node of one hierarchy below its root.
    """
    rows = list(_down(nodes))
    names = [(labels.english("indicator", name), labels.chinese("indicator", name)) for name, *_ in rows]
    left = min(
        max(
            _INDENT * depth + max(map(text_width, words)) + 10
            for words, (_, depth, *_) in zip(names, rows, strict=True)
        ),
        WIDTH * 0.6,
    )
    with picture("Weights in the quality index, %", 32 * len(rows) + 40, left=left, right=40, bottom=4) as drawn:
        axes = drawn.axes
        axes.set(xlim=(0, max(weight for *_, weight, _ in rows)), ylim=(len(rows) - 0.5, -0.5))
        axes.axis("off")
        beside = {"textcoords": "offset points", "va": "center"}
        open_at: dict[int, int] = {}
        for row, ((_, depth, weight, is_leaf), (english, chinese)) in enumerate(zip(rows, names, strict=True)):
            axes.barh(row, weight, height=0.56, color=COLOURS["accent" if is_leaf else "soft"])
            axes.annotate(f"{weight:.1%}"[:-1], (weight, row), (5, 0), **beside)
            start = _INDENT * depth - left
            bold = "normal" if is_leaf else "bold"
            axes.annotate(english, (0, row), (start, 6 if chinese else 0), fontweight=bold, **beside)
            axes.annotate(chinese, (0, row), (start, -7), color=COLOURS["muted"], **beside)
            if depth:
                _branch(drawn, open_at[depth - 1], row, start - _INDENT + 4)
            open_at[depth] = row
        return drawn.svg()


def index_lines(lines: "pd.DataFrame", labels: Labels = NO_LABELS) -> str:
    """The quality index of each value tier over the months.

    Parameters
    ----------
    lines : DataFrame of `member`, `month` (text, YYYY-MM), `quality_index`
        0 to 100; at least one row. A month that a member lacks interrupts its line.
    """
    members = list(dict.fromkeys(lines["member"]))
    first, last = lines["month"].min(), lines["month"].max()
    months = list(takewhile(lambda month: month <= last, _months(first)))
    colours = {member: COLOURS.get(member, COLOURS[_CYCLE[at % len(_CYCLE)]]) for at, member in enumerate(members)}
    values = lines["quality_index"].astype(float)
    with picture("Quality index by value tier, 0–100", 266, left=32, right=12, bottom=74) as drawn:
        axes = drawn.axes
        for member in members:
            own = lines[lines["member"] == member].set_index("month")["quality_index"].astype(float).reindex(months)
            axes.plot(range(len(months)), own, color=colours[member], linewidth=2, marker="o", markersize=4)
        axes.set_ylim(max(0.0, values.min() - 8), min(100.0, max(values.max() + 8, values.min() + 2)))
        axes.grid(axis="y")
        axes.set_xticks(
            range(len(months)),
            [
                f"{month[5:]}\n{month[:4]}" if not at or month.endswith("-01") else month[5:]
                for at, month in enumerate(months)
            ],
        )
        drawn.legend((labels.both("value_tier", member), colours[member]) for member in members)
        return drawn.svg()


def waterfall(changes: "pd.DataFrame", labels: Labels = NO_LABELS) -> str:
    """How each indicator moved the index from one period to another.

    Parameters
    ----------
    changes : DataFrame
        `period`, `period_before`, `indicator`, `value`, `value_before`, `contribution` (points),
        `is_more_than_noise`: one row an indicator, and the one of the index, whose values are where it starts and ends.
    """
    index = changes[changes["indicator"] == _INDEX].iloc[0]
    steps = changes[changes["indicator"] != _INDEX]
    before, after = float(index["value_before"]), float(index["value"])
    names = [(f"Index {index['period_before']}", "指数")]
    names += [(labels.english("indicator", name), labels.chinese("indicator", name)) for name in steps["indicator"]]
    names += [(f"Index {index['period']}", "指数")]
    left = min(max(text_width(word) for pair in names for word in pair) + 12, WIDTH * 0.5)
    title = f"Quality index, {index['period_before']} to {index['period']}, points"
    with picture(title, 34 * len(names) + 76, left=left, right=44, bottom=40) as drawn:
        axes = drawn.axes
        levels = [before]
        for step in steps["contribution"].astype(float):
            levels.append(levels[-1] + step)
        reach = max(max(levels) - min(levels), 2.0)
        start = min(levels) - reach * 0.05
        axes.set(xlim=(start, max(levels) + reach * 0.05), ylim=(len(names) - 0.45, -0.55))
        axes.axis("off")
        beside = {"textcoords": "offset points", "va": "center"}
        for row, (english, chinese) in enumerate(names):
            axes.annotate(english, (start, row), (-8, 6 if chinese else 0), ha="right", **beside)
            axes.annotate(chinese, (start, row), (-8, -7), ha="right", color=COLOURS["muted"], **beside)
        for row, level in ((0, before), (len(names) - 1, after)):
            axes.plot([level, level], [row - 0.28, row + 0.28], color=COLOURS["ink"], linewidth=3)
            axes.annotate(f"{level:.1f}", (level, row), (5, 0), fontweight="bold", **beside)
        for row, step in enumerate(steps.itertuples(index=False), 1):
            low, high = sorted(levels[row - 1 : row + 1])
            colour = COLOURS["accent" if step.contribution >= 0 else "alert"]
            is_firm = bool(step.is_more_than_noise)
            axes.barh(row, high - low, left=low, height=0.55, color=colour, alpha=1 if is_firm else 0.4)
            axes.plot([levels[row - 1]] * 2, [row - 0.72, row - 0.28], color=COLOURS["muted"], linewidth=0.8)
            axes.annotate(_points(step.contribution), (high, row), (5, 0), **beside)
        end = len(names) - 1
        axes.plot([after] * 2, [end - 0.72, end - 0.28], color=COLOURS["muted"], linewidth=0.8)
        drawn.legend(
            [
                ("better 变好", COLOURS["accent"]),
                ("worse 变差", COLOURS["alert"]),
                ("pale: may be chance 浅色或属偶然", COLOURS["muted"]),
            ]
        )
        return drawn.svg()


def _down(nodes: "pd.DataFrame") -> Iterator[tuple[str, int, float, bool]]:
    """Name, depth, global weight and whether it is a leaf, of each node: parents first, heavy siblings first."""
    known = set(nodes["indicator"])
    ordered = nodes.sort_values(["global_weight", "indicator"], ascending=[False, True])
    below: dict[str | None, list] = {}
    for node in ordered.itertuples(index=False):
        below.setdefault(node.parent if node.parent in known else None, []).append(node)

    def walk(parent: str | None, depth: int) -> Iterator[tuple[str, int, float, bool]]:
        for node in below.get(parent, ()):
            yield node.indicator, depth, float(node.global_weight), bool(node.is_leaf)
            yield from walk(node.indicator, depth + 1)

    return walk(None, 0)


def _points(contribution: float) -> str:
    """With its sign; what rounds to nothing has none."""
    rounded = round(contribution, 1)
    return f"{rounded:+.1f}" if rounded else "0.0"


def _branch(drawn: Picture, parent_row: int, row: int, across: float) -> None:
    """A line down from the parent, and a short one to the node; `across` in points from the axes' left edge."""
    axes = drawn.axes
    scale = axes.bbox.width / axes.figure.dpi * 72 / axes.get_xlim()[1]
    elbow = [across / scale, across / scale, (across + _INDENT - 7) / scale]
    axes.plot(elbow, [parent_row + 0.5, row, row], color=COLOURS["muted"], linewidth=0.8, clip_on=False)


def _months(first: str) -> Iterator[str]:
    """YYYY-MM from the first on, without end."""
    year, month = int(first[:4]), int(first[5:])
    while True:
        yield f"{year}-{month:02}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
