"""What the report tells: small frames and numbers, asked of the marts.

A question whose mart or column is not there, or that has no rows, is answered with None: the report says so.
"""

import json
from typing import TYPE_CHECKING

import duckdb

from orchestration.publishing.labels import Labels

if TYPE_CHECKING:
    import pandas as pd

# The model of spend is published beside the one of order counts, which is what a hold-out and histories are of.
_COUNTS_FIRST = "model = 'gamma_gamma', model"


class Marts:
    """The marts of one release, in one schema of an open connection's database; for use in a `with` block."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, schema: str):
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns()"
            " where database_name = current_database() and schema_name = $1",
            [schema],
        ).fetchall()
        self._columns: dict[str, set[str]] = {}
        for table, column in columns:
            self._columns.setdefault(table, set()).add(column)
        # A cursor of its own: the caller's connection keeps its search path.
        self._cursor = connection.cursor()
        (catalogue,) = connection.execute("select current_database()").fetchone()
        if columns:
            self._cursor.execute(f'use "{catalogue}"."{schema}"')

    def __enter__(self) -> "Marts":
        return self

    def __exit__(self, *error: object) -> None:
        self._cursor.close()

    def frame(self, mart: str, columns: str, query: str, **parameters: str) -> "pd.DataFrame | None":
        """Ask, of a mart that has these columns, what follows; None where it has not, or nothing is found."""
        if not set(columns.split()) <= self._columns.get(mart, set()):
            return None
        found = self._cursor.execute(query, parameters).df()
        return None if found.empty else found

    def number(self, mart: str, columns: str, query: str) -> float | None:
        """As `frame`, for an answer of one cell."""
        found = self.frame(mart, columns, query)
        return None if found is None or found.isna().iat[0, 0] else float(found.iat[0, 0])


def headline(marts: Marts) -> dict[str, float | None]:
    """The numbers at the top of the page."""
    value = "from customer_value"
    return {
        "customers": marts.number("customer_value", "customer_id", f"select count(*) {value}"),
        "revenue": marts.number(
            "customer_value", "revenue_last_365_days", f"select sum(revenue_last_365_days) {value}"
        ),
        "clv": marts.number("customer_value", "clv", f"select sum(clv) {value}"),
        "clv_top": marts.number(
            "customer_value",
            "clv value_tier",
            "select sum(clv) filter (value_tier in ('platinum', 'gold', 'iron')) / nullif(sum(clv), 0) " + value,
        ),
        "quality_index": marts.number(
            "service_quality",
            "dimension period quality_index",
            "select quality_index from service_quality where dimension = 'overall' and period = 'last_365_days'",
        ),
        "unhappy": marts.number(
            "customer_relationship",
            "is_profitable_but_dissatisfied satisfaction_score",
            "select case when count(satisfaction_score) > 0 then count(*) filter (is_profitable_but_dissatisfied) end"
            " from customer_relationship",
        ),
    }


def labels(marts: Marts) -> Labels:
    """The words for published values; those that the marts do not name keep their names."""
    found = marts.frame(
        "labels", "field value label_en label_zh", "select field, value, label_en, label_zh from labels"
    )
    rows = [] if found is None else found.itertuples(index=False)
    return Labels({(field, value): (english, chinese) for field, value, english, chinese in rows})


def tiers(marts: Marts) -> "pd.DataFrame | None":
    """`value_tier`, `customers`, `clv`, from the top tier down."""
    return marts.frame(
        "customer_value",
        "value_tier clv",
        "select value_tier, count(*) as customers, coalesce(sum(clv), 0)::double as clv"
        " from customer_value where value_tier is not null group by value_tier"
        " order by list_position(['platinum', 'gold', 'iron', 'lead'], value_tier), value_tier",
    )


def profit_curve(marts: Marts) -> "pd.DataFrame | None":
    """`customers_share`, `profit_share`, both cumulative, by ascending customers."""
    return marts.frame(
        "profit_curve",
        "cumulative_customer_share cumulative_profit_share",
        "select cumulative_customer_share as customers_share, cumulative_profit_share as profit_share"
        " from profit_curve where cumulative_profit_share is not null order by 1",
    )


def weights(marts: Marts, hierarchy: str) -> "pd.DataFrame | None":
    """`indicator`, `parent`, `global_weight`, `is_leaf`: every node of one hierarchy below its root."""
    return marts.frame(
        "quality_weights",
        "hierarchy indicator parent global_weight is_leaf",
        "select indicator, parent, global_weight, is_leaf from quality_weights"
        " where hierarchy = $hierarchy order by global_weight desc, indicator",
        hierarchy=hierarchy,
    )


def consistency(marts: Marts, hierarchy: str) -> "pd.DataFrame | None":
    """`parent`, `consistency_ratio`, `experts`, `spread` of what the experts compare under each parent of a hierarchy.

    Of three items or more: two cannot contradict each other. `spread` is the widest under the parent.
    """
    return marts.frame(
        "quality_weights",
        "hierarchy parent consistency_ratio experts weight_spread",
        "select parent, consistency_ratio, experts, max(weight_spread) as spread from quality_weights"
        " where hierarchy = $hierarchy and parent is not null"
        " group by parent, consistency_ratio, experts having count(*) > 2 order by all",
        hierarchy=hierarchy,
    )


def complaints_by_month(marts: Marts) -> "pd.DataFrame | None":
    """`month`, `per_100_orders` over all; None where no month has a rate."""
    found = marts.frame(
        "service_quality_indicators",
        "dimension period indicator value",
        "select period as month, value as per_100_orders from service_quality_indicators"
        " where dimension = 'overall' and indicator = 'complaint_count' and period like '____-__'"
        " and period not like '%Q%' order by period",
    )
    return None if found is None or found["per_100_orders"].isna().all() else found


def complaints_by_category(marts: Marts) -> "pd.DataFrame | None":
    """`category`, `share` of the complaints of the last twelve months; the eight largest."""
    return marts.frame(
        "complaint_trends",
        "month category complaints",
        """
        select category, sum(complaints)::double / nullif(sum(sum(complaints)) over (), 0) as share
        from complaint_trends
        where month > (select max(month) from complaint_trends) - interval 12 month
        group by category having sum(complaints) > 0 order by share desc, category limit 8
        """,
    )


def migrations(marts: Marts) -> "list[pd.DataFrame]":
    """`from_segment`, `to_segment`, `customers`, `comparison`: value tiers before and now.

    One frame a comparison: since the previous release, then with a year ago, as far as there are rows.
    """
    found = marts.frame(
        "tier_migration",
        "scheme from_segment to_segment customers comparison",
        "select from_segment, to_segment, customers, comparison from tier_migration"
        " where scheme = 'value_tier' order by comparison, from_segment, to_segment",
    )
    return [] if found is None else [rows for _, rows in found.groupby("comparison")]


def schemes(marts: Marts) -> "pd.DataFrame | None":
    """`scheme`, `label_en`, `label_zh`, `rule`, `is_on`, `reason_off`: the ways of segmenting, in their order."""
    return marts.frame(
        "segment_schemes",
        "scheme position label_en label_zh rule is_on reason_off",
        "select scheme, label_en, label_zh, rule, is_on, reason_off from segment_schemes order by position",
    )


def segment_sizes(marts: Marts) -> "pd.DataFrame | None":
    """`scheme`, `segment`, `customers`: how many are in each segment, the largest of a scheme first."""
    return marts.frame(
        "segment_summary",
        "scheme segment customers",
        "select scheme, segment, customers from segment_summary order by scheme, customers desc, segment",
    )


def move_causes(marts: Marts) -> "pd.DataFrame | None":
    """`kind`, `cause`, `customers`, `clv_before`, `clv`, `change`: why customers changed tier, the most frequent first.

    `kind` is moved, then new and gone, then held: whom hysteresis holds did not move.
    """
    return marts.frame(
        "segment_moves",
        "scheme cause clv_before clv",
        """
        select
            case cause
                when 'new_customer' then 'new'
                when 'gone_customer' then 'gone'
                when 'held_by_margin' then 'held'
                else 'moved'
            end as kind,
            cause,
            count(*) as customers,
            coalesce(sum(clv_before), 0)::double as clv_before,
            coalesce(sum(clv), 0)::double as clv,
            (coalesce(sum(clv), 0) - coalesce(sum(clv_before), 0))::double as change
        from segment_moves where scheme = 'value_tier'
        group by kind, cause
        order by list_position(['moved', 'new', 'gone', 'held'], kind), customers desc, cause
        """,
    )


def cluster_profiles(marts: Marts) -> "pd.DataFrame | None":
    """The behaviour clusters as the mart has them, those who spend most on an order day first; no_orders last."""
    return marts.frame(
        "cluster_profiles",
        "cluster customers customer_share description_en description_zh median_order_days median_spend_per_order_day "
        "median_days_since_last_order median_age_days k silhouette_by_k",
        "select * from cluster_profiles order by median_spend_per_order_day desc nulls last, cluster",
    )


def models(marts: Marts) -> "pd.DataFrame | None":
    """The CLV models that were tried, the published one first."""
    return marts.frame(
        "clv_model",
        "model is_published fit_status fit_note log_likelihood customers total_clv",
        "select model, is_published, fit_status, fit_note, log_likelihood, customers,"
        " total_clv::double as total_clv from clv_model order by is_published desc, model",
    )


def published_model(marts: Marts) -> "pd.DataFrame | None":
    """`model`, `fit_note` of the published model of order counts, or of the lifetime value itself: one row."""
    return marts.frame(
        "clv_model",
        "model is_published fit_note",
        f"select model, fit_note from clv_model where is_published order by {_COUNTS_FIRST} limit 1",
    )


def holdout(marts: Marts) -> dict | None:
    """How the published model did on the hold-out, as `clv_model` holds it."""
    return _published_json(marts, "holdout")


def histories(marts: Marts) -> dict | None:
    """What the published model says of customers of one age, as `clv_model` holds it."""
    return _published_json(marts, "histories")


def _published_json(marts: Marts, column: str) -> dict | None:
    found = marts.frame(
        "clv_model",
        f"model is_published {column}",
        f"select {column} from clv_model where is_published and {column} is not null order by {_COUNTS_FIRST} limit 1",
    )
    return None if found is None else json.loads(found.iat[0, 0])
