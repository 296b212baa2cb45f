"""The analytic hierarchy process on one comparison matrix: weights, consistency, and what would mend it.

A matrix is square and reciprocal: element (i, j) says how many times more important item i is than item j.
How judgements become matrices stands in judgements.py, how those become a tree of weights in hierarchy.py.
Sources: methods §6.2-6.6; Saaty (1980); Alonso and Lamata (2006) for the random index.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.errors import UserError

METHODS = ("eigenvector", "geometric_mean", "normalised_columns")
TOLERANCE = 1e-14

# Mean consistency index of random matrices, for n = 3, 4, ...
RANDOM_INDEX = {
    "saaty": (0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49),
    "alonso_lamata": (
        *(0.5247, 0.8816, 1.1086, 1.2479, 1.3417, 1.4057, 1.4499),
        *(1.4854, 1.5140, 1.5365, 1.5551, 1.5713, 1.5838),
    ),
}


@dataclass(frozen=True)
class Consistency:
    """lambda max, CI = (lambda max - n) / (n - 1), and CR = CI / random index; CR is 0 for n <= 2."""

    lambda_max: float
    consistency_index: float
    consistency_ratio: float


@dataclass(frozen=True)
class Mend:
    """A comparison out of line with the others, and the ratio that mends it.

    row, column : indices of the items.
    ratio, mended : how many times more important the row is: as judged, and as all other judgements imply.
    consistency_ratio : of the matrix once this and all earlier mends are applied.
    """

    row: int
    column: int
    ratio: float
    mended: float
    consistency_ratio: float


def weights(matrix: np.ndarray, method: str = "eigenvector") -> np.ndarray:
    """Weights of the items, which sum to 1.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Positive and reciprocal.
    method : str
        'eigenvector' (principal right eigenvector, Saaty), 'geometric_mean' (of each row) or
        'normalised_columns' (each column divided by its sum, then averaged by row).

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    UserError
        When the method is unknown.
    """
    if method == "eigenvector":
        return _principal_eigenvector(matrix)
    if method == "geometric_mean":
        raw = np.exp(np.log(matrix).mean(axis=1))
    elif method == "normalised_columns":
        raw = (matrix / matrix.sum(axis=0)).mean(axis=1)
    else:
        raise UserError(f"unknown method {method!r}; accepted: {', '.join(METHODS)}", where="ahp method")
    return raw / raw.sum()


def _principal_eigenvector(matrix: np.ndarray) -> np.ndarray:
    """Power iteration: the matrix is positive, so it converges to its one positive eigenvector (Perron)."""
    vector = np.full(len(matrix), 1 / len(matrix))
    for _ in range(10_000):
        following = matrix @ vector
        following /= following.sum()
        if np.abs(following - vector).max() <= TOLERANCE:
            return following
        vector = following
    raise ArithmeticError("the power iteration did not settle: is every element positive and finite?")


def consistency(matrix: np.ndarray, random_index: str = "alonso_lamata") -> Consistency:
    """How far the comparisons contradict one another.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
    random_index : str
        'saaty' (n up to 10) or 'alonso_lamata' (n up to 15).

    Returns
    -------
    Consistency

    Raises
    ------
    UserError
        When the table is unknown, or does not reach n.
    """
    if random_index not in RANDOM_INDEX:
        raise UserError(
            f"unknown random index {random_index!r}; accepted: {', '.join(RANDOM_INDEX)}",
            where="ahp random_index",
        )
    size, table = len(matrix), RANDOM_INDEX[random_index]
    if size > len(table) + 2:
        raise UserError(
            f"{size} items are compared; the random index {random_index!r} ends at {len(table) + 2}",
            mend="group the items under new parents",
        )
    if size <= 2:
        return Consistency(float(size), 0.0, 0.0)
    vector = _principal_eigenvector(matrix)
    lambda_max = float(np.mean(matrix @ vector / vector))
    index = max(lambda_max - size, 0.0) / (size - 1)
    return Consistency(lambda_max, index, index / table[size - 3])


def aggregate(matrices: Sequence[np.ndarray], expert_weights: Sequence[float] | None = None) -> np.ndarray:
    """The group's matrix: weighted geometric mean of each element (aggregation of judgements, AIJ).

    Parameters
    ----------
    matrices : sequence of ndarray, each of shape (n, n)
    expert_weights : sequence of float, optional
        Positive, one a matrix; equal by default.

    Returns
    -------
    ndarray, shape (n, n)
        Reciprocal where the given ones are.
    """
    return np.exp(np.average(np.log(matrices), axis=0, weights=expert_weights))


def mends(matrix: np.ndarray, random_index: str = "alonso_lamata", limit: float = 0.10) -> list[Mend]:
    """The comparisons to mend, worst first, until the matrix passes; three at least, where so many are off.

    The worst is the one furthest, on the log scale, from the ratio that the weights without it imply, which
    mends it. That ratio is rounded to four digits and applied before the next is looked for: what is written
    is what works.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
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
    pairs = [(i, j) for i in range(len(matrix)) for j in range(i + 1, len(matrix))]
    ratio_now = consistency(matrix, random_index).consistency_ratio
    if ratio_now <= limit:
        return found
    while pairs and (ratio_now > limit or len(found) < 3):
        implied = {(i, j): _implied_ratio(matrix, i, j) for i, j in pairs}
        off = {(i, j): abs(math.log(matrix[i, j] / implied[i, j])) for i, j in pairs}
        row, column = max(pairs, key=off.get)
        if off[row, column] < 1e-3:
            break
        judged, mended = float(matrix[row, column]), float(f"{implied[row, column]:.4g}")
        matrix[row, column], matrix[column, row] = mended, 1 / mended
        ratio_now = consistency(matrix, random_index).consistency_ratio
        found.append(Mend(row, column, judged, mended, ratio_now))
        pairs.remove((row, column))
    return found


def _implied_ratio(matrix: np.ndarray, row: int, column: int) -> float:
    """What all other comparisons say of this one: the ratio of the weights with it left out (Harker, 1987).

    Weights that include it would follow its error half way.
    """
    without = matrix.copy()
    without[row, column] = without[column, row] = 0
    without[row, row] = without[column, column] = 2
    vector = _principal_eigenvector(without)
    return float(vector[row] / vector[column])
