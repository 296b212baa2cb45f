"""Shifted beta-geometric: how long customers under contract renew (Fader and Hardie 2007).

At each renewal a customer leaves with a chance theta of its own, Beta(a, b) over customers. The share that survives n
renewals is S(n) = B(a, b + n) / B(a, b); who has renewed n times renews again with (b + n) / (a + b + n), so that
retention rises with time although nobody changes. Time is counted in contract periods.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from orchestration.errors import UserError
from orchestration.scoring.clv.bg_nbd import ODDS_TO_STOP, STOP_LIKENESS
from orchestration.scoring.clv.histogram import HIGHEST_FREQUENCY, InvalidHistory
from orchestration.scoring.clv.maximum_likelihood import Chart, Coordinate, Fit, coordinates_of, fit_model
from orchestration.scoring.clv.rising import log_staying


@dataclass(frozen=True, eq=False)
class Renewals:
    """How many customers renewed how often, and whether they then left.

    Parameters
    ----------
    renewals : ndarray of int, shape (cells,)
        Renewals so far, 0 or more.
    has_left : ndarray of bool, shape (cells,)
        True: left at the next renewal; False: still under contract.
    counts : ndarray of int, shape (cells,)
        Customers, 1 at least.

    Raises
    ------
    InvalidHistory
        A ValueError that names the first row that breaks a rule.
    """

    renewals: np.ndarray
    has_left: np.ndarray
    counts: np.ndarray

    def __post_init__(self):
        given = {name: np.asarray(getattr(self, name), float) for name in ("renewals", "has_left", "counts")}
        if len({column.shape for column in given.values()}) > 1 or given["renewals"].ndim != 1:
            raise InvalidHistory("columns differ in length", where="renewals")
        if not len(given["renewals"]):
            raise InvalidHistory("there are no renewals", where="renewals", mend="give at least one customer")
        n, left, counts = given.values()
        for holds, rule in (
            ((n >= 0) & (n <= HIGHEST_FREQUENCY) & (n == np.floor(n)), "renewals must be whole, 0 at least"),
            ((left == 0) | (left == 1), "has_left must be true or false"),
            ((counts >= 1) & (counts == np.floor(counts)), "counts must be whole, 1 at least"),
        ):
            if not holds.all():
                row = int(np.argmin(holds))
                found = f"renewals {n[row]:g}, has_left {left[row]:g}, counts {counts[row]:g}"
                raise InvalidHistory(f"{rule}; found {found}", where=f"renewals, row {row} (from 0)")
        object.__setattr__(self, "renewals", n.astype(np.intp))
        object.__setattr__(self, "has_left", left.astype(bool))
        object.__setattr__(self, "counts", counts)

    @property
    def customers(self) -> float:
        """All customers."""
        return float(self.counts.sum())

    @cached_property
    def renewed(self) -> np.ndarray:
        """Customers with 0, 1, ... renewals."""
        return np.bincount(self.renewals, self.counts)

    @cached_property
    def left(self) -> np.ndarray:
        """Customers who left after 0, 1, ... renewals."""
        return np.bincount(self.renewals, self.counts * self.has_left)


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """Parameters a, b, both above 0."""

    parameters: tuple[float, float]

    key: ClassVar[str] = "shifted_beta_geometric"
    names: ClassVar[tuple[str, ...]] = ("a", "b")
    coordinates: ClassVar[tuple[Coordinate, ...]] = (ODDS_TO_STOP, STOP_LIKENESS)
    basis: ClassVar[tuple[tuple[float, ...], ...]] = ((0.5, 1), (-0.5, 1))
    units: ClassVar[tuple[float, ...]] = (0, 0)
    starts: ClassVar[dict[str, tuple[float, ...]]] = {"mixed": (0.3, 1), "steady": (0.05, 3), "alike": (0.3, 10)}

    def __post_init__(self):
        if len(self.parameters) != 2 or not all(math.isfinite(value) and value > 0 for value in self.parameters):
            raise UserError(
                f"parameters are {self.parameters}; a, b must be finite and above 0", where=f"model {self.key}"
            )

    def log_likelihood(self, renewals: Renewals) -> tuple[float, np.ndarray]:
        """Sum of ln S(n), and of ln(a / (a + b + n)) for who left; and its gradient by a and b."""
        a, b = self.parameters
        renewed, left = renewals.renewed, renewals.left
        staying, by_a, by_b = log_staying(a, b, len(renewed) - 1)
        together = a + b + np.arange(len(left))
        value = renewed @ staying + left @ (math.log(a) - np.log(together))
        pull = left @ (1 / together)
        return value, np.array([renewed @ by_a + left.sum() / a - pull, renewed @ by_b - pull])

    def survival(self, periods: int) -> np.ndarray:
        """Share of new customers still there after 0, 1, ... `periods` renewals, shape (periods + 1,)."""
        return np.exp(log_staying(*self.parameters, periods)[0])

    def retention(self, renewals: np.ndarray) -> np.ndarray:
        """Chance to renew once more of who has renewed so many times, shape as given."""
        a, b = self.parameters
        return (b + np.asarray(renewals)) / (a + b + np.asarray(renewals))

    def discounted_renewals(
        self, renewals: np.ndarray, periods: int, discount: float, periods_per_year: float
    ) -> np.ndarray:
        """Expected renewals in the next `periods` periods of customers under contract, discounted.

        Parameters
        ----------
        renewals : array-like of int, shape (customers,)
            Renewals so far.
        periods : int
            The horizon in contract periods.
        discount : float
            A year, for instance 0.10.
        periods_per_year : float
            12 for months, 1 for years.

        Returns
        -------
        ndarray, shape (customers,)
            Sum over k = 1 .. periods of S(n + k) / S(n) (1 + discount)^(-k / periods_per_year).
        """
        if not (periods >= 0 and discount > -1 and periods_per_year > 0):
            raise UserError(
                f"periods is {periods}, discount {discount}, periods_per_year {periods_per_year}; "
                "periods must be >= 0, discount > -1, periods_per_year > 0",
                where=f"model {self.key}",
            )
        distinct, place = np.unique(np.asarray(renewals, np.intp), return_inverse=True)
        ahead = np.arange(1, periods + 1)
        stays = np.cumprod(self.retention(distinct[:, None] + ahead - 1), axis=1)
        return (stays @ (1 + discount) ** (-ahead / periods_per_year))[place]


def fit_retention(renewals: Renewals, previous: ShiftedBetaGeometric | None = None) -> Fit:
    """Fit by maximum likelihood.

    Parameters
    ----------
    renewals : Renewals
    previous : ShiftedBetaGeometric, optional
        The last release's model: one more start, tried last.

    Returns
    -------
    Fit
    """
    kind = ShiftedBetaGeometric
    starts = {name: np.log(np.array(start)) for name, start in kind.starts.items()}
    if previous is not None:
        starts["previous"] = coordinates_of(previous, 1.0)
    return fit_model(Chart(kind, kind, 1.0), renewals, renewals, starts)
