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
from orchestration.scoring.clv.gamma_gamma import GammaGamma
from orchestration.scoring.clv.maximum_likelihood import VAGUE, Fit

SHORTER = 0.7  # a step that costs twice the likelihood that a parabola says is shortened by this, again and again


@dataclass(frozen=True)
class Point:
    """Parameters of orders and of spend, and their weight; the weights of all points sum to 1."""

    model: CountModel
    spend: GammaGamma | None = None
    weight: float = 1.0


def plausible(fit: Fit, spend_fit: Fit | None = None) -> list[Point]:
    """Points around the fitted one that stand for the uncertainty of its parameters.

    Parameters
    ----------
    fit : Fit
        Of orders, with a model.
    spend_fit : Fit, optional
        Of spend. A model that was not found by likelihood is taken as it is.

    Returns
    -------
    list of Point
        Two for each coordinate that the data determine; the fitted one alone where there is none.
    """
    spend = spend_fit.model if spend_fit else None
    orders, spends = _directions(fit), _directions(spend_fit) if spend_fit else []
    axes = len(orders) + len(spends)
    if not axes:
        return [Point(fit.model, spend)]
    weight = 1 / (2 * axes)
    points = [Point(moved, spend, weight) for direction in orders for moved in direction(axes)]
    return points + [Point(fit.model, moved, weight) for direction in spends for moved in direction(axes)]


def _directions(fit: Fit) -> list[Callable[[int], list[Any]]]:
    """For each axis of the normal law a function from the number of all axes to its two models."""
    if fit.peak is None:
        return []
    chart, optimum, customers = fit.peak.chart, fit.peak.optimum, fit.report.customers
    place, free = optimum.place, optimum.edges == 0
    if not free.any():
        return []
    low, high = chart.bounds
    objective = chart.objective(fit.peak.sample)
    top, slope = objective(place)  # the slope is that of the sample: all customers have none here
    curves, vectors = np.linalg.eigh(optimum.information[np.ix_(free, free)] * customers)
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
            models.append(chart.model_at(place + step))
        return models

    return [
        lambda axes, error=error, vector=vector: both(error, vector, axes)
        for error, vector in zip(errors, vectors.T, strict=True)
    ]
