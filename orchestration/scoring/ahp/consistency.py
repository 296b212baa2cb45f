"""Consistency of one comparison matrix, and which comparisons would mend it.

Weights and holes stand in matrix.py, random indices in random_index.py. Sources: methods §6.4; Saaty (1980).
"""

import math
from dataclasses import dataclass

import numpy as np

from orchestration.errors import UserError
from orchestration.scoring.ahp.matrix import completed, principal, reachable
from orchestration.scoring.ahp.random_index import TABLES, simulated

# Saaty's 1 to 9 and their reciprocals: what an expert can answer.
SCALE = (*range(1, 10), *(1 / degree for degree in range(2, 10)))


@dataclass(frozen=True)
class Consistency:
    """lambda max, CI = (lambda max - n) / (n - 1), and CR = CI / random index.

    CR is 0 where no comparison can contradict another: for n <= 2, and where only n - 1 pairs were compared.
    """

    lambda_max: float
    consistency_index: float
    consistency_ratio: float


@dataclass(frozen=True)
class Mend:
    """A comparison out of line with the others, and the ratio that mends it.

    row, column : indices of the items.
    ratio, mended : how many times more important the row is: as judged, and the answer on Saaty's scale that is
        nearest to what all other judgements imply.
    consistency_ratio : of the matrix once this and all earlier mends are applied.
    """

    row: int
    column: int
    ratio: float
    mended: float
    consistency_ratio: float


def consistency(matrix: np.ndarray, random_index: str = "alonso_lamata") -> Consistency:
    """How far the comparisons contradict one another.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Holes are NaN.
    random_index : str
        'saaty' (n up to 10) or 'alonso_lamata' (n up to 15). A matrix with holes is held against the index simulated
        for its pattern of holes, whichever table is named.

    Returns
    -------
    Consistency

    Raises
    ------
    UserError
        When the table is unknown, or does not reach n.
    """
    if random_index not in TABLES:
        raise UserError(
            f"unknown random index {random_index!r}; accepted: {', '.join(TABLES)}",
            where="ahp random_index",
        )
    size, table = len(matrix), TABLES[random_index]
    if size > len(table) + 2:
        raise UserError(
            f"{size} items are compared; the random index {random_index!r} ends at {len(table) + 2}",
            mend="group the items under new parents",
        )
    if size <= 2:
        return Consistency(float(size), 0.0, 0.0)
    known = ~np.isnan(matrix)
    lambda_max = float(principal(completed(matrix))[1])
    index = max(lambda_max - size, 0.0) / (size - 1)
    expected = table[size - 3] if known.all() else simulated(known).value
    return Consistency(lambda_max, index, index / expected if expected else 0.0)


def mends(matrix: np.ndarray, random_index: str = "alonso_lamata", limit: float = 0.10) -> list[Mend]:
    """The comparisons to mend, worst first, until the matrix passes.

    The worst is the one furthest, on the log scale, from the ratio that the weights without it imply. The nearest
    answer of the scale mends it, and is applied before the next is looked for: what is told is what can be answered,
    and what works. A comparison that is already the nearest answer is passed over. One that alone ties two groups of
    items together contradicts nothing and is not named.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Holes are NaN; they stay as they are.
    random_index : str
    limit : float
        Largest consistency ratio that passes.

    Returns
    -------
    list of Mend
        Empty for a matrix that passes.
    """
    matrix = np.array(matrix, dtype=float)
    found: list[Mend] = []
    ratio_now = consistency(matrix, random_index).consistency_ratio
    if ratio_now <= limit:
        return found
    pairs = [(i, j) for i, j in np.argwhere(~np.isnan(matrix)).tolist() if i < j]
    pairs = [pair for pair, others in zip(pairs, _without(matrix, pairs), strict=True) if _is_connected(others)]
    while pairs and ratio_now > limit:
        implied = dict(zip(pairs, _implied_ratios(matrix, pairs), strict=True))
        mended_of = {pair: _on_scale(implied[pair]) for pair in pairs}
        off = {
            pair: abs(math.log(matrix[pair] / implied[pair]))
            for pair in pairs
            if not math.isclose(matrix[pair], mended_of[pair])
        }
        if not off:
            break
        row, column = max(off, key=off.get)
        judged, mended = float(matrix[row, column]), mended_of[row, column]
        matrix[row, column], matrix[column, row] = mended, 1 / mended
        ratio_now = consistency(matrix, random_index).consistency_ratio
        found.append(Mend(row, column, judged, mended, ratio_now))
        pairs.remove((row, column))
    return found


def _on_scale(times: float) -> float:
    """The nearest answer that the scale has, by ratio."""
    return float(min(SCALE, key=lambda degree: abs(math.log(degree / times))))


def _without(matrix: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """The matrix without each of the pairs in turn, shape (pairs, n, n)."""
    without = np.repeat(matrix[None], len(pairs), axis=0)
    each, (rows, columns) = np.arange(len(pairs)), np.array(pairs).T
    without[each, rows, columns] = without[each, columns, rows] = np.nan
    return without


def _is_connected(matrix: np.ndarray) -> bool:
    return bool(reachable(~np.isnan(matrix)).all())


def _implied_ratios(matrix: np.ndarray, pairs: list[tuple[int, int]]) -> list[float]:
    """What all other comparisons say of each pair: its ratio where it is left out and completed.

    Weights that include it would follow its error half way.
    """
    rows, columns = np.array(pairs).T
    return completed(_without(matrix, pairs))[np.arange(len(pairs)), rows, columns].tolist()
