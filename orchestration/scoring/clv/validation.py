"""Validation on a hold-out: what was expected against what came, and against the naive forecast; the choice of model.

A hold-out is the history after a day on which the models were fitted. Numbers only: which days those are, and writing
the table, is the asset's part. Every sum is weighted by how many customers a history stands for.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from orchestration.errors import UserError
from orchestration.scoring.clv.count_model import CountModel
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.intervals import chances
from orchestration.scoring.clv.plausible import Point

FREQUENCY_BINS = {"0": 0, "1": 1, "2": 2, "3-4": 3, "5-7": 5, "8+": 8}  # from this frequency on
LEAST_CHANCE = 1e-300  # what is less likely counts as this, so that one customer cannot make a sum infinite
# A difference of hold-out log-likelihood below this is none: the evidence is less than 8 to 1.
SAME_LIKELIHOOD = 2.0
SPANS = 200  # spans at which a new customer's expectation is computed; between them it is a smooth curve


@dataclass(frozen=True)
class Holdout:
    """Histories until a day, and what came in the days after.

    Parameters
    ----------
    histogram : Histogram
        Rows may repeat a history where what came differs.
    days : float
        Length of the hold-out.
    orders : ndarray of int, shape (cells,)
        Order days in the hold-out of each customer of the row.
    spend : ndarray, shape (cells,), optional
        Money in the hold-out, the mean over the customers of the row.
    mean_spend : ndarray, shape (cells,), optional
        Mean spend on the order days until the day, for the naive forecast; given if and only if `spend` is.

    Raises
    ------
    UserError
        When a column has another shape than the histories, a number is not finite, or the days are not above 0.
    """

    histogram: Histogram
    days: float
    orders: np.ndarray
    spend: np.ndarray | None = None
    mean_spend: np.ndarray | None = None

    def __post_init__(self):
        if not (math.isfinite(self.days) and self.days > 0):
            raise UserError(f"days is {self.days}; it must be above 0", where="clv hold-out")
        if (self.spend is None) != (self.mean_spend is None):
            raise UserError("spend and mean_spend must be given together", where="clv hold-out")
        for name in ("orders", "spend", "mean_spend"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _column(name, getattr(self, name), self.histogram))
        if (self.orders < 0).any() or (self.orders != np.floor(self.orders)).any():
            raise UserError("orders must be whole numbers, 0 at least", where="clv hold-out")

    @property
    def naive_orders(self) -> np.ndarray:
        """The past rate continues: x / T times the days; 0 on the first day; shape (cells,)."""
        frequency, age = self.histogram.frequency, self.histogram.age
        rate = np.divide(frequency, age, out=np.zeros(len(age)), where=age > 0)
        return rate * self.days / self.histogram.days_per_unit


@dataclass(frozen=True)
class Row:
    """One line of the validation table.

    kind : str
        'total', 'ratio', 'orders by frequency', 'spend by frequency', 'orders by week', 'orders to week',
        'mean absolute error', 'root mean squared error', 'log-likelihood'.
    bin : str
        The frequency, the week (from 1), or 'orders' or 'spend'.
    expected, actual, naive : float or None
        None where there is no such number. Of an error `expected` is the model's; of a ratio it is expected / actual.
    """

    kind: str
    bin: str
    expected: float | None
    actual: float | None
    naive: float | None


@dataclass(frozen=True)
class Validation:
    """How a model did on a hold-out.

    log_likelihood : float
        Of the orders in the hold-out, given the histories.
    ratio : float or None
        Expected over actual order days; None where nobody ordered.
    mean_absolute_error, root_mean_squared_error : float
        Of order days per customer.
    naive_mean_absolute_error, naive_root_mean_squared_error : float
        The same of the naive forecast.
    rows : tuple of Row
        Everything, as a table.
    """

    log_likelihood: float
    ratio: float | None
    mean_absolute_error: float
    root_mean_squared_error: float
    naive_mean_absolute_error: float
    naive_root_mean_squared_error: float
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Choice:
    """The model that is published, and why, as a sentence."""

    model: str
    why: str


def validate(
    holdout: Holdout,
    expected_orders: np.ndarray,
    log_likelihood: float,
    expected_spend: np.ndarray | None = None,
    weeks: tuple[Row, ...] = (),
) -> Validation:
    """Compare what was expected with what came.

    Parameters
    ----------
    holdout : Holdout
    expected_orders : ndarray, shape (cells,)
        Of each customer in the hold-out.
    log_likelihood : float
        See `holdout_log_likelihood`.
    expected_spend : ndarray, shape (cells,), optional
        Expected orders times expected spend per order; needs the spend of the hold-out.
    weeks : tuple of Row
        See `by_week`.

    Returns
    -------
    Validation
    """
    counts, naive = holdout.histogram.counts, holdout.naive_orders
    expected_orders = _column("expected_orders", expected_orders, holdout.histogram)
    columns = {"orders": (expected_orders, holdout.orders, naive)}
    if expected_spend is not None:
        if holdout.spend is None:
            raise UserError("expected spend without the spend of the hold-out", where="clv hold-out")
        past = np.where(holdout.histogram.frequency > 0, holdout.mean_spend, 0.0)
        spends = _column("expected_spend", expected_spend, holdout.histogram)
        columns["spend"] = (spends, holdout.spend, naive * past)
    rows = []
    for name, parts in columns.items():
        totals = [float(counts @ part) for part in parts]
        rows.append(Row("total", name, *totals))
        rows.append(Row("ratio", name, _over(totals[0], totals[1]), None, _over(totals[2], totals[1])))
        rows += _by_frequency(name, holdout.histogram, parts)
        absolute, squared = _errors(counts, *parts)
        rows += [
            Row("mean absolute error", name, absolute[0], None, absolute[1]),
            Row("root mean squared error", name, squared[0], None, squared[1]),
        ]
    rows.append(Row("log-likelihood", "orders", log_likelihood, None, None))
    absolute, squared = _errors(counts, *columns["orders"])
    return Validation(
        log_likelihood=log_likelihood,
        ratio=_over(float(counts @ expected_orders), float(counts @ holdout.orders)),
        mean_absolute_error=absolute[0],
        root_mean_squared_error=squared[0],
        naive_mean_absolute_error=absolute[1],
        naive_root_mean_squared_error=squared[1],
        rows=(*rows, *weeks),
    )


def holdout_log_likelihood(model: CountModel, holdout: Holdout) -> float:
    """Sum over the customers of ln P(the order days that came | history)."""
    same = chances([Point(model)], holdout.histogram, holdout.days, holdout.orders)[1]
    return float(holdout.histogram.counts @ np.log(np.maximum(same, LEAST_CHANCE)))


def by_week(
    model: CountModel, first_days: np.ndarray, counts: np.ndarray, actual: np.ndarray, days_per_week: float = 7.0
) -> tuple[Row, ...]:
    """Order days after the first, week by week, of customers of whom no more than the first order day is known.

    Parameters
    ----------
    model : CountModel
    first_days : ndarray, shape (cohorts,)
        First order day, counted in days from the start of week 1.
    counts : ndarray of int, shape (cohorts,)
        Customers with this first order day.
    actual : ndarray, shape (weeks,)
        Order days after the first that fell into each week.
    days_per_week : float

    Returns
    -------
    tuple of Row
        'orders by week' and, from the start on, 'orders to week'; the naive forecast knows no such thing.
    """
    first_days, counts, actual = (np.asarray(values, float) for values in (first_days, counts, actual))
    if first_days.shape != counts.shape or (first_days < 0).any() or not len(first_days) or not len(actual):
        raise UserError("each cohort needs a first day, 0 at least, and its customers", where="clv weeks")
    ends = days_per_week * np.arange(1, len(actual) + 1)
    spans, place = np.unique(np.maximum(ends[:, None] - first_days, 0.0), return_inverse=True)
    until = _expected_of_new(model, spans)[place].reshape(len(ends), len(first_days)) @ counts
    incremental, seen = np.diff(until, prepend=0.0), np.cumsum(actual)
    names = [str(number + 1) for number in range(len(actual))]
    weekly = [
        Row("orders by week", *row, None) for row in zip(names, incremental.tolist(), actual.tolist(), strict=True)
    ]
    running = [Row("orders to week", *row, None) for row in zip(names, until.tolist(), seen.tolist(), strict=True)]
    return (*weekly, *running)


def choose(candidates: Mapping[str, Validation]) -> Choice:
    """The model under which the hold-out was likeliest; of those that are equal in that, the one with less error.

    Parameters
    ----------
    candidates : mapping of model key to Validation
        On the same hold-out; at least one.

    Returns
    -------
    Choice
    """
    if not candidates:
        raise UserError("no model to choose from", where="clv choice of model")
    best = max(found.log_likelihood for found in candidates.values())
    likeliest = {key: found for key, found in candidates.items() if found.log_likelihood >= best - SAME_LIKELIHOOD}
    model = min(likeliest, key=lambda key: likeliest[key].root_mean_squared_error)
    chosen = candidates[model]
    others = {key: found for key, found in candidates.items() if key != model}
    naive = chosen.naive_root_mean_squared_error
    side = "below" if chosen.root_mean_squared_error < naive else "not below"
    error = f"Its error per customer, {chosen.root_mean_squared_error:.4g} order days, is {side} the naive {naive:.4g}."
    if not others:
        return Choice(model, f"{model} is the only candidate. {error}")
    if len(likeliest) == 1:
        second = max(others, key=lambda key: others[key].log_likelihood)
        lead = best - others[second].log_likelihood
        return Choice(
            model, f"{model} explains the hold-out best: by {lead:.1f} of log-likelihood before {second}. {error}"
        )
    equal = ", ".join(key for key in likeliest if key != model)
    return Choice(model, f"{model} and {equal} explain the hold-out alike; {model} errs least per customer. {error}")


def _by_frequency(name: str, histogram: Histogram, parts: tuple[np.ndarray, ...]) -> list[Row]:
    """Sums by bin of frequency, empty bins too."""
    place = np.searchsorted(list(FREQUENCY_BINS.values()), histogram.frequency, side="right") - 1
    sums = [np.bincount(place, histogram.counts * part, len(FREQUENCY_BINS)).tolist() for part in parts]
    return [Row(f"{name} by frequency", label, *row) for label, *row in zip(FREQUENCY_BINS, *sums, strict=True)]


def _errors(counts, expected, actual, naive) -> tuple[list[float], list[float]]:
    """Mean absolute and root mean squared errors per customer, of the model and of the naive forecast."""
    misses = [forecast - actual for forecast in (expected, naive)]
    customers = counts.sum()
    absolute = [float(counts @ np.abs(miss) / customers) for miss in misses]
    return absolute, [math.sqrt(counts @ miss**2 / customers) for miss in misses]


def _expected_of_new(model: CountModel, spans: np.ndarray) -> np.ndarray:
    """Expected orders of a new customer in each of the sorted spans of days."""
    from scipy.interpolate import PchipInterpolator

    new = Histogram([0], [0], [0], [1], model.days_per_unit)
    if len(spans) <= SPANS:
        return np.array([model.expected_orders(new, days)[0] for days in spans])
    nodes = spans[-1] * np.linspace(0, 1, SPANS) ** 2
    return PchipInterpolator(nodes, [model.expected_orders(new, days)[0] for days in nodes])(spans)


def _over(one: float, other: float) -> float | None:
    return one / other if other else None


def _column(name: str, values, histogram: Histogram) -> np.ndarray:
    column = np.asarray(values, np.float64)
    if column.shape != histogram.frequency.shape or not np.isfinite(column).all():
        raise UserError(
            f"{name} must be one finite number for each of {len(histogram)} histories", where="clv hold-out"
        )
    return column
