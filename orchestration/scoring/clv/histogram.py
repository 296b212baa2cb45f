"""The input of every count model: how many customers share each (frequency, recency, age).

A likelihood needs nothing else, so that models are fitted and applied on the distinct histories, never on the
customers (methods §2.9). Which days make a history is the warehouse's part.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from orchestration.errors import UserError

# A frequency counts days with an order: a million of them are 2,700 years. Models make tables up to the highest.
HIGHEST_FREQUENCY = 1_000_000


class InvalidHistory(UserError, ValueError):
    """A history that no customer can have: which row, and why."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """Distinct histories and how many customers share each. Rows may come in any order, and twice.

    Parameters
    ----------
    frequency : ndarray of float, shape (cells,)
        Order days after the first: whole, 0 to `HIGHEST_FREQUENCY`.
    recency : ndarray of float, shape (cells,)
        First to last order day, in units of `days_per_unit` days; 0 if and only if the frequency is 0.
    age : ndarray of float, shape (cells,)
        First order day to as_of, in the same unit; at least the recency.
    counts : ndarray of int, shape (cells,)
        Customers with this history, 1 at least.
    days_per_unit : float
        The unit of time: 1 for days, 7 for weeks.

    Raises
    ------
    InvalidHistory
        A ValueError that names the first row that breaks a rule.
    """

    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    counts: np.ndarray
    days_per_unit: float = 1.0

    def __post_init__(self):
        for name in ("frequency", "recency", "age"):
            object.__setattr__(self, name, _column(name, getattr(self, name), np.float64))
        object.__setattr__(self, "counts", _column("counts", self.counts, np.int64))
        lengths = {name: len(getattr(self, name)) for name in ("frequency", "recency", "age", "counts")}
        if len(set(lengths.values())) > 1:
            raise InvalidHistory(f"columns differ in length: {lengths}", where="histogram")
        if not lengths["frequency"]:
            raise InvalidHistory("the histogram is empty", where="histogram", mend="give at least one history")
        if not (np.isfinite(self.days_per_unit) and self.days_per_unit > 0):
            raise InvalidHistory(f"days_per_unit is {self.days_per_unit}; it must be above 0", where="histogram")
        x, recency, age = self.frequency, self.recency, self.age
        for holds, rule in (
            (np.isfinite(x) & np.isfinite(recency) & np.isfinite(age), "every value must be finite"),
            ((x >= 0) & (x == np.floor(x)), "frequency must be a whole number, 0 at least"),
            (x <= HIGHEST_FREQUENCY, f"frequency must be at most {HIGHEST_FREQUENCY:,}"),
            ((recency >= 0) & (recency <= age), "recency must lie between 0 and age"),
            ((x == 0) == (recency == 0), "frequency must be 0 if and only if recency is 0"),
            (self.counts > 0, "counts must be 1 at least"),
        ):
            if not holds.all():
                row = int(np.argmin(holds))
                found = f"frequency {x[row]:g}, recency {recency[row]:g}, age {age[row]:g}, counts {self.counts[row]}"
                raise InvalidHistory(f"{rule}; found {found}", where=f"histogram, row {row} (from 0)")

    @classmethod
    def of(cls, frequency, recency, age, counts=None, *, days_per_unit: float = 1.0) -> "Histogram":
        """The histogram of customers, one an entry: equal histories become one row, sorted.

        Parameters
        ----------
        frequency, recency, age : array-like, shape (customers,)
        counts : array-like of int, shape (customers,), optional
            Customers for each entry; one by default.
        days_per_unit : float

        Returns
        -------
        Histogram
        """
        given = cls(frequency, recency, age, np.ones(len(frequency), int) if counts is None else counts, days_per_unit)
        key = given._key()
        order = np.argsort(key)
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        rows = order[starts]
        merged = np.add.reduceat(given.counts[order], starts)
        return cls(given.frequency[rows], given.recency[rows], given.age[rows], merged, days_per_unit)

    def __len__(self) -> int:
        return len(self.frequency)

    @cached_property
    def orders(self) -> np.ndarray:
        """The frequencies as whole numbers, to index tables by; shape (cells,)."""
        return self.frequency.astype(np.intp)

    @cached_property
    def distinct_ages(self) -> tuple[np.ndarray, np.ndarray]:
        """Sorted distinct ages, and for each row the place of its own among them."""
        return np.unique(self.age, return_inverse=True)

    @cached_property
    def distinct_recencies(self) -> tuple[np.ndarray, np.ndarray]:
        """Sorted distinct recencies, and for each row the place of its own among them."""
        return np.unique(self.recency, return_inverse=True)

    @cached_property
    def customers_by_frequency(self) -> np.ndarray:
        """Customers with 0, 1, ... repeats, shape (highest frequency + 1,)."""
        return np.bincount(self.orders, self.counts)

    @cached_property
    def customers_by_age(self) -> np.ndarray:
        """Customers of each distinct age."""
        return np.bincount(self.distinct_ages[1], self.counts)

    @cached_property
    def repeats_by_age(self) -> np.ndarray:
        """Sum of frequencies over the customers of each distinct age."""
        return np.bincount(self.distinct_ages[1], self.counts * self.frequency)

    @property
    def customers(self) -> int:
        """All customers."""
        return int(self.counts.sum())

    @cached_property
    def weights(self) -> np.ndarray:
        """The counts as floats, to weigh sums with."""
        return self.counts.astype(np.float64)

    @cached_property
    def repeats(self) -> float:
        """Order days after the first, of all customers."""
        return float(self.counts @ self.frequency)

    @property
    def mean_age(self) -> float:
        """Mean age over the customers."""
        return float(self.counts @ self.age / self.customers)

    def rows(self, chosen: np.ndarray) -> "Histogram":
        """The chosen rows, by mask or by place."""
        return Histogram(
            self.frequency[chosen], self.recency[chosen], self.age[chosen], self.counts[chosen], self.days_per_unit
        )

    def sample(self, customers: int) -> "Histogram":
        """Every k-th customer in the order of histories, about `customers` in all: no chance, whatever the row order.

        Parameters
        ----------
        customers : int
            A histogram of no more rows than this is returned whole.

        Returns
        -------
        Histogram
        """
        if len(self) <= customers:
            return self
        order = np.argsort(self._key())
        until = np.cumsum(self.counts[order])
        taken = np.diff(np.floor(until * (customers / until[-1]) + 0.5), prepend=0).astype(np.int64)
        rows = order[taken > 0]
        return Histogram(self.frequency[rows], self.recency[rows], self.age[rows], taken[taken > 0], self.days_per_unit)

    def _key(self) -> np.ndarray:
        """One whole number a history, that sorts as (frequency, recency, age) do."""
        recencies, recency = self.distinct_recencies
        ages, age = self.distinct_ages
        return (self.orders * len(recencies) + recency) * len(ages) + age


def _column(name: str, values, kind: type) -> np.ndarray:
    """One column as an array of this kind; whole numbers must be whole as they come."""
    try:
        column = np.asarray(values)
        with np.errstate(invalid="ignore"):  # what does not convert is found below
            converted = column.astype(kind)
    except (TypeError, ValueError) as error:
        raise InvalidHistory(f"{name} must be numbers: {error}", where="histogram") from error
    if converted.ndim != 1:
        raise InvalidHistory(f"{name} has {converted.ndim} dimensions; it must have one", where="histogram")
    if kind is np.int64 and not np.array_equal(converted, column):
        row = int(np.argmin(converted == column))
        raise InvalidHistory(f"{name} must be whole; found {column[row]}", where=f"histogram, row {row} (from 0)")
    return converted
