"""Maximum likelihood for any of the models: from starts to parameters, standard errors and a report in words.

What a model brings: its names and coordinates, and a log-likelihood with gradient on its own kind of cells.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchestration.scoring.clv.optimum import Objective, Optimum, maximise

VAGUE = 2.0  # standard error of a logarithm from which a parameter is known to a factor of 50 only, at 95 %

NOTES = {
    "converged": "One best explanation of the data was found, and it is well determined.",
    "vague": (
        "The data leave some parameters open: other values explain them nearly as well. "
        "Totals are more certain than what is said about single customers."
    ),
    "not_converged": "No best explanation was found; the result of this model is not used.",
    "no_repeats": "No customer has ordered on a second day, so that there is no rhythm of orders to learn from.",
    "no_spending": "No customer has spent anything on a second day, so that there is no spend per order to learn from.",
    "no_drop_out": "Nothing in the histories shows that customers stop buying; all are taken as still active.",
    "all_stop_at_once": "Almost every customer stops at the first chance; little more is to be expected of them.",
    "stop_at_once_or_never": "Customers either stop at the first chance or, as far as can be seen, never.",
    "alike_rates": "All customers order at the same rate, as far as can be seen; differences between them are chance.",
    "alike_chances_to_stop": "The chance to stop each time is the same for all, as far as can be seen.",
    "alike_rates_to_stop": "The chance to stop in a month is the same for all, as far as can be seen.",
    "steady_spenders": "Each customer spends the same on every order, as far as can be seen.",
    "alike_spenders": "All customers spend alike, as far as can be seen; differences between their means are chance.",
    "no_finite_mean": (
        "A few very large orders leave the mean spend of the population open. Each customer's own mean is drawn "
        "towards the mean that was observed, which counts as one order more."
    ),
    "one_time_buyers": (
        "Almost all customers ordered once; what is expected of them rests on the few who came back, "
        "and says more about the whole than about one customer."
    ),
}


@dataclass(frozen=True)
class Coordinate:
    """One direction in which a fit moves, as a logarithm, with its ends and what each end means.

    low, high : float
        Ends of exp(coordinate); times and money are in units of their mean.
    at_low, at_high : str
        Name of the boundary case, empty where the end is no case of its own.
    """

    name: str
    low: float
    high: float
    at_low: str = ""
    at_high: str = ""


@dataclass(frozen=True)
class FitReport:
    """How a fit ended.

    model : str
        Key of the model.
    parameters, standard_errors : dict of str to float
        In the histogram's unit of time; a standard error is None where the data do not determine the parameter, as at
        a bound.
    customers, log_likelihood : int, float
    gradient_norm : float
        Largest slope of the mean log-likelihood per customer, along the logarithms of the parameters.
    iterations : int
    status : str
        'converged', 'boundary', 'vague', 'not_converged', or 'no_repeats' and 'no_spending' without a model.
    boundary : str
        Names of the cases at whose edge the data lie, joined by ', '; else empty.
    note : str
        The same as sentences.
    start : str
        Name of the start that won; 'previous' is the last release's parameters.
    """

    model: str
    parameters: dict[str, float]
    standard_errors: dict[str, float | None]
    customers: int
    log_likelihood: float
    gradient_norm: float
    iterations: int
    status: str
    boundary: str
    note: str
    start: str


@dataclass(frozen=True)
class Chart:
    """The coordinates in which models of one kind are fitted: ln parameters = basis @ coordinates + units * ln(unit).

    kind : class
        Of the models: names, coordinates, basis, units.
    build : callable
        From parameters to a model.
    unit : float
        Mean time or money.
    """

    kind: Any
    build: Callable[[tuple[float, ...]], Any]
    unit: float

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest coordinates."""
        ends = np.log([(coordinate.low, coordinate.high) for coordinate in self.kind.coordinates])
        return ends[:, 0], ends[:, 1]

    def model_at(self, place: np.ndarray) -> Any:
        """The model at a place."""
        scale = np.array(self.kind.units) * np.log(self.unit)
        return self.build(tuple(np.exp(np.array(self.kind.basis, float) @ place + scale).tolist()))

    def objective(self, cells: Any) -> Objective:
        """Mean log-likelihood of the cells' customers at a place, and its gradient there."""
        basis = np.array(self.kind.basis, float)

        def at(place: np.ndarray) -> tuple[float, np.ndarray]:
            model = self.model_at(place)
            value, gradient = model.log_likelihood(cells)
            return value / cells.customers, basis.T @ (gradient * model.parameters) / cells.customers

        return at


@dataclass(frozen=True, eq=False)
class Peak:
    """The likelihood around the place where a fit ended.

    chart : Chart
    optimum : Optimum
        Of all customers.
    sample : object
        Cells of some customers, on which it costs little to ask further.
    """

    chart: Chart
    optimum: Optimum
    sample: Any


@dataclass(frozen=True, eq=False)
class Fit:
    """A model to apply, and how it was found.

    model : CountModel, GammaGamma or ShiftedBetaGeometric, or None
        None where there is nothing to learn from.
    report : FitReport
    peak : Peak or None
        None where the model is not one that was found by likelihood.
    """

    model: Any
    report: FitReport
    peak: Peak | None = None


def fit_model(chart: Chart, cells: Any, sample: Any, starts: dict[str, np.ndarray], cases: tuple[str, ...] = ()) -> Fit:
    """The model that makes the cells likeliest, and how that was found.

    Parameters
    ----------
    chart : Chart
    cells, sample : object
        With `customers`; what the model's `log_likelihood` takes. The starts are tried on the sample.
    starts : dict of str to ndarray, shape (coordinates,)
    cases : tuple of str
        Boundary cases that are known beforehand.

    Returns
    -------
    Fit
    """
    whole = chart.objective(cells)
    optimum = maximise(whole, whole if sample is cells else chart.objective(sample), starts, *chart.bounds)
    model = chart.model_at(optimum.place)
    return Fit(model, _report(model, int(cells.customers), optimum, cases), Peak(chart, optimum, sample))


def coordinates_of(model: Any, unit: float) -> np.ndarray:
    """Where a model lies among the coordinates of its kind."""
    return np.linalg.solve(
        np.array(model.basis, float), np.log(model.parameters) - np.array(model.units) * np.log(unit)
    )


def _report(model: Any, customers: int, optimum: Optimum, known: tuple[str, ...]) -> FitReport:
    cases = [
        case
        for coordinate, edge in zip(model.coordinates, optimum.edges, strict=True)
        if edge and (case := coordinate.at_high if edge > 0 else coordinate.at_low)
    ]
    cases.extend(known)
    errors = _standard_errors(model, optimum, customers)
    if not optimum.has_settled:
        status, words = "not_converged", ["not_converged", *cases]
    elif cases or optimum.edges.any():
        status, words = "boundary", cases or ["vague"]
    elif any(error is None or error > VAGUE * value for error, value in zip(errors, model.parameters, strict=True)):
        status, words = "vague", ["vague"]
    else:
        status, words = "converged", ["converged"]
    return FitReport(
        model=model.key,
        parameters=dict(zip(model.names, model.parameters, strict=True)),
        standard_errors=dict(zip(model.names, errors, strict=True)),
        customers=customers,
        log_likelihood=float(optimum.value * customers),
        gradient_norm=optimum.gradient_norm,
        iterations=optimum.iterations,
        status=status,
        boundary=", ".join(cases),
        note=" ".join(NOTES[word] for word in words),
        start=optimum.start,
    )


def _standard_errors(model: Any, optimum: Optimum, customers: int) -> list[float | None]:
    """Of each parameter, from the curvature along the free coordinates; None where a held or flat one enters it."""
    free = optimum.edges == 0
    curves, axes = np.linalg.eigh(optimum.information[np.ix_(free, free)] * customers)
    if not free.any() or curves.min() <= 1e-9 * max(curves.max(), 1.0):
        return [None] * len(model.names)
    covariance = (axes / curves) @ axes.T
    errors = []
    for row, value in zip(np.array(model.basis, float), model.parameters, strict=True):
        known = not (row[~free] != 0).any()
        errors.append(float(value * np.sqrt(row[free] @ covariance @ row[free])) if known else None)
    return errors


def nothing_to_fit(key: str, customers: int, case: str) -> FitReport:
    """The report where nobody is there to learn from: status and boundary are the case."""
    return FitReport(
        model=key,
        parameters={},
        standard_errors={},
        customers=customers,
        log_likelihood=0.0,  # of a rate of 0, which makes it certain that nobody came back
        gradient_norm=0.0,
        iterations=0,
        status=case,
        boundary=case,
        note=NOTES[case],
        start="",
    )
