"""What comes of the experts' answers: their weights, side by side, to be read on a screen."""

from collections.abc import Iterator, Mapping

from orchestration.judging.words import Wording, display_width
from orchestration.scoring.hierarchy import Hierarchy, Weights


def weights_table(found: Mapping[str, Weights], words: Wording) -> list[str]:
    """Lines of a table: a row for each node of the tree, a column of global weights in percent for each of `found`."""
    tree = next(iter(found.values())).hierarchy
    columns = {name: max(5, display_width(name)) for name in found}
    lines = ["  ".join(right(name, width) for name, width in columns.items()) + f"  % of {words.names[tree.root]}"]
    for node, level in downwards(tree, tree.root):
        numbers = (right(f"{100 * found[name].overall[node]:.1f}", width) for name, width in columns.items())
        lines.append("  ".join(numbers) + "  " * level + words.names[node])
    return lines


def downwards(tree: Hierarchy, parent: str, level: int = 1) -> Iterator[tuple[str, int]]:
    """Every node under the parent with its level, each followed by its own children."""
    for child in tree.children.get(parent, ()):
        yield child, level
        yield from downwards(tree, child, level + 1)


def right(text: str, width: int) -> str:
    """Set to the right of a column, in which a Chinese sign takes two places."""
    return " " * (width - display_width(text)) + text
