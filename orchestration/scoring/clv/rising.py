"""Logarithms of rising factorials for all frequencies at once, with their derivatives.

Sums, not differences of log-gamma: exact also where a shape is 1e4 and log-gamma's leading digits cancel.
"""

import numpy as np


def log_rising(shape: float, highest: int) -> tuple[np.ndarray, np.ndarray]:
    """ln (shape)_x = ln Gamma(shape + x) - ln Gamma(shape) for x = 0 .. highest, and its derivative by shape."""
    steps = shape + np.arange(highest)
    return _sums(np.log(steps)), _sums(1 / steps)


def log_staying(a: float, b: float, highest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ln B(a, b + x) / B(a, b) for x = 0 .. highest, and its derivatives by a and b.

    The chance of x times not leaving when each time's chance of leaving is Beta(a, b): the product of
    (b + i) / (a + b + i), i < x.
    """
    steps = np.arange(highest)
    log_stay = _sums(-np.log1p(a / (b + steps)))
    by_a = _sums(-1 / (a + b + steps))
    return log_stay, by_a, _sums(a / ((b + steps) * (a + b + steps)))


def _sums(terms: np.ndarray) -> np.ndarray:
    """Running sums that begin with 0."""
    return np.concatenate(([0.0], np.cumsum(terms)))
