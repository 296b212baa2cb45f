"""Fitting count models to a histogram: what was found, how sure it is, and what it falls back to.

A fit never raises on a valid histogram and never answers NaN: data at the edge of a model end at a bound that has a
name, with a sentence for the reader of the release.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.errors import UserError
from orchestration.scoring.clv.bg_nbd import BgNbd, MbgNbd
from orchestration.scoring.clv.count_model import CountModel
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.nbd import Nbd
from orchestration.scoring.clv.optimum import Optimum, maximise
from orchestration.scoring.clv.pareto_nbd import ParetoNbd

MODELS: dict[str, type[CountModel]] = {model.key: model for model in (ParetoNbd, BgNbd, MbgNbd, Nbd)}
CHAIN = (ParetoNbd.key, BgNbd.key, Nbd.key)

SAMPLE = 6000  # histories on which the starts are tried
FEW_REPEATERS = 0.05  # share of customers with a repeat below which they are called almost all one-time buyers
VAGUE = 2.0  # standard error of a logarithm from which a parameter is known to a factor of 50 only, at 95 %
# Drop-out costs two parameters, so that by Akaike's criterion it must raise the log-likelihood by more than two.
WORTH_OF_DROP_OUT = 2.0

NOTES = {
    "converged": "One best explanation of the order histories was found, and it is well determined.",
    "vague": (
        "The histories leave some parameters open: other values explain them nearly as well. "
        "Totals are more certain than what is said about single customers."
    ),
    "not_converged": "No best explanation was found; the result of this model is not used.",
    "no_repeats": "No customer has ordered on a second day, so that there is no rhythm of orders to learn from.",
    "no_drop_out": "Nothing in the histories shows that customers stop buying; all are taken as still active.",
    "all_stop_at_once": "Almost every customer stops at the first chance; few further orders are to be expected.",
    "stop_at_once_or_never": "Customers either stop at the first chance or, as far as can be seen, never.",
    "alike_rates": "All customers order at the same rate, as far as can be seen; differences between them are chance.",
    "alike_chances_to_stop": "The chance to stop after an order is the same for all, as far as can be seen.",
    "alike_rates_to_stop": "The chance to stop in a month is the same for all, as far as can be seen.",
    "one_time_buyers": (
        "Almost all customers ordered once; what is expected of them rests on the few who came back, "
        "and says more about the whole than about one customer."
    ),
}


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
        'converged', 'boundary', 'vague', 'not_converged' or 'no_repeats'.
    boundary : str
        Names of the cases at whose edge the data lie, joined by ', '; else empty.
    note : str
        The same as sentences.
    start : str
        Name of the start that won; 'previous' is the last release's parameters.
    fallbacks : tuple of (str, str)
        Models that were tried before this one, and the word for why each was left.
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
    fallbacks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Fit:
    """A fitted model, None where nobody ever ordered again, and the report on it."""

    model: CountModel | None
    report: FitReport


def fit(key: str, histogram: Histogram, previous: CountModel | None = None) -> Fit:
    """Fit one model by maximum likelihood.

    Parameters
    ----------
    key : str
        Of `MODELS`.
    histogram : Histogram
    previous : CountModel, optional
        The last release's model: one more start, tried last, where it is of the same kind and unit of time.

    Returns
    -------
    Fit

    Raises
    ------
    UserError
        When there is no such model.
    """
    if key not in MODELS:
        raise UserError(f"unknown model {key!r}; accepted: {', '.join(MODELS)}", where="clv model")
    kind = MODELS[key]
    if not histogram.repeats:
        return Fit(None, _nothing_to_fit(key, histogram))
    basis, scale = np.array(kind.basis, float), np.array(kind.times) * np.log(histogram.mean_age)
    naive_gap = histogram.counts @ histogram.age / histogram.repeats / histogram.mean_age
    starts = {}
    for name, start in kind.starts.items():
        place = np.log(np.array(start, float))
        place[1] += np.log(naive_gap)
        starts[name] = place
    if previous is not None and previous.key == key and previous.days_per_unit == histogram.days_per_unit:
        starts["previous"] = np.linalg.solve(basis, np.log(previous.parameters) - scale)

    def model_at(place: np.ndarray) -> CountModel:
        return kind(tuple(np.exp(basis @ place + scale).tolist()), histogram.days_per_unit)

    def objective(cells: Histogram):
        customers = cells.customers

        def at(place: np.ndarray) -> tuple[float, np.ndarray]:
            model = model_at(place)
            value, gradient = model.log_likelihood(cells)
            return value / customers, basis.T @ (gradient * model.parameters) / customers

        return at

    whole, sample = objective(histogram), histogram.sample(SAMPLE)
    optimum = maximise(
        whole,
        whole if sample is histogram or not sample.repeats else objective(sample),
        starts,
        np.log([coordinate.low for coordinate in kind.coordinates]),
        np.log([coordinate.high for coordinate in kind.coordinates]),
    )
    model = model_at(optimum.place)
    return Fit(model, _report(model, histogram, optimum))


def fit_chain(
    histogram: Histogram, chain: tuple[str, ...] = CHAIN, previous: CountModel | None = None
) -> Fit:
    """The first model of the chain that the data support; the last where they support none.

    A model with drop-out is left for the next one when it did not converge, or explains the histories no better
    than customers who never stop do (NBD; by Akaike's criterion). Where the chain ends without a model, the caller
    uses simple LTV.

    Parameters
    ----------
    histogram : Histogram
    chain : tuple of str
        Keys of `MODELS`, the last one `nbd`.
    previous : CountModel, optional

    Returns
    -------
    Fit
        Its report names the models that were left, and why.
    """
    if not chain or chain[-1] != Nbd.key:
        raise UserError(f"the chain is {', '.join(chain)}; it must end with {Nbd.key}", where="clv chain")
    never_stop = fit(Nbd.key, histogram, previous)
    left: list[tuple[str, str]] = []
    for key in chain[:-1]:
        if never_stop.model is None:
            break
        tried = fit(key, histogram, previous)
        if tried.report.status == "not_converged":
            left.append((key, "not_converged"))
        elif tried.report.log_likelihood <= never_stop.report.log_likelihood + WORTH_OF_DROP_OUT:
            left.append((key, "no_drop_out"))
        else:
            return Fit(tried.model, _after(tried.report, left))
    return Fit(never_stop.model, _after(never_stop.report, left))


def _after(report: FitReport, left: list[tuple[str, str]]) -> FitReport:
    """The report with the models left before, whose reasons are cases of these data too."""
    reasons = dict.fromkeys(reason for _, reason in left)
    if "no_drop_out" not in reasons:
        return FitReport(**{**vars(report), "fallbacks": tuple(left)})
    cases = ["no_drop_out", *(report.boundary.split(", ") if report.boundary else [])]
    status = "boundary" if report.status in ("converged", "vague") else report.status
    described = {"status": status, "boundary": ", ".join(cases), "note": " ".join(NOTES[case] for case in cases)}
    return FitReport(**{**vars(report), **described, "fallbacks": tuple(left)})


def _report(model: CountModel, histogram: Histogram, optimum: Optimum) -> FitReport:
    cases = [
        case
        for coordinate, edge in zip(model.coordinates, optimum.edges, strict=True)
        if edge and (case := coordinate.at_high if edge > 0 else coordinate.at_low)
    ]
    customers = histogram.customers
    if 1 - histogram.customers_by_frequency[0] / customers < FEW_REPEATERS:
        cases.append("one_time_buyers")
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
        parameters=model.named(),
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


def _standard_errors(model: CountModel, optimum: Optimum, customers: int) -> list[float | None]:
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


def _nothing_to_fit(key: str, histogram: Histogram) -> FitReport:
    """Nobody came back: the likelihood is highest, 1, at a rate of 0."""
    return FitReport(
        model=key,
        parameters={},
        standard_errors={},
        customers=histogram.customers,
        log_likelihood=0.0,
        gradient_norm=0.0,
        iterations=0,
        status="no_repeats",
        boundary="no_repeats",
        note=NOTES["no_repeats"],
        start="",
    )
