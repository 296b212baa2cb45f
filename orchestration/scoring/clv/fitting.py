"""Fitting one count model to a histogram, and whether the data support it.

A fit never raises on a valid histogram and never answers NaN: data at the edge of a model end at a bound that has a
name, with a sentence for the reader of the release.
"""

from functools import partial

import numpy as np

from orchestration.errors import UserError
from orchestration.scoring.clv.bg_nbd import BgNbd, MbgNbd
from orchestration.scoring.clv.count_model import CountModel
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.maximum_likelihood import (
    Chart,
    Fit,
    coordinates_of,
    fit_model,
    nothing_to_fit,
)
from orchestration.scoring.clv.nbd import Nbd
from orchestration.scoring.clv.pareto_nbd import ParetoNbd

MODELS: dict[str, type[CountModel]] = {model.key: model for model in (ParetoNbd, BgNbd, MbgNbd, Nbd)}

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
