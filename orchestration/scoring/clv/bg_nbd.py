"""BG/NBD and MBG/NBD: orders at Gamma distributed rates; after an order a customer may stop for good.

Rates lambda are Gamma(r, alpha) over customers, the chance p to stop after an order is Beta(a, b). In BG/NBD (Fader,
Hardie and Lee 2005) the first stop can come after the first repeat, so that P(alive) of a one-time buyer is 1 however
long ago the order was; in MBG/NBD (Batislam, Denizel and Filiztekin 2007) it can come after the first order too.
With x repeats, the last at t_x, in age T, and s = 0 for BG/NBD, 1 for MBG/NBD:

    L = B(a, b + x + s) / B(a, b) * Gamma(r + x) / Gamma(r) * alpha^r / (alpha + T)^(r + x) * (1 + e^G)
    G = ln a - ln(b + x + s - 1) + (r + x) ln((alpha + T) / (alpha + t_x));  without the e^G where s = 0 and x = 0
    P(alive) = 1 / (1 + e^G)

Who is alive at T is as a new customer with rates Gamma(r + x, alpha + T) and chances Beta(a, b + x + s); this serves
expected orders and their distribution. Unit of alpha: the histogram's time.
"""

import math
from typing import ClassVar

import numpy as np

from orchestration.scoring.clv.count_model import CountModel, gauss_legendre, log_negative_binomial, log_ways
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.maximum_likelihood import Coordinate
from orchestration.scoring.clv.nbd import MEAN_GAP, RATE_SHAPE, negative_binomial_part
from orchestration.scoring.clv.rising import log_staying

# a / b and the root of a b: a Beta distribution's ends lie along these.
ODDS_TO_STOP = Coordinate("odds to stop", 1e-6, 1e6, "no_drop_out", "all_stop_at_once")
STOP_LIKENESS = Coordinate("likeness of chances to stop", 1e-3, 1e3, "stop_at_once_or_never", "alike_chances_to_stop")


class BgNbd(CountModel):
    """Parameters r, alpha, a, b."""

    key = "bg_nbd"
    names = ("r", "alpha", "a", "b")
    coordinates = (RATE_SHAPE, MEAN_GAP, ODDS_TO_STOP, STOP_LIKENESS)
    basis = ((1, 0, 0, 0), (1, 1, 0, 0), (0, 0, 0.5, 1), (0, 0, -0.5, 1))
    units = (0, 1, 0, 0)
    starts: ClassVar[dict[str, tuple[float, ...]]] = {
        "mixed": (0.5, 0.6, 0.3, 1),
        "steady": (2, 0.9, 0.05, 2),
        "fleeting": (0.5, 0.2, 2, 0.7),
        "alike": (10, 0.8, 0.1, 10),
    }
    shift = 0

    def log_likelihood(self, histogram: Histogram) -> tuple[float, np.ndarray]:
        r, alpha, a, b = self.parameters
        counting, by_rate = negative_binomial_part(r, alpha, histogram)
        customers, shift = histogram.customers_by_frequency, self.shift
        staying, by_a, by_b = (table[shift:] for table in log_staying(a, b, len(customers) - 1 + shift))
        value = counting + customers @ staying
        gradient = np.array([*by_rate, customers @ by_a, customers @ by_b])

        gaps, log_odds = self._log_odds(histogram)
        odds = np.exp(-np.abs(log_odds))  # the smaller of e^G and e^-G
        value += histogram.weights @ (np.maximum(log_odds, 0.0) + np.log1p(odds))
        stopped = histogram.weights * np.where(log_odds > 0, 1.0, odds) / (1 + odds)
        by_order = np.bincount(histogram.orders, stopped)
        stopped_rate = stopped * (r + histogram.frequency)
        (ages, age_of), (recencies, recency_of) = histogram.distinct_ages, histogram.distinct_recencies
        orders = np.arange(1 - shift, len(by_order))  # without shift nobody has stopped at no repeat
        gradient += [
            stopped @ gaps,
            np.bincount(age_of, stopped_rate) @ (1 / (alpha + ages))
            - np.bincount(recency_of, stopped_rate) @ (1 / (alpha + recencies)),
            by_order.sum() / a,
            -(by_order[1 - shift :] @ (1 / (b + orders + (shift - 1)))),
        ]
        return value, gradient

    def _log_odds(self, histogram: Histogram) -> tuple[np.ndarray, np.ndarray]:
        """ln((alpha + T) / (alpha + t_x)) and G, log odds of having stopped; logarithms of distinct values only."""
        r, alpha, a, b = self.parameters
        (ages, age_of), (recencies, recency_of) = histogram.distinct_ages, histogram.distinct_recencies
        gaps = np.log(alpha + ages)[age_of]
        gaps -= np.log(alpha + recencies)[recency_of]
        least = 1 - self.shift
        orders = np.arange(least, len(histogram.customers_by_frequency))
        first = np.concatenate(([-np.inf] * least, math.log(a) - np.log(b + orders + (self.shift - 1))))
        log_odds = (r + histogram.frequency) * gaps
        log_odds += first[histogram.orders]
        return gaps, log_odds

    def _p_alive(self, histogram: Histogram) -> np.ndarray:
        from scipy.special import expit

        return expit(-self._log_odds(histogram)[1])

    def _orders_if_alive(self, histogram: Histogram, span: float, rate: float) -> np.ndarray:
        """By the integral of the order rate; each ingredient depends on the frequency or on the age alone.

        In z = u / (alpha + T) the rate is (r + x) R_x(z), R_x(z) = 2F1(r + x + 1, a; a + b + x + s; -z). R_x is
        smooth in q = ln(1 + k z): a Chebyshev series of it, integrated against exp(-rate u), makes the answer the
        product of a row for x and a column for T. No singularity at a = 1, and none where a + b < 1.
        """
        r, alpha, a, b = self.parameters
        orders, order_of = np.unique(histogram.orders, return_inverse=True)
        ages, age_of = histogram.distinct_ages
        shape, chance = r + orders, b + orders + self.shift
        scale = max(1.0, float(np.max((shape + 1) * a / (a + chance))))
        farthest = math.log1p(scale * span / (alpha + ages[0]))
        degree = 24 + math.ceil(10 * farthest)
        angles = (np.arange(degree) + 0.5) * (math.pi / degree)
        points = np.expm1((np.cos(angles) + 1) / 2 * farthest) / scale
        series = _order_rate(shape + 1, a, chance, points) @ np.cos(np.outer(angles, np.arange(degree)))
        series *= (2 / degree) * shape[:, None]
        series[:, 0] /= 2

        nodes, weights = gauss_legendre(degree // 2 + 16)
        answer = np.empty(len(histogram))
        block = 1024  # ages at a time: bounds memory where there are as many ages as customers
        for first in range(0, len(ages), block):
            time = alpha + ages[first : first + block, None]
            until = np.log1p(scale * span / time)
            place = nodes * until
            weight = weights * until * np.exp(place - rate * time * np.expm1(place) / scale) / scale
            angle = np.arccos(np.clip(2 * place / farthest - 1, -1, 1))
            columns = np.stack([(weight * np.cos(power * angle)).sum(axis=1) for power in range(degree)])
            here = slice(None) if len(ages) <= block else (age_of >= first) & (age_of < first + block)
            answer[here] = (series @ columns)[order_of[here], age_of[here] - first]
        return answer

    def _probabilities_if_alive(self, histogram: Histogram, span: float, highest: int) -> np.ndarray:
        """n orders and still alive, or stopped at the n-th with at least n due (Fader, Hardie and Lee 2005, eq. 8)."""
        from scipy.special import betainc

        r, alpha, a, b = self.parameters
        shape, scale = r + histogram.frequency, alpha + histogram.age
        chance = b + histogram.frequency[:, None] + self.shift
        orders = np.arange(highest)
        stays = -np.log1p(a / (chance + orders))
        stayed = np.concatenate((np.zeros((len(shape), 1)), np.cumsum(stays, axis=1)), axis=1)
        result = np.exp(stayed + log_negative_binomial(log_ways(shape, highest), shape, scale, span))
        due = betainc(orders + 1, shape[:, None], (span / (scale + span))[:, None])
        result[:, 1:] += np.exp(stayed[:, :-1]) * a / (a + chance + orders) * due
        return result


class MbgNbd(BgNbd):
    """Parameters r, alpha, a, b; a customer may stop after the first order too."""

    key = "mbg_nbd"
    shift = 1


def _order_rate(power: np.ndarray, a: float, chance: np.ndarray, points: np.ndarray) -> np.ndarray:
    """E (1 + p z)^-power over p ~ Beta(a, chance), that is 2F1(power, a; a + chance; -z), for each power and z.

    The trapezoidal rule in u = logit p converges faster than any power of its step. The chord from p = 0 to p = 1 is
    taken out and added exactly, so that the rest vanishes at both ends however small a or chance is.

    Parameters
    ----------
    power, chance : ndarray, shape (frequencies,)
    points : ndarray, shape (degree,)
        z >= 0.

    Returns
    -------
    ndarray, shape (frequencies, degree)
    """
    from scipy.special import betaln, polygamma

    spread = math.sqrt(polygamma(1, a) + polygamma(1, chance.max()))
    step = min(0.25, 0.7 * spread)
    reach = 45 + math.log1p(float(power.max() * points.max()))
    centre = math.log(a) - np.log(chance)
    low = centre.min() - reach / (a + 1) - 9 * min(spread, 1.0)
    high = centre.max() + reach / (chance.min() + 1) + 9 * min(spread, 1.0)
    u = np.arange(low, high, step)[:, None]
    log_p, log_other = -np.logaddexp(0.0, -u), -np.logaddexp(0.0, u)
    log_growth = np.log1p(np.exp(log_p) * points)
    result = np.empty((len(power), len(points)))
    for row, (exponent, other) in enumerate(zip(power, chance, strict=True)):
        weight = step * np.exp(a * log_p + other * log_other - betaln(a, other))
        last = np.exp(-exponent * np.log1p(points))
        bend = np.exp(-exponent * log_growth) - np.exp(log_other) - np.exp(log_p) * last
        result[row] = other / (a + other) + last * (a / (a + other)) + weight[:, 0] @ bend
    return result
