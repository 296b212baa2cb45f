"""What the report and the pages of the assets tell of service quality: small frames, and how firm a ranking is.

The statements take the table's name: the marts repeat the columns of the scores that they are made of.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from orchestration.config.quality import FEEDS
from orchestration.publishing.findings import Marts, weights
from orchestration.publishing.labels import Labels
from orchestration.scoring.quality_changes import cells, compare
from orchestration.scoring.quality_ranking import ranking_sentences

if TYPE_CHECKING:
    import pandas as pd

_RANKED = {"region": "regions", "value_tier": "value tiers"}


def index_by_tier_sql(table: str) -> str:
    """`member`, `month`, `quality_index` of each value tier, from the top tier down."""
    return (
        f"select member, period as month, quality_index from {table}"
        " where dimension = 'value_tier' and period like '____-__' and period not like '%Q%'"
        " and quality_index is not null"
        " order by list_position(['platinum', 'gold', 'iron', 'lead'], member), member, period"
    )


def latest_changes_sql(table: str) -> str:
    """The changes of the whole between the two latest quarters, or months where there are no two quarters."""
    return f"""
        with
        overall as (select * from {table} where dimension = 'overall' and contribution is not null),
        latest as (select period from overall order by period like '%Q%' desc, period desc limit 1)
        select period, period_before, indicator, value, value_before, contribution, change_low, change_high,
            is_more_than_noise
        from overall where period in (select period from latest)
        order by indicator = 'index', contribution desc, indicator
    """


def ranked_cells_sql(table: str) -> str:
    """`dimension`, `member`, `indicator`, `score` of the regions and value tiers with an index in the last 365 days."""
    return (
        f"select dimension, member, indicator, score from {table}"
        " where dimension in ('region', 'value_tier') and period = 'last_365_days' and contribution is not null"
        " order by dimension, member, indicator"
    )


def ranking_sentences_of(cells: "pd.DataFrame", nodes: "pd.DataFrame", labels: Labels) -> list[str]:
    """How far each top-level weight can move before the regions, and the value tiers, change places.

    Parameters
    ----------
    cells : DataFrame
        As `ranked_cells_sql` gives it.
    nodes : DataFrame of `indicator`, `parent`, `global_weight`
    """
    return [
        sentence
        for dimension, words in _RANKED.items()
        for sentence in ranking_sentences(
            cells[cells["dimension"] == dimension], nodes, lambda name: labels.english("indicator", name), words
        )
    ]


def missing_feeds(arrived: Collection[str]) -> list[str]:
    """The feeds that indicators rest on and of which nothing arrived, in the order of the configuration."""
    return [feed for feed in dict.fromkeys(FEEDS.values()) if feed not in arrived]


def index_by_month(marts: Marts) -> "pd.DataFrame | None":
    """`month`, `quality_index`, `is_thin` over all, by month; None where no month has an index.

    A month is thin where an indicator of the index has a small sample, or less than half of what a month of the last
    365 days has on average: those who answer between two surveys are not those who answer a survey.
    """
    found = marts.frame(
        "service_quality_indicators",
        "dimension period indicator weight sample_size is_small_sample",
        """
        with
        measured as (
            select period, indicator, sample_size, is_small_sample
            from service_quality_indicators where dimension = 'overall' and weight > 0
        ),
        usual as (
            select indicator, sample_size / 12 as a_month from measured where period = 'last_365_days'
        ),
        thin as (
            select period, bool_or(is_small_sample or sample_size < a_month / 2) as is_thin
            from measured left join usual using (indicator) group by period
        )
        select period as month, quality_index, coalesce(is_thin, false) as is_thin
        from service_quality left join thin using (period)
        where dimension = 'overall' and period like '____-__' and period not like '%Q%' order by period
        """,
    )
    return None if found is None or found["quality_index"].isna().all() else found


def index_by_region(marts: Marts) -> "pd.DataFrame | None":
    """`member`, `quality_index`, `rank`, `sample_size` (its smallest), `is_small` of the last 365 days, best first.

    The twelve regions with the highest index at most. The rank is one more than the regions that are better by more
    than noise, so regions between which there may be only chance can share one.
    """
    found = marts.frame(
        "service_quality_indicators",
        "dimension member period indicator value raw_value raw_standard_error sample_size is_small_sample floor_value"
        " target_value score weight contribution",
        """
        with best as (
            select member, quality_index from service_quality
            where dimension = 'region' and period = 'last_365_days' and quality_index is not null
            order by quality_index desc, member limit 12
        )
        select quality_index, measured.*
        from best inner join service_quality_indicators as measured using (member)
        where dimension = 'region' and period = 'last_365_days' and score is not null and contribution is not null
        order by quality_index desc, member, indicator
        """,
    )
    if found is None:
        return None
    regions = cells(found)
    ranks = {
        one.member: 1 + sum(compare(other, one)[-1].low > 0 for other in regions if other is not one) for one in regions
    }
    told = found.groupby("member", sort=False, as_index=False).agg(
        quality_index=("quality_index", "first"),
        sample_size=("sample_size", "min"),
        is_small=("is_small_sample", "any"),
    )
    told["rank"] = told["member"].map(ranks)
    return told.sort_values(["rank", "quality_index", "member"], ascending=[True, False, True], ignore_index=True)


def index_by_tier(marts: Marts) -> "pd.DataFrame | None":
    """`index_by_tier_sql` of the mart; None before a tier has an index in any month."""
    return marts.frame("service_quality", "dimension member period quality_index", index_by_tier_sql("service_quality"))


def latest_changes(marts: Marts) -> "pd.DataFrame | None":
    """`latest_changes_sql` of the mart; None where no two periods compare."""
    columns = "dimension period period_before indicator value value_before contribution change_low change_high"
    return marts.frame(
        "service_quality_changes", f"{columns} is_more_than_noise", latest_changes_sql("service_quality_changes")
    )


def rankings(marts: Marts, hierarchy: str, labels: Labels) -> list[str]:
    """`ranking_sentences_of` the marts, under the tree of the index; none where there is nothing to rank."""
    table = "service_quality_indicators"
    cells = marts.frame(table, "dimension member period indicator score contribution", ranked_cells_sql(table))
    nodes = weights(marts, hierarchy)
    return [] if cells is None or nodes is None else ranking_sentences_of(cells, nodes, labels)
