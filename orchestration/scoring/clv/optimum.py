"""The highest point of a log-likelihood within bounds: several starts, one climb on all data, the gradient checked.

Knows functions and coordinates only; what they mean is the models' part. Values are means per customer, so that a
tolerance means the same for ten customers and for ten million.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]

STEEPEST = 1e-7  # a larger gradient, per customer and free coordinate, is no optimum
BETTER = 1e-9  # a later start wins by more than this; the previous parameters come last
ROUNDING = 1e-10  # of values where shapes are 1e4; the gradient is exact to more digits, and has the last word
SMALLEST_STEP = 1e-9  # steps shorter than this end a climb
SHORTEST = 1e-4  # share of a step below which no way up is left but for rounding
FLATTEST = 1e-10  # least curvature that a step is divided by
NEAR = 1e-3  # a step this short ends near enough to the top for the curvature to hold
ASIDE = 1e-5  # step of the differences
CLIMBS, ANEW = 60, 8  # steps at most, and after how many the curvature is taken anew


@dataclass(frozen=True)
class Optimum:
    """Where a fit ended.

    place : ndarray, shape (coordinates,)
    value : float
    gradient_norm : float
        Largest component of the gradient that bounds do not hold.
    iterations : int
        Of the winning start and of the last climb.
    start : str
        Name of the start that won.
    edges : ndarray of int, shape (coordinates,)
        -1 at the lower bound, 1 at the upper, 0 within.
    information : ndarray, shape (coordinates, coordinates)
        Minus the second derivatives at the place.
    """

    place: np.ndarray
    value: float
    gradient_norm: float
    iterations: int
    start: str
    edges: np.ndarray
    information: np.ndarray

    @property
    def has_settled(self) -> bool:
        """Whether the gradient says that this is an optimum."""
        return self.gradient_norm <= STEEPEST


def maximise(
    objective: Objective,
    quick: Objective,
    starts: dict[str, np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
) -> Optimum:
    """Climb `quick` from each start, and from its best place climb `objective`.

    Parameters
    ----------
    objective : callable
        Mean log-likelihood and gradient of all customers.
    quick : callable
        The same of a sample, close enough to lead to the foot of the last climb; may be `objective` itself.
    starts : dict of str to ndarray, shape (coordinates,)
        Tried in this order; they are moved within the bounds.
    low, high : ndarray, shape (coordinates,)

    Returns
    -------
    Optimum
    """
    from threadpoolctl import threadpool_limits

    # The matrices are tiny: on a busy machine, BLAS threads that wait for one another make a fit 20 times as long.
    with threadpool_limits(1, user_api="blas"):
        place, iterations, start = _best_end(quick, starts, low, high)
        top, steps = _climb(quick, place, None, low, high)
        if quick is not objective:
            top, steps = _climb(objective, top.place, top.curvature, low, high)
    held = _held(top.place, top.gradient, low, high)
    return Optimum(
        place=top.place,
        value=top.value,
        gradient_norm=float(np.abs(top.gradient[~held]).max(initial=0.0)),
        iterations=iterations + steps,
        start=start,
        edges=np.where(held, np.sign(top.gradient), 0).astype(int),
        information=top.curvature,
    )


def _best_end(quick: Objective, starts, low, high) -> tuple[np.ndarray, int, str]:
    """The highest of the places that the starts lead to, the iterations to it, and the start's name."""
    from scipy.optimize import minimize

    best = None
    for name, start in starts.items():
        found = minimize(
            lambda place: tuple(-part for part in quick(place)),
            np.clip(start, low, high),
            jac=True,
            method="L-BFGS-B",
            bounds=list(zip(low, high, strict=True)),
            options={"maxiter": 500, "maxfun": 1000, "gtol": 1e-6, "ftol": 1e-13},
        )
        if best is None or -found.fun > best[0] + BETTER:
            best = -found.fun, (found.x, found.nit, name)
    return best[1]


@dataclass
class _Point:
    """A place, what was found there, and the curvature there or not far from it."""

    place: np.ndarray
    value: float
    gradient: np.ndarray
    curvature: np.ndarray | None


def _curvature(objective: Objective, point: _Point, high: np.ndarray) -> np.ndarray:
    """Minus the second derivatives, from differences of the gradient: one call a coordinate, right to about 1e-5."""
    rows = []
    for number in range(len(point.place)):
        beside = point.place.copy()
        beside[number] += ASIDE if beside[number] + ASIDE <= high[number] else -ASIDE
        rows.append((point.gradient - objective(beside)[1]) / (beside[number] - point.place[number]))
    return (np.array(rows) + np.array(rows).T) / 2


def _climb(objective: Objective, place, curvature, low, high) -> tuple[_Point, int]:
    """Newton steps within the bounds.

    A curvature that is given, from a sample, leads near the top; there it is taken once more, on all data, and
    changes too little from then on to be worth the calls. It also is what standard errors come from.
    """
    point = _Point(place, *objective(place), curvature)
    own, moved = False, np.inf
    for step_number in range(1, CLIMBS + 1):
        if point.curvature is None or (not own and moved < NEAR) or step_number % ANEW == 0:
            point.curvature, own = _curvature(objective, point, high), True
        free = ~_held(point.place, point.gradient, low, high)
        curves, axes = np.linalg.eigh(point.curvature[np.ix_(free, free)])
        step = np.zeros(len(place))
        step[free] = axes @ ((axes.T @ point.gradient[free]) / np.maximum(np.abs(curves), FLATTEST))
        step /= max(1.0, np.abs(step).max())
        size = 1.0
        while size >= SHORTEST:
            further = np.clip(point.place + size * step, low, high)
            value, gradient = objective(further)
            if value >= point.value - ROUNDING * (1 + abs(point.value)):
                break
            size /= 4
        else:
            break
        moved = np.abs(further - point.place).max()
        point = _Point(further, value, gradient, point.curvature)
        if moved < SMALLEST_STEP:
            break
    if not own:
        point.curvature = _curvature(objective, point, high)
    return point, step_number


def _held(place, gradient, low, high) -> np.ndarray:
    """Coordinates at a bound with the gradient pointing beyond it."""
    return ((place <= low) & (gradient < 0)) | ((place >= high) & (gradient > 0))
