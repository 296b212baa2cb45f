"""One comparison matrix of the analytic hierarchy process: its principal eigenvector, its holes, its weights.

A matrix is square and reciprocal: element (i, j) says how many times more important item i is than item j. A pair
that nobody compared is a hole: NaN at (i, j) and at (j, i). How far comparisons contradict one another stands in
consistency.py. Sources: methods §6.2 and §6.5; Saaty (1980); Harker (1987), Mathematical Modelling 9: 353-360.
"""

import numpy as np

from orchestration.errors import UserError

METHODS = ("eigenvector", "geometric_mean", "normalised_columns")

# Relative distance between the two bounds of the eigenvalue at which an eigenvector counts as found: thirty times the
# rounding of fifteen items.
TOLERANCE = 1e-13
# A path of fifteen items, the slowest pattern, needs 14 squarings.
SQUARINGS = 40


def principal(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The principal right eigenvector and eigenvalue of each matrix, of thousands at once.

    Each matrix is squared until its powers have one direction. The smallest and the largest ratio of (A v) to v
    enclose the eigenvalue (Collatz and Wielandt), which says when that is.

    Parameters
    ----------
    matrices : ndarray, shape (..., n, n)
        No element negative, the diagonal positive, every item tied to every other by positive elements.

    Returns
    -------
    vectors : ndarray, shape (..., n)
        Positive; each sums to 1.
    values : ndarray, shape (...)

    Raises
    ------
    ArithmeticError
        When the powers do not settle.
    """
    powers = matrices
    found, values = np.zeros(matrices.shape[:-1]), np.zeros(matrices.shape[:-2])
    open_still = np.ones(matrices.shape[:-2], dtype=bool)
    for _ in range(SQUARINGS):
        powers = powers / powers.max(axis=(-2, -1), keepdims=True)
        powers = powers @ powers
        vectors = powers.sum(axis=-1)
        vectors = vectors / vectors.sum(axis=-1, keepdims=True)
        ratios = (matrices @ vectors[..., None])[..., 0] / vectors
        lowest, highest = ratios.min(axis=-1), ratios.max(axis=-1)
        # Each is taken when it settles: of extreme ratios, rounding adds up again while others are still on their way.
        settled = open_still & (highest - lowest <= TOLERANCE * highest)
        found = np.where(settled[..., None], vectors, found)
        values = np.where(settled, (lowest + highest) / 2, values)
        open_still = open_still & ~settled
        if not open_still.any():
            return found, values
    raise ArithmeticError("the powers did not settle: is every element finite, and every item tied to the others?")


def reachable(known: np.ndarray) -> np.ndarray:
    """Which items are tied to which by a chain of comparisons.

    Parameters
    ----------
    known : ndarray of bool, shape (..., n, n)
        Symmetric: which pairs were compared.

    Returns
    -------
    ndarray of bool, shape (..., n, n)
    """
    size = known.shape[-1]
    reached = known | np.eye(size, dtype=bool)
    for _ in range(size.bit_length()):
        reached = (reached.astype(float) @ reached) > 0
    return reached


def harker(matrices: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Harker's matrix: 0 in each hole, and on the diagonal 1 plus the number of holes in the row.

    Its principal eigenvector and eigenvalue are those of the matrix whose holes hold the ratios of the very weights
    that result: nobody has to guess a value first.
    """
    filled = np.where(known, matrices, 0.0)
    diagonal = np.arange(known.shape[-1])
    filled[..., diagonal, diagonal] = 1 + (~known).sum(axis=-1)
    return filled


def completed(matrices: np.ndarray) -> np.ndarray:
    """Each matrix with its holes filled by the ratios of its own weights (Harker, 1987).

    Parameters
    ----------
    matrices : ndarray, shape (..., n, n)
        Holes are NaN, in pairs.

    Returns
    -------
    ndarray, shape (..., n, n)
        The given elements unchanged.

    Raises
    ------
    ValueError
        When the comparisons leave some item untied to the others: no ratio follows from them.
    """
    known = ~np.isnan(matrices)
    if known.all():
        return matrices
    if not reachable(known).all():
        raise ValueError("the comparisons do not tie every item to the others")
    vectors, _ = principal(harker(matrices, known))
    return np.where(known, matrices, vectors[..., :, None] / vectors[..., None, :])


def weights(matrix: np.ndarray, method: str = "eigenvector") -> np.ndarray:
    """Weights of the items, which sum to 1; holes are completed first, whatever the method.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Positive and reciprocal; holes are NaN.
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
    matrix = completed(matrix)
    if method == "eigenvector":
        return principal(matrix)[0]
    if method == "geometric_mean":
        raw = np.exp(np.log(matrix).mean(axis=1))
    elif method == "normalised_columns":
        raw = (matrix / matrix.sum(axis=0)).mean(axis=1)
    else:
        raise UserError(f"unknown method {method!r}; accepted: {', '.join(METHODS)}", where="ahp method")
    return raw / raw.sum()
