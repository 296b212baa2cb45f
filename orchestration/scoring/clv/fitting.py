"""Fitting count models to a histogram: one model, or the first of a chain that the data support.

A fit never raises on a valid histogram and never answers NaN: data at the edge of a model end at a bound that has a
name, with a sentence for the reader of the release.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from orchestration.errors import UserError
from orchestration.scoring.clv.bg_nbd import BgNbd, MbgNbd
from orchestration.scoring.clv.count_model import CountModel
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.maximum_likelihood import (
    NOTES,
    Chart,
    Fit,
    FitReport,
    coordinates_of,
    fit_model,
    nothing_to_fit,
)
from orchestration.scoring.clv.nbd import Nbd
from orchestration.scoring.clv.pareto_nbd import ParetoNbd

MODELS: dict[str, type[CountModel]] = {model.key: model for model in (ParetoNbd, BgNbd, MbgNbd, Nbd)}
CHAIN = (ParetoNbd.key, BgNbd.key, Nbd.key)

SAMPLE = 6000  # histories on which the starts are tried
FEW_REPEATERS = 0.05  # share of customers with a repeat below which they are called almost all one-time buyers


def fit(key: str, histogram: Histogram, previous: CountModel | None = None) -> Fit:
    """Fit one model by maximum likelihood.

    Parameters
    ----------
    key : str
        Of `MODELS`.
    histogram : Histogram
    previous : CountModel, optional
        The last release's model: one more start, tried last, where it is of the same kind.

    Returns
    -------
    Fit
        Without a model where nobody ever ordered again.

    Raises
    ------
    UserError
        When there is no such model.
    """
    if key not in MODELS:
        raise UserError(f"unknown model {key!r}; accepted: {', '.join(MODELS)}", where="clv model")
    kind = MODELS[key]
    if not histogram.repeats:
        return Fit(None, nothing_to_fit(key, histogram.customers, "no_repeats"))
    unit = histogram.mean_age
    naive_gap = histogram.counts @ histogram.age / histogram.repeats / unit
    starts = {}
    for name, start in kind.starts.items():
        starts[name] = np.log(np.array(start, float))
        starts[name][1] += np.log(naive_gap)
    if previous is not None and previous.key == key:
        starts["previous"] = coordinates_of(previous, unit * histogram.days_per_unit / previous.days_per_unit)
    repeaters = 1 - histogram.customers_by_frequency[0] / histogram.customers
    sample = histogram.sample(SAMPLE)
    return fit_model(
        Chart(kind, partial(kind, days_per_unit=histogram.days_per_unit), unit),
        histogram,
        sample if sample.repeats else histogram,
        starts,
        ("one_time_buyers",) if repeaters < FEW_REPEATERS else (),
    )


def is_supported(found: Fit, never_stop: Fit) -> bool:
    """Whether the model converged, and its drop-out is worth its two parameters by Schwarz's criterion."""
    report = found.report
    gain = report.log_likelihood - never_stop.report.log_likelihood
    return report.status != "not_converged" and bool(gain > np.log(report.customers))


def fit_chain(histogram: Histogram, chain: tuple[str, ...] = CHAIN, previous: CountModel | None = None) -> Fit:
    """The first model of the chain that the data support; the last where they support none.

    A model with drop-out is left for the next one when it did not converge, or explains the histories no better
    than customers who never stop do (NBD). Drop-out costs two parameters, which by Schwarz's criterion (BIC) must
    raise the log-likelihood by more than ln(customers): three repeat customers among thousands do not teach when
    customers stop. Where the chain ends without a model, the caller uses simple LTV.

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
        elif not is_supported(tried, never_stop):
            left.append((key, "no_drop_out"))
        else:
            return replace(tried, report=_after(tried.report, left))
    return replace(never_stop, report=_after(never_stop.report, left))


def _after(report: FitReport, left: list[tuple[str, str]]) -> FitReport:
    """The report with the models left before it; that nobody stops is a case of the data where NBD remains."""
    report = replace(report, fallbacks=tuple(left))
    if report.model != Nbd.key or not left or left[-1][1] != "no_drop_out":
        return report
    cases = ["no_drop_out", *filter(None, report.boundary.split(", "))]
    note = " ".join(NOTES[case] for case in cases)
    return replace(report, status="boundary", boundary=", ".join(cases), note=note)
