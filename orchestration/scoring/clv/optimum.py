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
SMALLEST_STEP = 1e-9
FLATTEST = 1e-10  # least curvature that a step is divided by
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
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    # The matrices are tiny: on a busy machine, BLAS threads that wait for one another make a fit 20 times as long.
    with threadpool_limits(1, user_api="blas"):
        return _maximise(minimize, objective, quick, starts, low, high)


def _maximise(minimize, objective, quick, starts, low, high) -> Optimum:
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
            best = -found.fun, found.x, found.nit, name
    _, place, iterations, start = best
    curvature = information(quick, place, low, high)
    if quick is not objective:
        place, steps = _climb(quick, place, curvature, low, high)
        curvature = information(quick, place, low, high)
    place, steps = _climb(objective, place, curvature, low, high)
    value, gradient = objective(place)
    held = _held(place, gradient, low, high)
    return Optimum(
        place=place,
        value=value,
        gradient_norm=float(np.abs(gradient[~held]).max(initial=0.0)),
        iterations=iterations + steps,
        start=start,
        edges=np.where(held, np.sign(gradient), 0).astype(int),
        information=information(objective, place, low, high),
    )


def information(objective: Objective, place: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Minus the second derivatives, from central differences of the gradient (one-sided at a bound)."""
    rows = []
    for number in range(len(place)):
        ends = []
        for side in (1e-4, -1e-4):
            end = place.copy()
            end[number] = np.clip(place[number] + side, low[number], high[number])
            ends.append((end[number], objective(end)[1]))
        (ahead, after), (behind, before) = ends
        rows.append((before - after) / (ahead - behind))
    return (np.array(rows) + np.array(rows).T) / 2


def _climb(objective: Objective, place, curvature, low, high) -> tuple[np.ndarray, int]:
    """Newton steps within the bounds, the curvature kept for some steps: it changes little near the top."""
    value, gradient = objective(place)
    for step_number in range(1, CLIMBS + 1):
        if step_number % ANEW == 0:
            curvature = information(objective, place, low, high)
        free = ~_held(place, gradient, low, high)
        if not free.any():
            return place, step_number
        curves, axes = np.linalg.eigh(curvature[np.ix_(free, free)])
        step = np.zeros(len(place))
        step[free] = axes @ ((axes.T @ gradient[free]) / np.maximum(np.abs(curves), FLATTEST))
        step /= max(1.0, np.abs(step).max())
        size = 1.0
        while True:
            further = np.clip(place + size * step, low, high)
            farther_value, farther_gradient = objective(further)
            if farther_value >= value - 1e-14 * abs(value) or size < 1e-6:
                break
            size /= 4
        if size < 1e-6:
            return place, step_number
        moved = np.abs(further - place).max()
        place, value, gradient = further, farther_value, farther_gradient
        if moved < SMALLEST_STEP:
            return place, step_number
    return place, CLIMBS


def _held(place, gradient, low, high) -> np.ndarray:
    """Coordinates at a bound with the gradient pointing beyond it."""
    return ((place <= low) & (gradient < 0)) | ((place >= high) & (gradient > 0))
