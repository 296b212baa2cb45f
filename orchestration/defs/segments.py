"""The asset of the schemes: which are on, what they are called, and who is in the groups that are rules over facts.

The decisions are in scoring/schemes.py and scoring/rule_groups.py; how score assets are made is in defs/scores.py.
"""

import dagster as dg

from orchestration.config.customer_facts import Need
from orchestration.config.reading import read_config
from orchestration.config.segments import SegmentsConfig
from orchestration.defs.scores import finished, score_asset
from orchestration.defs.session import Session
from orchestration.scoring import rule_groups, schemes
from orchestration.settings import SHIPPED_CONFIG
from orchestration.warehouse.duckdb import Warehouse

INTEREST_GROUPS = (
    "select distinct interest_group from facts.customer_interests union select 'no_views' "
    "union select segment from previous.segment_history where scheme = 'interest_group'"
)


@score_asset(
    "segment_schemes",
    [
        "facts.customers",
        "facts.orders",
        "facts.customer_orders",
        "facts.customer_payments",
        "facts.complaints",
        "facts.customer_complaints",
        "facts.survey_answers",
        "facts.customer_surveys",
        "facts.customer_activity",
        "facts.customer_interests",
        "facts.customer_attributes",
        "facts.customer_wallets",
        "scores.clv",
        "scores.value_tiers",
        "scores.silence",
        "previous.segment_history",
    ],
    "The ways of segmenting, which of them are on and why the others are not, their words, and the members of the "
    "groups that are rules over facts.",
    {},
)
def segment_schemes(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
    with session.step("scores.segment_schemes"):
        warehouse, config = session.warehouse, session.settings.segments
        shipped = read_config(SHIPPED_CONFIG / "segments.yml", SegmentsConfig)
        decided = schemes.decide_schemes(session.settings, fed(warehouse, schemes.needs_of(config)), shipped)
        warehouse.write("scores.segment_schemes", decided.rows, schemes.SCHEME_COLUMNS)
        borne = [name for (name,) in warehouse.rows(INTEREST_GROUPS)]
        labelled = schemes.label_rows(schemes.every_scheme(config, shipped), borne)
        warehouse.write("scores.segment_labels", labelled, schemes.LABEL_COLUMNS)
        warehouse.create_table(rule_groups.MEMBERS, rule_groups.members_sql(decided.groups, session.as_of))
        yield from finished(session, context, [], metadata(warehouse, decided))


def fed(warehouse: Warehouse, needs: list[Need]) -> set[Need]:
    """The needs that are met."""
    [found] = warehouse.rows(schemes.fed_sql(needs))
    return {need for need, is_fed in zip(needs, found, strict=True) if is_fed}


def metadata(warehouse: Warehouse, decided: schemes.Schemes) -> dict:
    """What the page shows: each scheme's rule, what is off and why, and how many are in each group."""
    members = warehouse.rows(f"select segment, count(*) from {rule_groups.MEMBERS} group by segment order by segment")
    return {
        "rules": dg.MetadataValue.json({row["scheme"]: row["rule"] for row in decided.rows}),
        "off": dg.MetadataValue.json({row["scheme"]: row["reason_off"] for row in decided.rows if row["reason_off"]}),
        "members of groups": dg.MetadataValue.json(dict(members)),
    }


SEGMENT_ASSETS = [segment_schemes]
