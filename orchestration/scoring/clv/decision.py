"""Which model speaks for the customers, and what it says of each distinct history.

From what the engine summarised to what it applies: whether there is enough to learn from, the hold-out, the choice, the
fit on all data, and predictions by history. The statements that summarise and apply are in `statements`.
"""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from orchestration.config.clv import MinimumDataConfig
from orchestration.scoring.clv.fitting import MODELS, fit, is_supported
from orchestration.scoring.clv.gamma_gamma import GammaGamma, Spending, fit_spend
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.intervals import Intervals, intervals, randomised_transform
from orchestration.scoring.clv.maximum_likelihood import Fit
from orchestration.scoring.clv.nbd import Nbd
from orchestration.scoring.clv.plausible import Point, plausible
from orchestration.scoring.clv.validation import (
    Holdout,
    Row,
    Validation,
    by_week,
    choose,
    holdout_log_likelihood,
    validate,
)

AUTO = "auto"
CANDIDATES = ("bg_nbd", "mbg_nbd", "pareto_nbd")
TENTHS = 10
SEED = 1  # of the randomised transform, so that a rerun shows the same picture
GRID = 14  # frequencies and days of the heat maps, at most
FEWEST = 20  # order days in a hold-out on whose totals a model is judged


@dataclass(frozen=True)
class DataSummary:
    """What there is to learn from (methods §2.7), as `statements.summary_sql` returns it; days are counted to as_of."""

    customers: int
    customers_with_3_order_days: int
    first_order_days_ago: int | None
    last_order_days_ago: int | None

    def lacks(self, minimum: MinimumDataConfig) -> str:
        """What is missing, as a sentence; empty where nothing is."""
        if not self.customers:
            return "There is no order yet that counts."
        faults = []
        if self.customers < minimum.customers:
            faults.append(f"{self.customers:,} customers with an order ({minimum.customers:,} are needed)")
        if self.first_order_days_ago < minimum.history_days:
            faults.append(f"{self.first_order_days_ago:,} days of history ({minimum.history_days:,} are needed)")
        if self.last_order_days_ago > minimum.newest_order_within_days:
            faults.append(
                f"the last order {self.last_order_days_ago:,} days ago ({minimum.newest_order_within_days:,} at most)"
            )
        if self.customers_with_3_order_days < minimum.customers_with_3_order_days:
            faults.append(
                f"{self.customers_with_3_order_days:,} customers with three order days "
                f"({minimum.customers_with_3_order_days:,} are needed)"
            )
        return f"There is not enough to fit a model of each customer: {'; '.join(faults)}." if faults else ""


@dataclass(frozen=True)
class Past:
    """What was known on one day.

    Parameters
    ----------
    histogram : Histogram
        Histories in days.
    spending : Spending
        Of repeat customers whose mean spend is above 0; may be empty.
    """

    histogram: Histogram
    spending: Spending


@dataclass(frozen=True)
class Trial:
    """The last part of history, held out, and what was known before it.

    Parameters
    ----------
    past : Past
    until : date
        Its last day, which is as_of.
    holdout : Holdout
    first_days : ndarray, shape (cohorts,)
        First order day of those customers, in days from the start of the first week.
    cohorts : ndarray of int, shape (cohorts,)
        How many began on it.
    weekly : ndarray, shape (weeks,)
        Their order days after the first, by week, over all of history.
    """

    past: Past
    until: dt.date
    holdout: Holdout
    first_days: np.ndarray
    cohorts: np.ndarray
    weekly: np.ndarray

    @cached_property
    def spend(self) -> Fit:
        """Spend per order as it was known then."""
        return fit_spend(self.past.spending)

    def fitted(self, key: str) -> Fit:
        return fit(key, self.past.histogram)

    def validate(self, found: Fit) -> Validation:
        """Compare a model that was fitted to the past with what came after."""
        holdout, model = self.holdout, found.model
        orders = model.expected_orders(holdout.histogram, holdout.days)
        spend = None
        if self.spend.model is not None:
            spend = orders * self.spend.model.expected_spend(holdout.histogram.frequency, holdout.mean_spend)
        # A week ends with its last day, so that the days after a first one are one fewer than to the next week's start.
        weeks = by_week(model, self.first_days + 1, self.cohorts, self.weekly) if len(self.weekly) else ()
        return validate(holdout, orders, holdout_log_likelihood(model, holdout), spend, weeks)

    def told(self, found: Fit, validation: Validation) -> dict:
        """The hold-out as plain data: the table, and how well the predicted law describes what came."""
        holdout, point = self.holdout, [Point(found.model)]
        transform = randomised_transform(point, holdout.histogram, holdout.days, holdout.orders, SEED)
        span = intervals(point[0], holdout.histogram, holdout.days)
        counts = holdout.histogram.counts
        share = [
            float(counts @ outside / counts.sum())
            for outside in (holdout.orders < span.orders_low, holdout.orders > span.orders_high)
        ]
        tenths = np.histogram(transform, bins=TENTHS, range=(0, 1))[0] / len(transform)
        return self.span() | {
            "rows": [vars(row) for row in validation.rows],
            "transform": [round(float(tenth), 6) for tenth in tenths],
            "interval": {
                "share": span.share,
                "within": round(1 - sum(share), 6),
                "below": round(share[0], 6),
                "above": round(share[1], 6),
            },
        }

    def span(self) -> dict:
        """Which days and how many customers."""
        days = int(self.holdout.days)
        first = self.until - dt.timedelta(days=days - 1)
        customers = self.holdout.histogram.customers
        return {"from": first.isoformat(), "until": self.until.isoformat(), "days": days, "customers": customers}


@dataclass(frozen=True)
class Decision:
    """The models that are published, and how that came about.

    count : Fit
        Of order days, on all data; without a model nothing can be learnt, and simple LTV is published.
    spend : Fit
        Of spend per order day.
    why : str
        As a sentence.
    tried : dict of str to (Fit, Validation or None)
        Models as they were fitted to the past; None for one that did not converge. Empty without a hold-out.
    """

    count: Fit
    spend: Fit
    why: str
    tried: dict[str, tuple[Fit, Validation | None]]

    @property
    def key(self) -> str | None:
        """The published model of order days."""
        return None if self.count.model is None or self.spend.model is None else self.count.report.model

    @property
    def why_none(self) -> str:
        """Why no fitted model is published, as a sentence; empty where one is."""
        if self.key is not None:
            return ""
        return self.count.report.note if self.count.model is None else self.spend.report.note

    @property
    def validation(self) -> Validation | None:
        """How the published model did on the hold-out."""
        return self.tried[self.key][1] if self.key in self.tried else None


def holdout_days(history_days: int, share: float, at_least: int, at_most: int) -> int:
    """Length of the hold-out: a share of history, within its limits (methods §2.6)."""
    return max(at_least, min(math.floor(history_days * share), at_most))


def decide(past: Past, trial: Trial | None, method: str, previous: dict, closeness: float = 1.25) -> Decision:
    """Try the candidates on the hold-out, choose one, and fit it again on all data.

    Those whose totals missed the hold-out by more than a factor of `closeness`, or whose error per customer was not
    below the naive one, give way to those that did not. On all data a model is left for the next one where it does not
    converge, or drop-out explains the histories no better than customers who never stop do (NBD, which then remains).

    Parameters
    ----------
    past : Past
        All that is known at as_of.
    trial : Trial or None
        None where nobody had ordered before the hold-out.
    method : str
        `AUTO`, or the key of the one that is asked for.
    previous : dict of str to model
        The last release's models by key: one more start of their kind.

    Returns
    -------
    Decision
    """
    candidates = CANDIDATES if method == AUTO else (method,)
    tried = _tried(trial, dict.fromkeys((*candidates, Nbd.key))) if trial else {}
    order, why = ranked(tried, closeness) if method == AUTO else ([method], f"The configuration says {method}.")
    if not order:
        order, why = list(candidates), "There is no hold-out to choose a model by."
    spend = fit_spend(past.spending, previous.get(GammaGamma.key))
    never_stop = fit(Nbd.key, past.histogram, previous.get(Nbd.key))
    if never_stop.model is None:
        return Decision(never_stop, spend, never_stop.report.note, tried)
    for key in order:
        if key == Nbd.key:
            break
        found = fit(key, past.histogram, previous.get(key))
        if is_supported(found, never_stop):
            return Decision(found, spend, why, tried)
        why += f" On all data {key} was left: {_why_left(found)}."
    return Decision(never_stop, spend, why, tried)


def _tried(trial: Trial, keys: Iterable[str]) -> dict[str, tuple[Fit, Validation | None]]:
    """Models on the past, with how they did; empty where nobody came back in it."""
    fits = {key: trial.fitted(key) for key in keys}
    return {
        key: (found, None if found.report.status == "not_converged" else trial.validate(found))
        for key, found in fits.items()
        if found.model is not None
    }


def ranked(tried: dict[str, tuple[Fit, Validation | None]], closeness: float) -> tuple[list[str], str]:
    """Candidates from the best on, and why the first is; nobody and nothing where none was tried."""
    rest = {key: validation for key, (_, validation) in tried.items() if validation}
    far = [key for key, validation in rest.items() if not is_calibrated(validation, closeness)]
    order, why = [], ""
    while rest:
        choice = choose({key: rest[key] for key in rest if key not in far} or rest)
        why = why or choice.why
        order.append(choice.model)
        del rest[choice.model]
    if far and order[0] not in far:
        why += f" Further off in the hold-out: {', '.join(far)}."
    elif far:
        why += " None of the models came close to the totals of the hold-out."
    return order, why


def is_calibrated(validation: Validation, closeness: float) -> bool:
    """Whether totals are within this factor of what came, and the error per customer is below the naive one."""
    return worst_factor(validation) <= closeness and errs_less_than_naive(validation)


def errs_less_than_naive(validation: Validation) -> bool:
    """Whether the error per customer is below that of the forecast that the past rate continues."""
    return validation.root_mean_squared_error < validation.naive_root_mean_squared_error


def worst_factor(validation: Validation) -> float:
    """How far the totals of orders and spend are off, as a factor of 1 at least.

    Where fewer than `FEWEST` order days were expected and fewer came, the totals are chance, and the factor is 1.
    """
    factors = [1.0]
    orders = row_of(validation, "total", "orders")
    if max(orders.expected, orders.actual) < FEWEST:
        return 1.0
    for row in validation.rows:
        if row.kind == "total":
            low, high = sorted((row.expected, row.actual))
            factors.append(high / low if low > 0 else math.inf if high > 0 else 1.0)
    return max(factors)


def _why_left(found: Fit) -> str:
    if found.report.status == "not_converged":
        return "no best explanation was found"
    return "nothing shows that customers stop buying"


# --- what is said of each history ---------------------------------------------------------------------------------


def predictions(decision: Decision, past: Past, horizon_days: int, discount: float) -> dict[str, np.ndarray]:
    """What the published models expect of each distinct history.

    Returns
    -------
    dict of str to ndarray, shape (cells,)
        frequency, recency_days, age_days; p_alive; expected_orders and discounted_orders of the horizon; orders_low
        and orders_high; spend_low and spend_high as multiples of gamma + x m (`intervals.value_of`).
    """
    model, histogram = decision.count.model, past.histogram
    span = _span(decision, past, horizon_days)
    return {
        "frequency": histogram.orders,
        "recency_days": histogram.recency.astype(np.int64),
        "age_days": histogram.age.astype(np.int64),
        "p_alive": model.p_alive(histogram),
        "expected_orders": model.expected_orders(histogram, horizon_days),
        "discounted_orders": model.discounted_orders(histogram, horizon_days, discount),
        "orders_low": span.orders_low,
        "orders_high": span.orders_high,
        "spend_low": span.spend_low,
        "spend_high": span.spend_high,
    }


def _span(decision: Decision, past: Past, horizon_days: int) -> Intervals:
    fitted = Point(decision.count.model, decision.spend.model)
    return intervals(fitted, past.histogram, horizon_days, plausible(decision.count, decision.spend))


def heat_map(decision: Decision, past: Past, horizon_days: int) -> dict:
    """P(alive) and expected orders over frequency and days since the last order, of customers of one age.

    The age is that of three customers in four at most, and the frequencies are those of all but one in 200.
    """
    histogram = past.histogram
    age = max(_quantile(histogram.age, histogram.counts, 0.75), 1)
    frequencies = _steps(min(_quantile(histogram.frequency, histogram.counts, 0.995), age))
    since = [day for day in _steps(age) if day < age]
    cells = [(x, day) for x in frequencies for day in since if 0 < x <= age - day] + [(0, age)]
    grid = Histogram([x for x, _ in cells], [age - day for _, day in cells], [age] * len(cells), [1] * len(cells))
    alive = decision.count.model.p_alive(grid)
    orders = decision.count.model.expected_orders(grid, horizon_days)
    return {
        "age_days": age,
        "horizon_days": horizon_days,
        "rows": [
            {"frequency": x, "days_since_last_order": day, "p_alive": round(p, 6), "expected_orders": round(n, 6)}
            for (x, day), p, n in zip(cells, alive.tolist(), orders.tolist(), strict=True)
        ],
    }


def _quantile(values: np.ndarray, counts: np.ndarray, share: float) -> int:
    """The least value that this share of the customers does not exceed."""
    order = np.argsort(values)
    return int(values[order][np.searchsorted(np.cumsum(counts[order]), share * counts.sum())])


def _steps(highest: int) -> list[int]:
    """Whole numbers from 0 to `highest`: all of them, or ever further apart."""
    if highest < GRID:
        return list(range(highest + 1))
    return sorted({round(step) for step in np.geomspace(1, highest + 1, GRID) - 1})


@dataclass(frozen=True)
class Moved:
    """How far the published models moved since an earlier release.

    orders, spend : float
        What the same customers are expected to order, and what the population spends an order, now over then.
    """

    orders: float
    spend: float

    @property
    def factor(self) -> float:
        """The larger of the two, either way; 1 at least."""
        return max(max(ratio, 1 / ratio) if ratio > 0 else math.inf for ratio in (self.orders, self.spend))


def moved(decision: Decision, previous: dict, past: Past, horizon_days: int) -> Moved | None:
    """The published models against those of an earlier release; None where one of the two has none."""
    count = next((model for key, model in previous.items() if key in MODELS), None)
    if count is None or decision.key is None:
        return None
    then, now = (
        float(past.histogram.counts @ model.expected_orders(past.histogram, horizon_days))
        for model in (count, decision.count.model)
    )
    spend = decision.spend.model.population_mean / previous[GammaGamma.key].population_mean
    return Moved(now / then if then else math.inf, spend)


def row_of(validation: Validation, kind: str, name: str) -> Row | None:
    """The line of a validation table, None where there is none."""
    return next((row for row in validation.rows if (row.kind, row.bin) == (kind, name)), None)
