"""NBD: orders at Gamma distributed rates by customers who never stop; the end of the chain of count models.

Each customer orders at a constant rate lambda, lambda is Gamma(r, alpha) over customers (Ehrenberg 1959). Unit of
alpha: the histogram's time. With x repeats in age T: L = Gamma(r + x) / Gamma(r) alpha^r / (alpha + T)^(r + x).
"""

from typing import ClassVar

import numpy as np

from orchestration.scoring.clv.count_model import CountModel, log_negative_binomial, log_ways
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.maximum_likelihood import Coordinate
from orchestration.scoring.clv.rising import log_rising

RATE_SHAPE = Coordinate("shape of rates", 1e-3, 1e4, "", "alike_rates")
MEAN_GAP = Coordinate("mean gap", 1e-8, 1e8)


class Nbd(CountModel):
    """Parameters r, alpha."""

    key = "nbd"
    names = ("r", "alpha")
    coordinates = (RATE_SHAPE, MEAN_GAP)
    basis = ((1, 0), (1, 1))
    units = (0, 1)
    starts: ClassVar[dict[str, tuple[float, ...]]] = {"mixed": (0.5, 1), "alike": (5, 1), "unlike": (0.1, 1)}

    def log_likelihood(self, histogram: Histogram) -> tuple[float, np.ndarray]:
        return negative_binomial_part(*self.parameters, histogram)

    def _p_alive(self, histogram: Histogram) -> np.ndarray:
        return np.ones(len(histogram))

    def _orders_if_alive(self, histogram: Histogram, span: float, rate: float) -> np.ndarray:
        r, alpha = self.parameters
        time = -np.expm1(-rate * span) / rate if rate else span
        return (r + histogram.frequency) / (alpha + histogram.age) * time

    def _probabilities_if_alive(self, histogram: Histogram, span: float, highest: int) -> np.ndarray:
        r, alpha = self.parameters
        shape = r + histogram.frequency
        return np.exp(log_negative_binomial(log_ways(shape, highest), shape, alpha + histogram.age, span))


def negative_binomial_part(r: float, alpha: float, histogram: Histogram) -> tuple[float, np.ndarray]:
    """Sum over customers of ln (r)_x - r ln(1 + T / alpha) - x ln(alpha + T), and its gradient by r and alpha.

    It needs the customers of each frequency and of each age only, not the cells.
    """
    rising, by_r = log_rising(r, len(histogram.customers_by_frequency) - 1)
    ages = histogram.distinct_ages[0]
    log_growth = np.log1p(ages / alpha)
    customers, repeats = histogram.customers_by_age, histogram.repeats_by_age
    value = histogram.customers_by_frequency @ rising - r * (customers @ log_growth) - repeats @ np.log(alpha + ages)
    return value, np.array(
        [
            histogram.customers_by_frequency @ by_r - customers @ log_growth,
            customers @ (r * ages / (alpha * (alpha + ages))) - repeats @ (1 / (alpha + ages)),
        ]
    )
