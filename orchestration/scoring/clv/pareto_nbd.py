"""Pareto/NBD: orders at Gamma distributed rates until a customer stops, at a moment that no order marks.

Rates lambda are Gamma(r, alpha), rates to stop mu are Gamma(s, beta) over customers (Schmittlein, Morrison and
Colombo 1987). With x repeats, the last at t_x, in age T:

    L = Gamma(r + x) / Gamma(r) * alpha^r beta^s * [(alpha + T)^-(r + x) (beta + T)^-s + I]
    I = s * integral from t_x to T of (alpha + u)^-(r + x) (beta + u)^-(s + 1) du
    P(alive) = 1 / (1 + J),  J = I (alpha + T)^(r + x) (beta + T)^s

I, elsewhere written with two hypergeometric functions that cancel, is a sum of positive terms here: Gauss-Legendre in
ln(min(alpha, beta) + u), cut where the integrand has fallen by e^-40. The gradient is a mean under its weights.
Unit of alpha and beta: the histogram's time.
"""

from typing import ClassVar

import numpy as np

from orchestration.scoring.clv.count_model import CountModel, gauss_legendre, log_negative_binomial, log_ways
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.maximum_likelihood import Coordinate
from orchestration.scoring.clv.nbd import MEAN_GAP, RATE_SHAPE, negative_binomial_part

DEEPEST = 40.0  # what lies further below the highest point of an integrand, in logarithms, is left out
BLOCK = 8192  # cells at a time: bounds memory, and keeps the arrays in the processor's cache


class ParetoNbd(CountModel):
    """Parameters r, alpha, s, beta."""

    key = "pareto_nbd"
    names = ("r", "alpha", "s", "beta")
    coordinates = (
        RATE_SHAPE,
        MEAN_GAP,
        Coordinate("shape of rates to stop", 1e-3, 1e4, "stop_at_once_or_never", "alike_rates_to_stop"),
        Coordinate("mean lifetime", 1e-5, 1e6, "all_stop_at_once", "no_drop_out"),
    )
    basis = ((1, 0, 0, 0), (1, 1, 0, 0), (0, 0, 1, 0), (0, 0, 1, 1))
    units = (0, 1, 0, 1)
    starts: ClassVar[dict[str, tuple[float, ...]]] = {
        "mixed": (0.5, 0.6, 0.6, 1),
        "steady": (2, 0.9, 1, 10),
        "fleeting": (0.5, 0.2, 0.5, 0.1),
    }

    def log_likelihood(self, histogram: Histogram) -> tuple[float, np.ndarray]:
        r, alpha, s, beta = self.parameters
        value, by_rate = negative_binomial_part(r, alpha, histogram)
        ages = histogram.distinct_ages[0]
        customers = histogram.customers_by_age
        log_growth = np.log1p(ages / beta)
        value -= s * (customers @ log_growth)
        gradient = np.array([*by_rate, -(customers @ log_growth), customers @ (s * ages / (beta * (beta + ages)))])
        for first in range(0, len(histogram), BLOCK):
            cells = slice(first, first + BLOCK)
            log_stopped, means = self._stopping(
                histogram.frequency[cells], histogram.recency[cells], histogram.age[cells], gradient=True
            )
            counts = histogram.weights[cells]
            value += counts @ np.logaddexp(0.0, log_stopped)
            gradient += means @ (counts * _share(log_stopped))
        return value, gradient

    def _stopping(self, frequency, recency, age, gradient: bool = False):
        """ln J, and the gradient of ln J where it is asked for; -inf and 0 where no time has passed."""
        r, alpha, s, beta = self.parameters
        orders = r + frequency
        least, further = min(alpha, beta), abs(alpha - beta)
        power, other_power = np.broadcast_arrays(*((orders, s) if alpha <= beta else (s, orders)))
        begin, end = np.log(least + recency), np.log(least + age)
        start = np.log(least + further + recency)

        def risen(y, of=slice(None)):
            """How far ln of (alpha + u)^(r + x) (beta + u)^s has risen since t_x at ln(least + u) = y."""
            return power[of] * (y - begin[of]) + other_power[of] * (np.log(further + np.exp(y)) - start[of])

        deep = risen(end) > DEEPEST
        if deep.any():
            # The rise is convex in y: Newton from above comes down to the cut and never passes below it.
            cut = end[deep]
            for _ in range(60):
                slope = power[deep] + other_power[deep] / (further * np.exp(-cut) + 1)
                step = (risen(cut, deep) - DEEPEST) / slope
                cut -= step
                if (step < 1e-3).all():
                    break
            end[deep] = cut

        easy = (risen(end) <= 8) & (end - begin <= 3)
        log_stopped = np.empty(len(age))
        means = np.empty((4, len(age))) if gradient else None
        for size, chosen in ((12, easy), (32, ~easy)):
            cells = (orders[chosen], begin[chosen], end[chosen], age[chosen])
            log_stopped[chosen], found = self._integral(*cells, size, gradient)
            if gradient:
                means[:, chosen] = found
        return log_stopped, means

    def _integral(self, orders, begin, end, age, size: int, gradient: bool):
        """ln J by `size` nodes between begin and end, ln(least + u), and its gradient; one column a cell."""
        _, alpha, s, beta = self.parameters
        further = abs(alpha - beta)
        nodes, weights = gauss_legendre(size)
        width = end - begin
        log_near = begin + nodes[:, None] * width
        near = np.exp(log_near)  # least + u
        far = near + further
        log_far = np.log(far)
        (log_alpha, log_beta) = (log_near, log_far) if alpha <= beta else (log_far, log_near)
        (past_alpha, past_beta) = (near, far) if alpha <= beta else (far, near)
        log_alpha = log_alpha - np.log(alpha + age)
        log_beta = log_beta - np.log(beta + age)
        terms = -orders * log_alpha - s * log_beta
        highest = terms[0].copy()  # the integrand but for a slow factor: highest next to the last order
        terms -= highest
        np.exp(terms, out=terms)
        terms *= weights[:, None]
        if beta >= alpha:
            terms *= near / far
        total = terms.sum(axis=0)
        with np.errstate(divide="ignore"):
            log_stopped = highest + np.log(total * (width * s))
        if not gradient:
            return log_stopped, None
        terms /= total
        return log_stopped, np.stack(
            [
                -np.einsum("ij,ij->j", terms, log_alpha),
                orders * (1 / (alpha + age) - (terms / past_alpha).sum(axis=0)),
                1 / s - np.einsum("ij,ij->j", terms, log_beta),
                s / (beta + age) - (s + 1) * (terms / past_beta).sum(axis=0),
            ]
        )

    def _p_alive(self, histogram: Histogram) -> np.ndarray:
        alive = np.empty(len(histogram))
        for first in range(0, len(histogram), BLOCK):
            cells = slice(first, first + BLOCK)
            log_stopped, _ = self._stopping(histogram.frequency[cells], histogram.recency[cells], histogram.age[cells])
            alive[cells] = _share(-log_stopped)
        return alive

    def _orders_if_alive(self, histogram: Histogram, span: float, rate: float) -> np.ndarray:
        """(r + x) / (alpha + T) times the integral of e^(-rate u) (1 + u / (beta + T))^-s, by age alone."""
        r, alpha, s, beta = self.parameters
        ages, age_of = histogram.distinct_ages
        time = (beta + ages)[:, None]
        until = np.minimum(np.log1p(span / time), DEEPEST / max(s - 1, 1e-9))
        nodes, weights = gauss_legendre(48)
        y = nodes * until
        lived = (weights * until * time * np.exp((1 - s) * y - rate * time * np.expm1(y))).sum(axis=1)
        return (r + histogram.frequency) * (lived / (alpha + ages))[age_of]

    def _probabilities_if_alive(self, histogram: Histogram, span: float, highest: int) -> np.ndarray:
        """n orders and still alive at the end, or n orders until a stop at u, over all u in the span."""
        r, alpha, s, beta = self.parameters
        orders, time, life = r + histogram.frequency, alpha + histogram.age, beta + histogram.age
        ways = log_ways(orders, highest)
        result = np.exp(log_negative_binomial(ways, orders, time, span) - s * np.log1p(span / life)[:, None])
        # In y = ln(1 + u / v), v the shorter of the times in which orders and stops get going.
        v = np.minimum(life / (s + 1), time / orders)
        until = np.log1p(span / v)
        for node, weight in zip(*gauss_legendre(64), strict=True):
            y = node * until
            u = v * np.expm1(y)
            stop = np.log(weight * until * v * s / life) + y - (s + 1) * np.log1p(u / life)
            stopped = log_negative_binomial(ways, orders, time, u)
            stopped += stop[:, None]
            result += np.exp(stopped, out=stopped)
        return result


def _share(log_odds: np.ndarray) -> np.ndarray:
    from scipy.special import expit

    return expit(log_odds)
