"""The flow of customers between value tiers, as a picture for the report and for the page of the mart.

How it looks is in `drawing`.
"""

from typing import TYPE_CHECKING

from orchestration.publishing.drawing import COLOURS, picture
from orchestration.publishing.labels import NO_LABELS, Labels

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

ORDER = ("platinum", "gold", "iron", "lead", "unplaced", "new", "gone")
BETWEEN = 32  # points between two tiers, for two lines of words
FLOWS = 130  # points for all movers together

Ends = dict[str, list[float]]


def tier_flow(moves: "pd.DataFrame", labels: Labels = NO_LABELS) -> str | None:
    """Who changed tier, came or went: tiers before on the left, now on the right, as thick as customers are many.

    Who stayed is left out, since four customers of five are in one tier; None where nobody moved.

    Parameters
    ----------
    moves : DataFrame of `from_segment`, `to_segment`, `customers`
    """
    movers = moves[moves["from_segment"] != moves["to_segment"]]
    if movers.empty:
        return None
    sides = {column: _known_first(movers[column]) for column in ("from_segment", "to_segment")}
    height = FLOWS + BETWEEN * max(len(tiers) for tiers in sides.values())
    per_customer = FLOWS / float(movers["customers"].sum())
    with picture(title(moves), height + 44, left=118, right=118, bottom=10) as drawn:
        axes = drawn.axes
        axes.set(xlim=(0, 1), ylim=(height, 0))
        axes.axis("off")
        ends = {column: _stacked(axes, movers, column, per_customer, labels) for column in sides}
        by_tier = sorted(
            movers.itertuples(index=False), key=lambda move: (_rank(move.from_segment), _rank(move.to_segment))
        )
        for move in by_tier:
            thickness = per_customer * float(move.customers)
            start, end = (ends[column][getattr(move, column)] for column in ("from_segment", "to_segment"))
            _flow(axes, start[0], end[0], thickness, COLOURS.get(move.from_segment, COLOURS["accent"]))
            start[0] += thickness
            end[0] += thickness
        return drawn.svg()


def counts(moves: "pd.DataFrame") -> dict[str, int]:
    """How many were there both times, `compared`, and of these `moved`; who is `new`, and who is `gone`."""
    is_new, is_gone = moves["from_segment"] == "new", moves["to_segment"] == "gone"
    both_times = ~is_new & ~is_gone
    moved = both_times & (moves["from_segment"] != moves["to_segment"])
    chosen = {"compared": both_times, "moved": moved, "new": is_new, "gone": is_gone}
    return {name: int(moves.loc[rows, "customers"].sum()) for name, rows in chosen.items()}


def title(moves: "pd.DataFrame") -> str:
    """`11 changed tier, 6 new`: what the flows add up to."""
    told = counts(moves)
    words = {"moved": "changed tier", "new": "new", "gone": "gone"}
    return "Customers: " + ", ".join(f"{told[name]:,} {words[name]}" for name in words if told[name])


def _rank(segment: str) -> int:
    return ORDER.index(segment) if segment in ORDER else len(ORDER)


def _known_first(segments: "pd.Series") -> list[str]:
    return sorted(set(segments), key=lambda segment: (_rank(segment), segment))


def _stacked(axes: "Axes", movers: "pd.DataFrame", column: str, per_customer: float, labels: Labels) -> Ends:
    """Draw the tiers of one side from the top down; where the next flow of each one begins."""
    is_left = column == "from_segment"
    beside = {"ha": "right" if is_left else "left", "textcoords": "offset points"}
    away = -8 if is_left else 8
    top, ends = BETWEEN / 2, {}
    totals = movers.groupby(column)["customers"].sum()
    for tier in _known_first(movers[column]):
        thickness = per_customer * float(totals[tier])
        across = 0 if is_left else 1
        axes.plot([across, across], [top, top + thickness], color=COLOURS["ink"], linewidth=3, solid_capstyle="butt")
        kind = "segment" if tier in ("new", "gone", "unplaced") else "value_tier"
        place = (across, top + thickness / 2)
        axes.annotate(f"{labels.english(kind, tier)} · {totals[tier]:,}", place, (away, 1), va="bottom", **beside)
        axes.annotate(labels.chinese(kind, tier), place, (away, -1), va="top", color=COLOURS["muted"], **beside)
        ends[tier] = [top]
        top += thickness + BETWEEN
    return ends


def _flow(axes: "Axes", start: float, end: float, thickness: float, colour: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    corners = [
        (Path.MOVETO, (0, start)),
        (Path.CURVE4, (0.5, start)),
        (Path.CURVE4, (0.5, end)),
        (Path.CURVE4, (1, end)),
        (Path.LINETO, (1, end + thickness)),
        (Path.CURVE4, (0.5, end + thickness)),
        (Path.CURVE4, (0.5, start + thickness)),
        (Path.CURVE4, (0, start + thickness)),
        (Path.CLOSEPOLY, (0, start)),
    ]
    codes, points = zip(*corners, strict=True)
    axes.add_patch(PathPatch(Path(points, codes), facecolor=colour, alpha=0.55, linewidth=0))
