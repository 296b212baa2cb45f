"""How pictures look and become SVG: colours that follow the page, text as text, the same bytes each time.

What is drawn is decided in `pictures`.
"""

import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 372  # points: a phone shows the text a little smaller than it is, a page in two columns larger
_FONTS = "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"
_STYLE = f"width: 100%; height: auto; font-family: {_FONTS}"

# The colour of each role in daylight. A page may set `--role` to another one, for instance in the dark.
COLOURS = {
    "ink": "#1f2a33",
    "muted": "#66737d",
    "grid": "#e2e6e9",
    "accent": "#2d6a8a",
    "soft": "#b4cfdc",
    "alert": "#b04a35",
    "platinum": "#7388a0",
    "gold": "#c4942a",
    "iron": "#5f6468",
    "lead": "#a7adb4",
}


class Picture:
    """One axes of a fixed width, with a title; `svg()` once it is drawn."""

    def __init__(self, title: str, axes: "Axes"):
        self.title, self.axes = title, axes

    def legend(self, entries: Iterable[tuple[str, str]]) -> None:
        """Words in their colours, side by side at the bottom; needs 16 points of room there for each line."""
        lines: list[list[tuple[float, str, str]]] = [[]]
        place = 0.0
        for words, colour in entries:
            width = text_width(f"■ {words}")
            if lines[-1] and place + width > WIDTH:
                lines.append([])
                place = 0.0
            lines[-1].append((place / WIDTH, f"■ {words}", colour))
            place += width + 18
        height = self.axes.figure.get_figheight() * 72
        for number, line in enumerate(reversed(lines)):
            for across, words, colour in line:
                self.axes.figure.text(across, 0.02 + number * 16 / height, words, color=colour, va="bottom")

    def svg(self) -> str:
        """The picture as an `<svg>` element for a page, or a file of its own."""
        text = StringIO()
        self.axes.figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
        return _finished(text.getvalue(), self.title)


@contextmanager
def picture(title: str, height: float, *, left: float = 12, right: float = 12, bottom: float = 38) -> Iterator[Picture]:
    """Set up a picture; lengths in points, 72 to an inch.

    Parameters
    ----------
    title : str
        What is shown, in which unit.
    left, right, bottom : float
        Room outside the axes, fixed so that fonts of the reader's cannot move the drawing.
    """
    import matplotlib
    from matplotlib.figure import Figure

    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": title,
        "text.parse_math": False,  # a name with $ in it is a name
        "font.size": 10.5,
        "text.color": COLOURS["ink"],
        "axes.edgecolor": COLOURS["grid"],
        "axes.labelcolor": COLOURS["muted"],
        "xtick.color": COLOURS["muted"],
        "ytick.color": COLOURS["muted"],
        "grid.color": COLOURS["grid"],
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # The font that measures has no Chinese; the reader's browser, which draws, has.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(WIDTH / 72, height / 72))
        top = 30
        axes = figure.add_axes((left / WIDTH, bottom / height, 1 - (left + right) / WIDTH, 1 - (bottom + top) / height))
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0, pad=6)
        axes.set_axisbelow(True)
        figure.text(0, 1 - 12 / height, title, fontsize=11.5, fontweight="bold", va="center")
        yield Picture(title, axes)


def text_width(text: str, size: float = 10.5) -> float:
    """Width in points that a label needs; a Chinese sign is as wide as it is high."""
    return size * sum(1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.56 for sign in text)


def _finished(svg: str, title: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' id="[a-z0-9A-Z.]+_\d+"', "", svg)  # several pictures share a page, ids must not
    svg = re.sub(r"font-family: [^;\"]*; ", "", svg)  # one for all, said below: a picture has hundreds of words
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r"<g>\s*(<(?:path|text) [^<]*?(?:/>|</text>))\s*</g>", r"\1", svg)  # groups of one
    for role, colour in COLOURS.items():
        svg = svg.replace(colour, f"var(--{role}, {colour})")
    label = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    svg = re.sub(r'<svg ([^>]*?)width="[^"]*"', r"<svg \1", svg, count=1)
    svg = re.sub(r'(<svg [^>]*?)height="[^"]*"', r"\1", svg, count=1)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" style="{_STYLE}" ', 1)
