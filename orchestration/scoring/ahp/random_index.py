"""The random index: how inconsistent comparisons are that were made by throwing dice.

For full matrices there are printed tables. For a matrix with holes there is none that holds: the index depends on
which pairs are missing (Ágoston and Csató, 2025, arXiv 2510.27011), so it is simulated for that very pattern.
Sources: methods §6.4 and §6.5; Saaty (1980); Alonso and Lamata (2006); Forman (1990) for simulating with holes.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from orchestration.scoring.ahp.matrix import harker, principal

# Mean consistency index of random matrices, for n = 3, 4, ...
TABLES = {
    "saaty": (0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49),
    "alonso_lamata": (
        *(0.5247, 0.8816, 1.1086, 1.2479, 1.3417, 1.4057, 1.4499),
        *(1.4854, 1.5140, 1.5365, 1.5551, 1.5713, 1.5838),
    ),
}

# Saaty's scale: 1/9 to 9.
SCALE = np.array([*(1 / ratio for ratio in range(9, 1, -1)), *range(1, 10)])
# The standard error is then at most 0.8 % of the index: that is a triangle with twelve more items hung on it.
DRAWS = 50_000
# Matrices at once: a few MB for fifteen items.
BATCH = 5_000
SEED = 1987


@dataclass(frozen=True)
class RandomIndex:
    """A simulated random index and its standard error; both are 0 where no comparison can contradict another."""

    value: float
    standard_error: float


def simulated(known: np.ndarray) -> RandomIndex:
    """The random index of a pattern of holes: the mean consistency index of random matrices with these holes.

    The draws are seeded: the same pattern always gives the same index. Patterns that differ only in the order of
    their items share one simulation.

    Parameters
    ----------
    known : ndarray of bool, shape (n, n)
        Symmetric, connected: which pairs were compared.

    Returns
    -------
    RandomIndex
    """
    size = len(known)
    if np.triu(known, 1).sum() == size - 1:  # a tree: one way only from item to item
        return RandomIndex(0.0, 0.0)
    return _simulated(size, relabelled(known).tobytes())


def relabelled(known: np.ndarray) -> np.ndarray:
    """The pattern in an order of its items that does not depend on how they were listed.

    Items are told apart by how many comparisons they have, then by those of their neighbours, and so on (colour
    refinement). Items that remain alike almost always are interchangeable; then the first listed goes first, and the
    same pattern results. Where they are not (seven items at least), a second simulation agrees within the error.
    """
    known = known & ~np.eye(len(known), dtype=bool)
    colours = _refined(known, np.zeros(len(known), dtype=int))
    while len(set(colours)) < len(colours):
        alike = next(colour for colour in sorted(colours) if (colours == colour).sum() > 1)
        first = int(np.flatnonzero(colours == alike)[0])
        colours = 2 * colours
        colours[first] -= 1
        colours = _refined(known, colours)
    order = np.argsort(colours)
    return known[np.ix_(order, order)]


def _refined(known: np.ndarray, colours: np.ndarray) -> np.ndarray:
    while True:
        seen = [(colours[item], *sorted(colours[known[item]])) for item in range(len(known))]
        ranks = {colour: rank for rank, colour in enumerate(sorted(set(seen)))}
        finer = np.array([ranks[colour] for colour in seen])
        if len(ranks) == len(set(colours)):
            return finer
        colours = finer


@cache
def _simulated(size: int, pattern: bytes) -> RandomIndex:
    known = np.frombuffer(pattern, dtype=bool).reshape(size, size)
    rows, columns = np.nonzero(np.triu(known))
    random = np.random.default_rng(SEED)
    indices = []
    for _ in range(DRAWS // BATCH):
        ratios = random.choice(SCALE, size=(BATCH, len(rows)))
        matrices = np.ones((BATCH, size, size))
        matrices[:, rows, columns] = ratios
        matrices[:, columns, rows] = 1 / ratios
        _, values = principal(harker(matrices, known | np.eye(size, dtype=bool)))
        indices.append((values - size) / (size - 1))
    drawn = np.concatenate(indices)
    return RandomIndex(float(drawn.mean()), float(drawn.std(ddof=1) / np.sqrt(DRAWS)))
