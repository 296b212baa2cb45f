"""Gamma-Gamma: what a customer spends per order, from the mean of the orders so far (Fader and Hardie 2013).

The x repeat orders of a customer are Gamma(p, nu), nu is Gamma(q, gamma) over customers. For their mean m:

    ln f(m | x) = -ln B(p x, q) - ln m - p x ln(1 + gamma / (x m)) - q ln(1 + x m / gamma)
    E(spend | x, m) = p (gamma + x m) / (p x + q - 1)

which draws m towards the population's mean p gamma / (q - 1), the expectation without repeats. Unit of gamma: money.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from orchestration.errors import UserError
from orchestration.scoring.clv.histogram import HIGHEST_FREQUENCY, InvalidHistory
from orchestration.scoring.clv.maximum_likelihood import (
    NOTES,
    Chart,
    Coordinate,
    Fit,
    coordinates_of,
    fit_model,
    nothing_to_fit,
)

SAMPLE = 6000  # repeat customers on whom the starts are tried
FARTHEST_MEAN = 2.0  # a fitted population mean beyond this multiple of the observed one is not believed


@dataclass(frozen=True, eq=False)
class Spending:
    """Repeat customers' order days after the first, and their mean spend on these.

    Parameters
    ----------
    frequency : ndarray of float, shape (cells,)
        Whole, 1 at least.
    mean : ndarray of float, shape (cells,)
        Above 0.
    counts : ndarray of int, shape (cells,)

    Raises
    ------
    InvalidHistory
        A ValueError that names the first row that breaks a rule.
    """

    frequency: np.ndarray
    mean: np.ndarray
    counts: np.ndarray

    def __post_init__(self):
        for name in ("frequency", "mean", "counts"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        x, mean, counts = self.frequency, self.mean, self.counts
        if not (x.shape == mean.shape == counts.shape and x.ndim == 1):
            raise InvalidHistory(f"shapes differ: {x.shape}, {mean.shape}, {counts.shape}", where="spending")
        for holds, rule in (
            ((x >= 1) & (x <= HIGHEST_FREQUENCY) & (x == np.floor(x)), "frequency must be whole, 1 at least"),
            (np.isfinite(mean) & (mean > 0), "mean spend must be above 0"),
            ((counts >= 1) & (counts == np.floor(counts)), "counts must be whole, 1 at least"),
        ):
            if not holds.all():
                row = int(np.argmin(holds))
                found = f"frequency {x[row]:g}, mean {mean[row]:g}, counts {counts[row]:g}"
                raise InvalidHistory(f"{rule}; found {found}", where=f"spending, row {row} (from 0)")

    @cached_property
    def customers(self) -> float:
        """All customers."""
        return float(self.counts.sum())

    @cached_property
    def distinct_frequencies(self) -> tuple[np.ndarray, np.ndarray]:
        """Distinct frequencies, and for each row the place of its own among them."""
        return np.unique(self.frequency.astype(np.intp), return_inverse=True)

    @cached_property
    def repeats(self) -> np.ndarray:
        """Orders of all customers in each row, shape (cells,)."""
        return self.counts * self.frequency

    @cached_property
    def inverse_totals(self) -> np.ndarray:
        """1 / (x m), shape (cells,)."""
        return 1 / (self.frequency * self.mean)

    @cached_property
    def sums_of_logarithms(self) -> tuple[float, float]:
        """Of m and of x m, over the customers."""
        means = float(self.counts @ np.log(self.mean))
        return means, means + float(self.counts @ np.log(self.frequency))

    @property
    def observed_mean(self) -> float:
        """Mean over the customers of their mean spend."""
        return float(self.counts @ self.mean / self.customers)

    def sample(self, size: int) -> "Spending":
        """About `size` rows, evenly through the order of means."""
        if len(self.mean) <= size:
            return self
        order = np.argsort(self.mean)
        rows = order[((np.arange(size) + 0.5) * (len(order) / size)).astype(np.intp)]
        return Spending(self.frequency[rows], self.mean[rows], self.counts[rows])


@dataclass(frozen=True)
class GammaGamma:
    """Parameters p, q, gamma, all above 0."""

    parameters: tuple[float, float, float]

    key: ClassVar[str] = "gamma_gamma"
    names: ClassVar[tuple[str, ...]] = ("p", "q", "gamma")
    coordinates: ClassVar[tuple[Coordinate, ...]] = (
        Coordinate("shape within customers", 1e-3, 1e4, "", "steady_spenders"),
        Coordinate("shape over customers", 1e-2, 1e4, "", "alike_spenders"),
        Coordinate("level", 1e-6, 1e6),
    )
    # gamma = level q / p: the level stays where it is when spend varies ever less, within or over customers.
    basis: ClassVar[tuple[tuple[float, ...], ...]] = ((1, 0, 0), (0, 1, 0), (-1, 1, 1))
    units: ClassVar[tuple[float, ...]] = (0, 0, 1)
    starts: ClassVar[dict[str, tuple[float, ...]]] = {
        "mixed": (3, 3, 0.7),
        "steady": (30, 3, 0.7),
        "alike": (3, 30, 1),
        "heavy": (1, 1.2, 0.3),
    }

    def __post_init__(self):
        if len(self.parameters) != 3 or not all(math.isfinite(value) and value > 0 for value in self.parameters):
            raise UserError(
                f"parameters are {self.parameters}; p, q, gamma must be finite and above 0", where="model gamma_gamma"
            )

    def log_likelihood(self, spending: Spending) -> tuple[float, np.ndarray]:
        """Log-likelihood of the means of all customers, and its gradient by p, q and gamma."""
        from scipy.special import betaln, psi

        p, q, gamma = self.parameters
        counts, repeats = spending.counts, spending.repeats
        orders, order_of = spending.distinct_frequencies
        customers = np.bincount(order_of, counts)
        shapes = p * orders
        ratio = gamma * spending.inverse_totals
        log_own = np.log1p(ratio)  # ln(1 + gamma / (x m))
        own = repeats @ log_own
        log_means, log_totals = spending.sums_of_logarithms
        others = counts @ log_own + log_totals - spending.customers * math.log(gamma)  # of ln(1 + x m / gamma)
        value = -(customers @ betaln(shapes, q)) - log_means - p * own - q * others
        together = psi(shapes + q)
        ratio += 1
        share = np.divide(1, ratio, out=ratio)  # of x m in gamma + x m
        return value, np.array(
            [
                (customers * orders) @ (together - psi(shapes)) - own,
                customers @ (together - psi(q)) - others,
                (q * (counts @ share) - p * (repeats.sum() - repeats @ share)) / gamma,
            ]
        )

    @property
    def population_mean(self) -> float | None:
        """p gamma / (q - 1), the expected spend of who has no repeat; None where q <= 1: it is not finite."""
        p, q, gamma = self.parameters
        return p * gamma / (q - 1) if q > 1 else None

    def expected_spend(self, frequency: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Expected spend per order; never negative.

        Parameters
        ----------
        frequency, mean : array-like, shape (customers,)
            The mean of a customer without repeats is not looked at; one below 0 counts as 0.

        Returns
        -------
        ndarray, shape (customers,)

        Raises
        ------
        UserError
            When q <= 1: without a finite mean there is no expectation (`fit_spend` never gives such a model).
        """
        p, q, gamma = self.parameters
        if q <= 1:
            raise UserError(f"q is {q:g}: spend per order has no finite mean", where="model gamma_gamma")
        frequency = np.asarray(frequency, float)
        total = np.where(frequency > 0, frequency * np.maximum(np.asarray(mean, float), 0.0), 0.0)
        return p * (gamma + total) / (p * frequency + (q - 1))


def fit_spend(spending: Spending, previous: GammaGamma | None = None) -> Fit:
    """Fit Gamma-Gamma by maximum likelihood.

    Parameters
    ----------
    spending : Spending
        Repeat customers whose mean is positive; may be empty.
    previous : GammaGamma, optional
        The last release's model: one more start, tried last.

    Returns
    -------
    Fit
        Where the fitted mean is not finite, or not believable, the report holds what was fitted, with the case
        'no_finite_mean', and the model to apply is (1, 2, M): E(spend) = (M + x m) / (1 + x), which counts the
        observed mean M as one order more of each customer, in the same formula.
    """
    if not len(spending.mean):
        return Fit(None, nothing_to_fit(GammaGamma.key, 0, "no_spending"))
    observed = spending.observed_mean
    starts = {name: np.log(np.array(start)) for name, start in GammaGamma.starts.items()}
    if previous is not None:
        starts["previous"] = coordinates_of(previous, observed)
    found = fit_model(Chart(GammaGamma, GammaGamma, observed), spending, spending.sample(SAMPLE), starts)
    fitted_mean, report = found.model.population_mean, found.report
    if fitted_mean is not None and fitted_mean <= FARTHEST_MEAN * observed and report.status != "not_converged":
        return found
    boundary = ", ".join(filter(None, (report.boundary, "no_finite_mean")))
    note = f"{NOTES['no_finite_mean']} {report.note}" if report.status == "not_converged" else NOTES["no_finite_mean"]
    status = report.status if report.status == "not_converged" else "boundary"
    return Fit(GammaGamma((1.0, 2.0, observed)), replace(report, status=status, boundary=boundary, note=note))
