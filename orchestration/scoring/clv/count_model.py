"""What every model of order counts can answer, and what each has to bring for that.

A model knows its parameters in the histogram's unit of time; spans that are asked for are in days, discounts a
year. All models answer for the customers of a histogram, row by row; a new customer is the history (0, 0, 0).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np

from orchestration.errors import UserError
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.maximum_likelihood import Coordinate
from orchestration.scoring.clv.simple import DAYS_PER_YEAR


@dataclass(frozen=True)
class CountModel(ABC):
    """Parameters of a fitted (or published) model, and its answers.

    Parameters
    ----------
    parameters : tuple of float
        In the order of `names`; all above 0.
    days_per_unit : float
        The unit of time of the parameters: 1 for days, 7 for weeks.
    """

    parameters: tuple[float, ...]
    days_per_unit: float = 1.0

    key: ClassVar[str]  # how settings and tables call the model
    names: ClassVar[tuple[str, ...]]
    # ln parameters = basis @ coordinates + units * ln(mean age): the edges of the data lie along coordinates.
    coordinates: ClassVar[tuple[Coordinate, ...]]
    basis: ClassVar[tuple[tuple[float, ...], ...]]
    units: ClassVar[tuple[float, ...]]
    starts: ClassVar[dict[str, tuple[float, ...]]]  # exp(coordinates), with the mean gap as a share of the naive one

    def __post_init__(self):
        good = len(self.parameters) == len(self.names) and all(
            math.isfinite(value) and value > 0 for value in self.parameters
        )
        if not good:
            raise UserError(
                f"parameters are {self.parameters}; {', '.join(self.names)} must be finite and above 0",
                where=f"model {self.key}",
            )

    @abstractmethod
    def log_likelihood(self, histogram: Histogram) -> tuple[float, np.ndarray]:
        """Log-likelihood of all customers, and its gradient by the parameters (analytic)."""

    @abstractmethod
    def _p_alive(self, histogram: Histogram) -> np.ndarray:
        """P(alive) at the end of each age."""

    @abstractmethod
    def _orders_if_alive(self, histogram: Histogram, span: float, rate: float) -> np.ndarray:
        """Integral of exp(-rate u) dE[orders until u] over (0, span], for who is alive at the end of the age."""

    @abstractmethod
    def _probabilities_if_alive(self, histogram: Histogram, span: float, highest: int) -> np.ndarray:
        """P(n orders in (0, span]) for who is alive, n = 0 .. highest; shape (cells, highest + 1)."""

    def p_alive(self, histogram: Histogram) -> np.ndarray:
        """Probability that each customer still is one at the end of its age, shape (cells,)."""
        self._same_unit(histogram)
        return self._p_alive(histogram)

    def expected_orders(self, histogram: Histogram, days: float) -> np.ndarray:
        """Expected order days in the next `days` days, shape (cells,)."""
        return self.discounted_orders(histogram, days, 0.0)

    def discounted_orders(self, histogram: Histogram, days: float, discount: float) -> np.ndarray:
        """Discounted expected residual orders of the next `days` days.

        Parameters
        ----------
        histogram : Histogram
        days : float
            The horizon; 0 or more.
        discount : float
            A year, for instance 0.10: an order u days ahead weighs (1 + discount)^(-u / 365).

        Returns
        -------
        ndarray, shape (cells,)
        """
        self._same_unit(histogram)
        if not (math.isfinite(days) and days >= 0 and math.isfinite(discount) and discount > -1):
            raise UserError(f"days is {days}, discount {discount}; days must be >= 0, discount > -1", where=self.key)
        if days == 0:
            return np.zeros(len(histogram))
        rate = math.log1p(discount) / DAYS_PER_YEAR * self.days_per_unit
        return self._p_alive(histogram) * self._orders_if_alive(histogram, days / self.days_per_unit, rate)

    def order_probabilities(self, histogram: Histogram, days: float, highest: int) -> np.ndarray:
        """P(n order days in the next `days` days) for n = 0 .. highest.

        What is missing to 1 in a row is the chance of more than `highest`. Several arrays as large as the answer
        are made: ask for long histograms in parts (`Histogram.rows`).

        Returns
        -------
        ndarray, shape (cells, highest + 1)
        """
        self._same_unit(histogram)
        if not (math.isfinite(days) and days > 0 and highest >= 0):
            raise UserError(f"days is {days}, highest {highest}; days must be > 0, highest >= 0", where=self.key)
        # Who is alive depends on the recency too; what the living do depends on frequency and age alone.
        ages, age_of = histogram.distinct_ages
        _, rows, pair_of = np.unique(histogram.orders * len(ages) + age_of, return_index=True, return_inverse=True)
        alive = self._p_alive(histogram)
        living = self._probabilities_if_alive(histogram.rows(rows), days / self.days_per_unit, highest)
        chances = living[pair_of] * alive[:, None]
        chances[:, 0] += 1 - alive
        return chances

    def _same_unit(self, histogram: Histogram) -> None:
        if histogram.days_per_unit != self.days_per_unit:
            raise UserError(
                f"the model's unit of time is {self.days_per_unit:g} days, the histogram's "
                f"{histogram.days_per_unit:g}: the answers would be wrong by that factor",
                where=f"model {self.key}",
                mend="give the histogram in the unit in which the model was fitted",
            )


@cache
def gauss_legendre(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on (0, 1)."""
    nodes, weights = np.polynomial.legendre.leggauss(size)
    return (nodes + 1) / 2, weights / 2


def log_ways(shape: np.ndarray, highest: int) -> np.ndarray:
    """ln (Gamma(shape + n) / (Gamma(shape) n!)), n = 0 .. highest; shape (cells, highest + 1)."""
    orders = np.arange(highest)
    growth = np.log((shape[:, None] + orders) / (orders + 1))
    return np.concatenate((np.zeros((len(shape), 1)), np.cumsum(growth, axis=1)), axis=1)


def log_negative_binomial(ways: np.ndarray, shape: np.ndarray, scale: np.ndarray, span) -> np.ndarray:
    """ln P(n orders within span) at Gamma(shape, scale) distributed rates, for all n of the ways.

    Parameters
    ----------
    ways : ndarray, shape (cells, highest + 1)
        `log_ways` of the shape: apart, since it is the same for all spans.
    shape, scale : ndarray, shape (cells,)
    span : float, or ndarray of shape (cells,)

    Returns
    -------
    ndarray, shape (cells, highest + 1)
    """
    result = np.arange(ways.shape[1]) * -np.log1p(scale / span)[:, None]
    result += ways
    result -= (shape * np.log1p(span / scale))[:, None]
    return result
