"""The models' answers by plain integration over their mixing densities: an implementation without a closed form.

A customer's own behaviour (rate, chance or rate to stop) is simple; the models average it over the population. The
average is taken by the trapezoidal rule on a grid of ln(rate) and of logit(chance) or ln(rate to stop). The grid
serves shapes from 0.3 and frequencies to 10.
"""

import numpy as np
from scipy.special import betaln, gammainc, gammaln
from scipy.stats import poisson

STEP = 0.2
LOW = -95.0


def _gamma(shape, scale):
    """Rates and their weights: Gamma(shape, scale)."""
    u = np.arange(LOW, 6, STEP)
    return np.exp(u) / scale, STEP * np.exp(shape * u - np.exp(u) - gammaln(shape))


def _beta(a, b):
    """Chances, their complements and weights: Beta(a, b)."""
    u = np.arange(LOW, -LOW, STEP)
    log_p, log_q = -np.logaddexp(0, -u), -np.logaddexp(0, u)
    return np.exp(log_p), np.exp(log_q), STEP * np.exp(a * log_p + b * log_q - betaln(a, b))


class Mixed:
    """One history under one model: likelihood, P(alive), discounted orders and their distribution."""

    def __init__(self, model, frequency, recency, age):
        self.key = model.key
        one, two, three, four = model.parameters
        rates, weights = _gamma(one, two)
        self.rates = rates[:, None]
        if self.key == "pareto_nbd":
            stops, stop_weights = _gamma(three, four)
            together = self.rates + stops
            alive = np.exp(-together * age)
            gone = stops / together * (np.exp(-together * recency) - alive)
        else:
            shift = 1 if self.key == "mbg_nbd" else 0
            stops, stays, stop_weights = _beta(three, four)
            alive = stays ** (frequency + shift) * np.exp(-self.rates * age)
            gone = 0.0
            if shift or frequency:
                gone = stops * stays ** (frequency + shift - 1) * np.exp(-self.rates * recency)
            self.stays = stays
        self.stops = stops
        weights = weights[:, None] * stop_weights * self.rates**frequency
        self.likelihood = (weights * (alive + gone)).sum()
        self.weights = weights * alive / self.likelihood
        self.p_alive = self.weights.sum()

    def orders(self, span, rate):
        """Integral of exp(-rate u) dE[orders until u] to span."""
        stopping = (self.stops if self.key == "pareto_nbd" else self.rates * self.stops) + rate
        return (self.weights * self.rates * -np.expm1(-stopping * span) / stopping).sum()

    def chance(self, orders, span):
        """P(that many orders within span)."""
        going = poisson.pmf(orders, self.rates * span)
        if self.key == "pareto_nbd":
            together = self.rates + self.stops
            share = (self.rates / together) ** orders * self.stops / together
            own = going * np.exp(-self.stops * span) + share * gammainc(orders + 1, together * span)
        else:
            own = going * self.stays**orders
            if orders:
                own = own + self.stops * self.stays ** (orders - 1) * gammainc(orders, self.rates * span)
        return (self.weights * own).sum() + (0 if orders else 1 - self.p_alive)
