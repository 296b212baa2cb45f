"""Simulated customers with known parameters: event by event, independent of the formulas under test.

Times are in days; everybody's age is drawn between `youngest` and `oldest`.
"""

import numpy as np

from orchestration.scoring.clv.histogram import Histogram


def orders_until(chance, rates, ends, extra: float = 0.0):
    """Frequency, recency and orders in the `extra` days after, of Poisson orders until each one's own end.

    `ends` of shape (customers,) are moments; orders after them do not happen. Order days are not collapsed.
    """
    ages, lifetimes = ends
    frequency, recency, later = (np.zeros(len(rates)) for _ in range(3))
    moment = np.zeros(len(rates))
    going = np.ones(len(rates), bool)
    while going.any():
        moment[going] += chance.exponential(1 / rates[going])
        going &= (moment <= lifetimes) & (moment <= ages + extra)
        within = going & (moment <= ages)
        frequency[within] += 1
        recency[within] = moment[within]
        later[going & ~within] += 1
    return frequency, recency, later


def bg_nbd(parameters, customers, seed, *, modified=False, youngest=50, oldest=400, extra=0.0):
    """Customers who may stop after an order; `modified`: after the first one too. Also their orders later."""
    r, alpha, a, b = parameters
    chance = np.random.default_rng(seed)
    ages = np.floor(chance.uniform(youngest, oldest, customers))
    rates = chance.gamma(r, 1 / alpha, customers)
    stops = chance.beta(a, b, customers)
    frequency, recency, later = (np.zeros(customers) for _ in range(3))
    moment = np.zeros(customers)
    going = chance.uniform(size=customers) >= stops if modified else np.ones(customers, bool)
    while going.any():
        moment[going] += chance.exponential(1 / np.maximum(rates[going], 1e-300))
        going &= moment <= ages + extra
        within = going & (moment <= ages)
        frequency[within] += 1
        recency[within] = moment[within]
        later[going & ~within] += 1
        going &= chance.uniform(size=customers) >= stops
    return Histogram.of(frequency, recency, ages), (frequency, recency, ages, later)


def pareto_nbd(parameters, customers, seed, *, youngest=50, oldest=400, extra=0.0):
    """Customers who stop at a moment that no order marks; s = 0: never."""
    r, alpha, s, beta = parameters
    chance = np.random.default_rng(seed)
    ages = np.floor(chance.uniform(youngest, oldest, customers))
    rates = np.maximum(chance.gamma(r, 1 / alpha, customers), 1e-300)
    lifetimes = chance.exponential(1 / np.maximum(chance.gamma(s, 1 / beta, customers), 1e-300)) if s else np.inf
    frequency, recency, later = orders_until(chance, rates, (ages, lifetimes), extra)
    return Histogram.of(frequency, recency, ages), (frequency, recency, ages, later)
