"""Score assets: the engine gives a summary, Python decides on it, the engine applies the decision to each customer.

Each asset reads, calls one decision, writes, and returns what a person wants to see. Checks of the scores run in
the same step, so that a score cannot be built without being judged.
"""

from collections.abc import Callable, Iterator

import dagster as dg
import numpy as np

from orchestration.config.gates import GatesConfig
from orchestration.defs.pictures import shown_picture
from orchestration.defs.session import Session
from orchestration.judging.weighing import weighed
from orchestration.publishing import value_findings, value_pictures
from orchestration.publishing.silence_pictures import limit_by_gaps
from orchestration.quality import scores as checks
from orchestration.quality import silence as silence_checks
from orchestration.scoring import rfm, silence, tier_facts, tiers
from orchestration.scoring.key_accounts import KeyAccountSettings
from orchestration.scoring.quadrant import QuadrantSettings
from orchestration.settings import Settings


def score_asset(name: str, deps: list[str], description: str, its_checks: dict[str, str]) -> Callable:
    """Make of a function what builds an asset under `scores/` from the gates, which say what its checks do."""

    def builder(compute: Callable) -> Callable[[GatesConfig], dg.AssetsDefinition]:
        return lambda gates: dg.asset(
            key=["scores", name],
            deps=[dep.split(".") for dep in deps],
            group_name="scores",
            kinds={"python", "duckdb"},
            owners=["team:data"],
            description=description,
            check_specs=[
                dg.AssetCheckSpec(
                    check,
                    asset=["scores", name],
                    description=told,
                    blocking=gates.gate(f"scores.{name}:{check}").severity == "block",
                )
                for check, told in its_checks.items()
            ],
        )(compute)

    return builder


def finished(session: Session, context: dg.AssetExecutionContext, outcomes: list, metadata: dict) -> Iterator:
    """Give the table its version, judge it, and tell Dagster."""
    [key] = context.selected_asset_keys
    table = ".".join(key.path)
    upstreams = [".".join(dep.asset_key.path) for dep in context.assets_def.specs_by_key[key].deps]
    session.gate.record_built(table, upstreams)
    yield dg.MaterializeResult(
        metadata={**session.shown(table), **metadata}, check_results=list(session.report(outcomes))
    )


@score_asset(
    "value_tiers",
    [
        "scores.clv",
        "scores.quality_weights",
        "facts.customer_orders",
        "facts.customer_attributes",
        "previous.segment_history",
    ],
    "The pyramid, ABC and contribution classes, key accounts, wallet share, RFM and value quadrant of each customer.",
    checks.VALUE_TIERS,
)
def value_tiers(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
    with session.step("scores.value_tiers"):
        [row] = session.warehouse.records(tier_facts.tier_summary_sql())
        decision = tiers.decide_tiers(tier_facts.read_summary(row), tier_settings(session.settings))
        session.warehouse.create_table("scores.value_tiers", tiers.value_tiers_sql(decision))
        metadata = {
            "last ranks": dg.MetadataValue.json(decision.last_ranks),
            "ranks where the tier before counts": dg.MetadataValue.json(
                [f"{band.first}-{band.last}" for band in decision.bands]
            ),
            "notes": "\n".join(decision.notes) or "none",
            **tier_pictures(session),
        }
        yield from finished(session, context, checks.value_tiers(session.warehouse, decision), metadata)


def tier_pictures(session: Session) -> dict:
    """The matrix and the RFM map, once somebody has ordered."""
    tiers_and_values = (
        "(select value_tiers.*, clv.clv from scores.value_tiers inner join scores.clv using (customer_id)) as valued"
    )
    matrix = session.warehouse.frame(value_findings.matrix_sql(tiers_and_values))
    rfm_cells = session.warehouse.frame(value_findings.rfm_sql(tiers_and_values))
    drawn = {} if matrix.empty else {"matrix": shown_picture(value_pictures.matrix(matrix))}
    return drawn if rfm_cells.empty else drawn | {"rfm": shown_picture(value_pictures.rfm_map(rfm_cells))}


def tier_settings(settings: Settings) -> tiers.TierSettings:
    config = settings.tiers
    return tiers.TierSettings(
        rfm_segments=rfm.rfm_segments([rule.model_dump() for rule in settings.segments.rfm]),
        shares=config.pyramid,
        abc_shares=(config.abc_a_up_to, config.abc_b_up_to),
        contribution=config.contribution,
        wallet_share_from=config.wallet_share_from,
        key_accounts=KeyAccountSettings(
            weighed(settings, "key_account_attributes").overall,
            config.key_accounts,
            config.key_account_minimum_coverage,
        ),
        quadrant=QuadrantSettings(
            weighed(settings, "current_value").overall,
            weighed(settings, "potential_value").overall,
            config.quadrant_percentile,
        ),
        hysteresis=config.hysteresis,
    )


@score_asset(
    "silence",
    ["facts.customer_orders"],
    "Who has been quiet for longer than their own habit explains, and the limit in days for each customer.",
    silence_checks.SILENCE,
)
def silent_customers(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
    with session.step("scores.silence"):
        config = session.settings.relationship.silence
        limits = silence.decide_limits(
            session.warehouse.frame(silence.sample_sql()),
            session.warehouse.frame(silence.cells_sql()),
            silence.SilenceSettings(config.tail_probability),
        )
        session.warehouse.write_frame(silence.LIMITS, limits.factors)
        session.warehouse.create_table("scores.silence", silence.silence_sql(limits))
        allowed = session.settings.gates.gate("scores.silence:few_fall_silent_at_once").threshold
        outcomes = silence_checks.silence(session.warehouse, allowed)
        yield from finished(session, context, outcomes, silence_metadata(limits))


def silence_metadata(limits: silence.SilenceLimits) -> dict:
    """What the page of the asset tells of the population."""
    if limits.law is None:
        return {"notes": "Nobody has come back yet, so that there is no habit to judge by."}
    law = limits.law
    by_gaps = silence.typical_limits(law, limits.tail)
    return {
        "usual gap, half of the customers below (days)": round(law.median_usual_gap(), 1),
        "limit after a first order (days)": round(limits.first_gap_limit_days, 1),
        "customers who order at random moments, or in bursts (%)": round(100 * law.share_of(0, 1), 1),
        "customers who order regularly (%)": round(100 * law.share_of(4, np.inf), 1),
        "first orders that stay the only one (%)": round(100 * law.stops_after_first, 1),
        "later orders that are the last (%)": round(100 * law.stops_after_later, 1),
        "limits": shown_picture(limit_by_gaps(by_gaps)),
    }


SCORE_ASSETS = [value_tiers, silent_customers]
