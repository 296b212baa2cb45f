"""The assets of service quality: weights from the experts, the index of each cell, and what changed between periods.

Experts weigh other hierarchies too; all their weights are in one table.

The arithmetic is in scoring/quality*.py and scoring/shrinkage.py; how score assets are made is in defs/scores.py.
"""

import dagster as dg
import pandas as pd

from orchestration.config.quality import QualityConfig
from orchestration.defs.pictures import shown_picture
from orchestration.defs.scores import finished, score_asset
from orchestration.defs.session import Session
from orchestration.judging.consistency import contradictions
from orchestration.judging.weighing import hierarchies, shipped_experts, weighed
from orchestration.judging.words import wording
from orchestration.publishing import quality_findings, quality_pictures
from orchestration.publishing.labels import NO_LABELS
from orchestration.quality import scores as checks
from orchestration.quality import service_index
from orchestration.scoring import quality, quality_changes, shrinkage
from orchestration.scoring.hierarchy import Weights

WEIGHT_COLUMNS = {
    "hierarchy": "varchar",
    "indicator": "varchar",
    "parent": "varchar",
    "level": "integer",
    "local_weight": "double",
    "global_weight": "double",
    "consistency_ratio": "double",
    "experts": "integer",
    "weight_spread": "double",
    "method": "varchar",
    "is_leaf": "boolean",
}
INDICATORS = "scores.quality_index_indicators"


@score_asset(
    "quality_weights",
    [],
    "Weights of the service quality indicators and of the kinds of activity, from experts' comparisons (AHP), with "
    "their consistency.",
    checks.QUALITY_WEIGHTS,
)
def quality_weights(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
    with session.step("scores.quality_weights"):
        settings = session.settings
        found = {name: weighed(settings, name) for name in hierarchies(settings)}
        rows = [row for weights in found.values() for row in weights.rows()]
        session.warehouse.write("scores.quality_weights", rows, WEIGHT_COLUMNS)
        reports = [row for weights in found.values() for row in weights.consistency_rows()]
        index_nodes = pd.DataFrame(found[settings.quality.hierarchy].rows())
        metadata = {
            "consistency": dg.MetadataValue.json(reports),
            "weights": shown_picture(quality_pictures.weights_tree(index_nodes)),
        }
        by_example = [name for name in found if shipped_experts(settings, name)]
        told = [
            sentence
            for weights in found.values()
            for sentence in contradictions(weights, wording(settings.quality, weights.hierarchy))
        ]
        outcomes = checks.quality_weights(session.warehouse, list(found.values()), told, by_example)
        yield from finished(session, context, outcomes, metadata)


@score_asset(
    "quality_index",
    ["scores.quality_weights", "facts.service_indicators"],
    "The service quality index, 0-100, overall and by group, with each indicator's contribution; values of small "
    "samples are drawn towards the whole company's.",
    service_index.QUALITY_INDEX,
)
def quality_index(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
    with session.step("scores.quality_index"):
        config, warehouse = session.settings.quality, session.warehouse
        weights = weighed(session.settings, config.hierarchy)
        decision = decided_index(config, weights)
        cells = warehouse.frame(shrinkage.cells_sql("facts.service_indicators"))
        decided = shrinkage.decide_shrinkage(cells, decision.small_sample)
        warehouse.write_frame("scores.quality_shrinkage", decided)
        warehouse.create_table(INDICATORS, quality.indicators_sql(decision))
        warehouse.create_table("scores.quality_index", quality.index_sql(decision))
        outcomes = service_index.quality_index(warehouse, decision, session.settings.sources.feeds)
        yield from finished(session, context, outcomes, index_metadata(session, weights))


def decided_index(config: QualityConfig, weights: Weights) -> quality.QualityIndex:
    """The configured scales of the tree's leaves, joined with the weights."""
    tree = weights.hierarchy
    leaves = [node for node, _, _ in tree.nodes() if node not in tree.children]
    scales = {name: config.indicators[name] for name in leaves if name in config.indicators}
    return quality.decide_index(
        weights,
        {name: quality.Scale(scale.floor, scale.target) for name, scale in scales.items()},
        config.minimum_coverage,
        *(branch if branch in config.tree else None for branch in ("process", "performance")),
        config.small_sample,
    )


def index_metadata(session: Session, weights: Weights) -> dict:
    """The index of the whole, by tier over time, and how firm the rankings are."""
    overall = session.warehouse.records(
        "select period, quality_index, coverage from scores.quality_index where dimension = 'overall' order by period"
    )
    metadata = {"overall": dg.MetadataValue.json(overall)}
    lines = session.warehouse.frame(quality_findings.index_by_tier_sql("scores.quality_index"))
    if not lines.empty:
        metadata["by tier"] = shown_picture(quality_pictures.index_lines(lines))
    cells = session.warehouse.frame(quality_findings.ranked_cells_sql(INDICATORS))
    sentences = quality_findings.ranking_sentences_of(cells, pd.DataFrame(weights.rows()), NO_LABELS)
    if sentences:
        metadata["ranking"] = "\n".join(sentences)
    return metadata


@score_asset(
    "quality_changes",
    ["scores.quality_index"],
    "What changed in service quality from month to month and quarter to quarter, by indicator, with 95 % intervals.",
    {},
)
def quality_change(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
    with session.step("scores.quality_changes"):
        cells = session.warehouse.frame(f"select * from {INDICATORS} order by dimension, member, period, indicator")
        session.warehouse.write_frame("scores.quality_changes", quality_changes.consecutive_changes(cells))
        latest = session.warehouse.frame(quality_findings.latest_changes_sql("scores.quality_changes"))
        metadata = {} if latest.empty else {"latest": shown_picture(quality_pictures.waterfall(latest))}
        yield from finished(session, context, [], metadata)


QUALITY_ASSETS = [quality_weights, quality_index, quality_change]
