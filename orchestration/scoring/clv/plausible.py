"""Which parameters are as plausible as the fitted ones: a few points with weights that stand for their uncertainty.

By Laplace the fitted coordinates are normal with the inverse of the information as covariance. An average over that
law is taken at two points an axis, the square root of the number of axes standard errors away: exact for all
polynomials to the third degree (McNamee and Stenger 1967). What is averaged is the predictive law, so that the
uncertainty enters by its square: of a large population one point says as much.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchestration.scoring.clv.count_model import CountModel
from orchestration.scoring.clv.gamma_gamma import GammaGamma, Spending
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.maximum_likelihood import VAGUE, coordinates_of
from orchestration.scoring.clv.optimum import Objective

SAMPLE = 8000  # customers from whom the information of one customer is taken
AT_BOUND = 1e-6  # closer than this to a bound a coordinate is held there, as the fit left it
SHORTER = 0.7  # a step that costs twice the likelihood that a parabola says is shortened by this, again and again


@dataclass(frozen=True)
class Point:
    """Parameters of orders and of spend, and their weight; the weights of all points sum to 1."""

    model: CountModel
    spend: GammaGamma | None = None
    weight: float = 1.0


def plausible(fitted: Point, histogram: Histogram, spending: Spending | None = None) -> list[Point]:
    """Points around the fitted one that stand for the uncertainty of its parameters.

    Parameters
    ----------
    fitted : Point
        Its model as it was fitted to the histogram.
    histogram : Histogram
    spending : Spending, optional
        What the spend model was fitted to; None where it was not fitted by likelihood, so that it is taken as it is.

    Returns
    -------
    list of Point
        Two for each coordinate that the data determine; the fitted one alone where there is none.
    """
    model, spend = fitted.model, fitted.spend
    unit = histogram.mean_age or 1.0  # with ages of 0 nothing was fitted in units of time
    orders = _directions(model, lambda values: type(model)(values, model.days_per_unit), histogram, unit)
    spends = []
    if spend is not None and spending is not None:
        spends = _directions(spend, GammaGamma, spending, spending.observed_mean)
    axes = len(orders) + len(spends)
    if not axes:
        return [fitted]
    weight = 1 / (2 * axes)
    points = [Point(moved, spend, weight) for direction in orders for moved in direction(axes)]
    return points + [Point(model, moved, weight) for direction in spends for moved in direction(axes)]


def _directions(model: Any, build: Callable, cells: Any, unit: float) -> list[Callable[[int], list[Any]]]:
    """For each axis of the normal law a function from the number of all axes to its two models."""
    coordinates = model.coordinates
    low = np.log([coordinate.low for coordinate in coordinates])
    high = np.log([coordinate.high for coordinate in coordinates])
    basis, scale = np.array(model.basis, float), np.array(model.units) * math.log(unit)
    customers, cells = cells.customers, cells.sample(SAMPLE)
    place = np.clip(coordinates_of(model, unit), low, high)

    def model_at(where: np.ndarray) -> Any:
        return build(tuple(np.exp(basis @ where + scale).tolist()))

    def objective(where: np.ndarray) -> tuple[float, np.ndarray]:
        there = model_at(where)
        value, gradient = there.log_likelihood(cells)
        return value / cells.customers, basis.T @ (gradient * there.parameters) / cells.customers

    free = (place > low + AT_BOUND) & (place < high - AT_BOUND)
    if not free.any():
        return []
    top, slope = objective(place)  # the slope is that of the sample: all customers have none here
    curves, vectors = np.linalg.eigh(_information(objective, place, low, high)[np.ix_(free, free)] * customers)
    errors = 1 / np.sqrt(np.maximum(curves, 1 / VAGUE**2))

    def both(error: float, vector: np.ndarray, axes: int) -> list[Any]:
        models = []
        for side in (1, -1):
            step = np.zeros(len(place))
            step[free] = side * math.sqrt(axes) * error * vector
            step = np.clip(place + step, low, high) - place
            # Along a ridge the likelihood is no parabola: a point that it refuses is not plausible.
            while (top + slope @ step - objective(place + step)[0]) * customers > axes:
                step = np.clip(place + SHORTER * step, low, high) - place
            models.append(model_at(place + step))
        return models

    return [
        lambda axes, error=error, vector=vector: both(error, vector, axes)
        for error, vector in zip(errors, vectors.T, strict=True)
    ]


def _information(objective: Objective, place: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
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
