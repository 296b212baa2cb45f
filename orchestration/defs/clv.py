"""The asset of lifetime value: histories from the engine, models decided on them, predictions joined back.

The statements are in scoring/clv/statements, the decision in scoring/clv/decision.
"""

import datetime as dt
import json

import dagster as dg
import pandas as pd

from orchestration.config.clv import ClvConfig
from orchestration.defs.pictures import shown_picture
from orchestration.defs.scores import finished, score_asset
from orchestration.defs.session import Session
from orchestration.publishing.clv_pictures import model_pictures
from orchestration.quality import scores as checks
from orchestration.quality.checks import CheckOutcome
from orchestration.scoring.clv import decision as deciding
from orchestration.scoring.clv import model_table, simple, statements
from orchestration.scoring.clv.gamma_gamma import GammaGamma, Spending
from orchestration.scoring.clv.histogram import Histogram
from orchestration.scoring.clv.validation import Holdout

CLV_MODEL_COLUMNS = {
    "model": "varchar",
    "is_published": "boolean",
    "parameters": "varchar",
    "log_likelihood": "double",
    "fit_status": "varchar",
    "fit_note": "varchar",
    "customers": "bigint",
    "total_clv": "decimal(18,2)",
    "holdout": "varchar",
    "naive_comparison": "varchar",
    "histories": "varchar",
}


@score_asset(
    "clv",
    ["facts.customer_orders", "facts.order_days"],
    "What each customer is worth: the model that explains the hold-out best, its values with their ranges, and how "
    "good the forecast was.",
    checks.CLV,
)
def clv(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
    with session.step("scores.clv"):
        rows, outcomes = scored(session)
        session.warehouse.write("scores.clv_model", rows, CLV_MODEL_COLUMNS)
        yield from finished(session, context, outcomes, metadata(rows))


def scored(session: Session) -> tuple[list[dict], list[CheckOutcome]]:
    """Write scores.clv; the rows of scores.clv_model and the outcomes of the checks."""
    config, warehouse = session.settings.clv, session.warehouse
    [row] = warehouse.records(simple.population_sql())
    fallback = simple.fit_simple(simple.PopulationSummary(**row), simple_settings(config))
    before = published_models(session)
    why = why_simple(session)
    if why:
        apply(session, fallback, None, None)
        [totals] = warehouse.records(simple.totals_sql())
        changes = changed_since(session, before, fallback.settings.method)
        outcomes = checks.clv_model(None, "", None, changes, session.settings.gates)
        outcomes += checks.clv(warehouse, fallback.settings.method, config.method)
        return fallback.model_rows(totals, True, why), outcomes
    past = past_of(session)
    trial = trial_of(session, int(past.histogram.age.max()))
    previous = model_table.models_of(before)
    closeness = session.settings.gates.gate("scores.clv:holdout_is_close").threshold
    decided = deciding.decide(past, trial, config.method, previous, closeness)
    apply(session, fallback, decided, past)
    [totals] = warehouse.records(simple.totals_sql())
    rows = fallback.model_rows(totals, decided.key is None, decided.why_none)
    rows += model_table.rows(decided, trial, past, totals["clv"], config.horizon_days, what_value_is(session))
    published = decided.key or fallback.settings.method
    outcomes = checks.clv_model(
        decided,
        "{from} to {until}".format(**trial.span()) if trial else "",
        deciding.moved(decided, previous, past, config.horizon_days),
        changed_since(session, before, published),
        session.settings.gates,
    )
    return rows, checks.clv(warehouse, published, config.method) + outcomes


def what_value_is(session: Session) -> str:
    """As a sentence: over which days, and of what the profit is made."""
    config = session.settings.clv
    profit = "profit is what costs leave of the money of orders"
    if not checks.costs_are_fed(session.warehouse):
        profit = "no cost is fed, so it is revenue"
        if config.margin != 1:
            profit = f"no cost is fed, so profit is revenue x {config.margin:g}"
    return (
        f"Value is that of the next {config.horizon_days:,} days, discounted at {config.annual_discount_rate:.3g} a "
        f"year; {profit}."
    )


def changed_since(session: Session, before: list[dict], method: str) -> list[str]:
    """What makes values differ from those of the base release, besides the data."""
    if not before:
        return []
    earlier = next(row["model"] for row in before if row["model"] != GammaGamma.key)
    changes = [f"the method was {earlier}, and is {method}"] if earlier != method else []
    then, now = session.base.manifest["configuration"]["clv"], session.settings.values["clv"]
    changes += [
        f"{name} of clv.yml was {then.get(name)}, and is {value}"
        for name, value in now.items()
        if name != "method" and then.get(name, value) != value
    ]
    return changes


def simple_settings(config: ClvConfig) -> simple.SimpleLtvSettings:
    return simple.SimpleLtvSettings(
        method=config.method if config.method in simple.METHODS else "simple_ltv",
        expected_years=config.expected_years,
        retention=config.retention,
        horizon_days=config.horizon_days,
        discount=config.annual_discount_rate,
        prior_years=config.shrinkage_years,
    )


def why_simple(session: Session) -> str:
    """Why no model is fitted, as a sentence; empty where one is."""
    config = session.settings.clv
    if config.method in simple.METHODS:
        return f"The configuration says {config.method}."
    [row] = session.warehouse.records(statements.summary_sql())
    return deciding.DataSummary(**row).lacks(config.minimum_data)


def past_of(session: Session) -> deciding.Past:
    """All that is known at as_of."""
    cells = session.warehouse.frame(statements.histogram_sql())
    return deciding.Past(histogram(cells), spending(session.warehouse.frame(statements.spending_sql())))


def histogram(cells: pd.DataFrame) -> Histogram:
    return Histogram(cells["frequency"], cells["recency_days"], cells["age_days"], cells["customers"])


def spending(cells: pd.DataFrame) -> Spending:
    return Spending(cells["frequency"], cells["mean"], cells["customers"])


def trial_of(session: Session, history_days: int) -> deciding.Trial | None:
    """The hold-out, with what was known before it; None where nobody had ordered by then."""
    warehouse, config = session.warehouse, session.settings.clv
    days = deciding.holdout_days(history_days, config.holdout.share, config.holdout.days_at_least, config.horizon_days)
    warehouse.create_table(statements.TRIAL, statements.trial_sql(session.as_of - dt.timedelta(days=days)))
    cells = warehouse.frame(statements.holdout_sql())
    if cells.empty:
        return None
    cohorts, weeks = warehouse.frame(statements.cohorts_sql()), warehouse.rows(statements.weeks_sql(session.as_of))
    known = histogram(cells)
    weekly = [0] * ((history_days + 1) // 7)
    for week, order_days in weeks:
        weekly[week] = order_days
    return deciding.Trial(
        past=deciding.Past(
            Histogram.of(known.frequency, known.recency, known.age, known.counts),
            spending(warehouse.frame(statements.spending_sql(statements.TRIAL))),
        ),
        until=session.as_of,
        holdout=Holdout(known, days, cells["orders_ahead"], cells["spend_ahead"], cells["mean_spend"]),
        first_days=cohorts["first_day"].to_numpy(),
        cohorts=cohorts["customers"].to_numpy(),
        weekly=weekly,
    )


def published_models(session: Session) -> list[dict]:
    """The models that the base release published, from its manifest."""
    return [row for row in session.base.manifest["models"] if row["is_published"]] if session.base else []


def apply(
    session: Session, fallback: simple.SimpleLtv, decided: deciding.Decision | None, past: deciding.Past | None
) -> None:
    """Write scores.clv: the decided model's values, or the simple ones."""
    config, digits = session.settings.clv, statements.digits_of(session.settings.sources.company.currency)
    if decided is None or decided.key is None:
        session.warehouse.create_table("scores.clv", simple.simple_ltv_sql(fallback, digits=digits))
        return
    said = deciding.predictions(decided, past, config.horizon_days, config.annual_discount_rate)
    session.warehouse.write_frame(statements.PREDICTIONS, pd.DataFrame(said))
    session.warehouse.create_table("scores.clv", statements.clv_sql(fallback, decided.spend.model, decided.key, digits))


def metadata(rows: list[dict]) -> dict:
    """What the page shows beside the table: the published models in words, numbers and pictures."""
    published = [row for row in rows if row["is_published"]]
    told = {
        "model": dg.MetadataValue.json({row["model"]: json.loads(row["parameters"]) for row in published}),
        "note": " ".join(dict.fromkeys(row["fit_note"] for row in published)),
    }
    holdout, histories = (
        next((json.loads(row[name]) for row in published if row[name]), None) for name in ("holdout", "histories")
    )
    return told | {name: shown_picture(svg) for name, svg in model_pictures(holdout, histories).items()}
