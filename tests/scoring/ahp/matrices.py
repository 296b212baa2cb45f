"""Comparison matrices for the tests of the analytic hierarchy process: read from text, drawn, with holes."""

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from orchestration.scoring.judgements import Judgement

SCALE = (1 / 9, 1 / 7, 1 / 5, 1 / 3, 1 / 2, 1, 2, 3, 5, 7, 9)


def matrix_of(text: str) -> np.ndarray:
    """Rows of ratios as they are printed, `1/3` among them; a dash is a hole."""
    rows = [line.split() for line in text.strip().splitlines()]
    return np.array([[np.nan if cell == "-" else float(Fraction(cell)) for cell in row] for row in rows])


def ratios_of(weights) -> np.ndarray:
    """The matrix of one who never contradicts himself."""
    weights = np.asarray(weights, dtype=float)
    return weights[:, None] / weights[None, :]


def without(matrix, pairs) -> np.ndarray:
    """The matrix with holes at the pairs."""
    matrix = np.array(matrix, dtype=float)
    for i, j in pairs:
        matrix[i, j] = matrix[j, i] = np.nan
    return matrix


# The worked case of the method book, six indicators A-F.
WORKED = matrix_of("""
    1  1  1/4  1/2  1/2  1/6
    1  1  1/8  1/2  1    1
    4  8  1    1/2  6    1
    2  2  2    1    6    1
    2  1  1/6  1/6  1    1/8
    6  1  1    1    8    1
""")


def judge(expert, parent, item_a, item_b, ratio, hierarchy="service") -> Judgement:
    return Judgement(expert, hierarchy, parent, item_a, item_b, ratio)


def judgements_of(matrix, items, expert="ann", parent="top", hierarchy="flat") -> list[Judgement]:
    """The judgements behind a matrix, each pair once, none for a hole."""
    return [
        judge(expert, parent, items[i], items[j], matrix[i][j], hierarchy)
        for i in range(len(items))
        for j in range(i + 1, len(items))
        if not np.isnan(matrix[i][j])
    ]


positive_weights = st.lists(st.floats(0.05, 20), min_size=1, max_size=10).map(np.array)


@st.composite
def reciprocal(draw, smallest: int = 3, largest: int = 8) -> np.ndarray:
    """A matrix of an expert who throws dice."""
    size = draw(st.integers(smallest, largest))
    matrix = np.ones((size, size))
    for i in range(size):
        for j in range(i + 1, size):
            matrix[i, j] = draw(st.sampled_from(SCALE))
            matrix[j, i] = 1 / matrix[i, j]
    return matrix


@st.composite
def holes(draw, size: int) -> list[tuple[int, int]]:
    """Pairs to leave out, such that a chain of others still ties every item to every other."""
    tree = {(draw(st.integers(0, item - 1)), item) for item in range(1, size)}
    others = [(i, j) for i in range(size) for j in range(i + 1, size) if (i, j) not in tree]
    return draw(st.lists(st.sampled_from(others), unique=True)) if others else []
