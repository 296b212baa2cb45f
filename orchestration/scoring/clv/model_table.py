"""The rows of scores.clv_model: what was fitted, how it did on the hold-out, and which of it is published."""

import json
from decimal import Decimal
from typing import Any

from orchestration.scoring.clv.bg_nbd import BgNbd
from orchestration.scoring.clv.decision import Decision, Past, Trial, heat_map
from orchestration.scoring.clv.fitting import MODELS
from orchestration.scoring.clv.gamma_gamma import GammaGamma
from orchestration.scoring.clv.maximum_likelihood import Fit, FitReport
from orchestration.scoring.clv.nbd import Nbd
from orchestration.scoring.clv.validation import Validation

ALIVE = {
    BgNbd.key: "BG/NBD takes every customer with one order day as active: P(alive) says nothing of them.",
    Nbd.key: "NBD takes everybody as active, however long ago the last order was: P(alive) is 1.",
}
BEFORE = "Fitted to the days before the hold-out, to be compared; it is not published."


def rows(
    decision: Decision, trial: Trial | None, past: Past, total: Decimal, horizon_days: int, value: str = ""
) -> list[dict]:
    """One row for each count model that was fitted, and one for Gamma-Gamma.

    Parameters
    ----------
    decision : Decision
    trial : Trial or None
    past : Past
    total : Decimal
        Value of all customers, where a fitted model is published.
    horizon_days : int
    value : str
        What a published value is, as a sentence.
    """
    found = [_row(fit, False, BEFORE, validation) for fit, validation in decision.tried.values()]
    found = [row for row in found if row["model"] != decision.count.report.model]
    is_published = decision.key is not None
    words = f"{decision.why} {value}".strip() if is_published else decision.why
    count = _row(decision.count, is_published, words, decision.validation)
    if is_published:
        count["total_clv"] = total
        count["histories"] = _json(heat_map(decision, past, horizon_days))
        if trial and decision.validation:
            told = trial.told(decision.tried[decision.key][0], decision.validation)
            count["holdout"] = _json(told)
    for row in found:
        if trial and (validation := decision.tried[row["model"]][1]):
            row["holdout"] = _json(trial.span() | {"rows": _table(validation)})
    return [*found, count, spend_row(decision, is_published)]


def spend_row(decision: Decision, is_published: bool) -> dict[str, Any]:
    """Gamma-Gamma: the parameters that are applied, and the report on what was fitted."""
    row = _of_report(decision.spend.report, is_published, "")
    if decision.spend.model is not None:
        row["parameters"] = _json(_named(decision.spend.model))
    return row


def _row(fit: Fit, is_published: bool, more: str, validation: Validation | None) -> dict[str, Any]:
    note = f"{more} {ALIVE.get(fit.report.model, '')}".strip()
    row = _of_report(fit.report, is_published, note)
    if validation:
        errors = ("root mean squared error", "mean absolute error", "total", "ratio")
        compared = [vars(line) for line in validation.rows if line.kind in errors and line.naive is not None]
        row["naive_comparison"] = _json(compared)
    return row


def _of_report(report: FitReport, is_published: bool, more: str) -> dict[str, Any]:
    return {
        "model": report.model,
        "is_published": is_published,
        "parameters": _json(report.parameters),
        "log_likelihood": report.log_likelihood,
        "fit_status": report.status,
        "fit_note": f"{report.note} {more}".strip(),
        "customers": report.customers,
        "total_clv": None,
        "holdout": None,
        "naive_comparison": None,
        "histories": None,
    }


def _json(told: Any) -> str:
    """Text that any reader of JSON takes: a number that is none would be an error here, and not in a mart."""
    return json.dumps(told, allow_nan=False)


def _table(validation: Validation) -> list[dict]:
    return [vars(row) for row in validation.rows]


def _named(model: Any) -> dict[str, float]:
    return dict(zip(model.names, model.parameters, strict=True))


def models_of(published: list[dict]) -> dict[str, Any]:
    """Models by key, from the published rows of an earlier release; simple methods are none.

    Parameters
    ----------
    published : list of dict
        `model` and `parameters` (JSON); time in days.
    """
    kinds = {**MODELS, GammaGamma.key: GammaGamma}
    found = {}
    for row in published:
        if row["model"] in kinds:
            kind, parameters = kinds[row["model"]], json.loads(row["parameters"])
            found[row["model"]] = kind(tuple(parameters[name] for name in kind.names))
    return found
