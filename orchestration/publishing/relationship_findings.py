"""What the report and the pages of the assets show of relationships and complaints: small frames, asked of the marts.

The sentences over them are in `relationship_sentences`.
"""

from typing import TYPE_CHECKING, NamedTuple

from orchestration.publishing.findings import Marts

if TYPE_CHECKING:
    import pandas as pd

BINS = 16  # along each side of the map: the shipped cuts (.625 and .5) are edges of bins
CATEGORIES = 6
REGIONS = 5  # that a sentence lists
LEVELS = ("dissatisfied", "neutral", "basically_satisfied", "completely_satisfied")
CALL_FIRST = (
    "select customer_id, clv from marts.customer_relationship inner join marts.customer_value using (customer_id)"
    " where is_profitable_but_dissatisfied order by clv desc, customer_id"
)


class Hurt(NamedTuple):
    """What hurts: cases per 100 of a base, both counts in relationship_summary."""

    cases: str
    base: str
    words: str
    zh: str
    of: str
    of_zh: str


_ORDERS = ("orders", "每百单")
HURTS = (
    Hurt("late_deliveries_last_365_days", "orders_last_365_days", "Late deliveries", "迟交", *_ORDERS),
    Hurt("complaints_last_365_days", "orders_last_365_days", "Complaints", "投诉", *_ORDERS),
    Hurt("green_channel_breaches", "orders_last_365_days", "Green-channel breaches", "绿色通道违约", *_ORDERS),
    Hurt(
        "profitable_but_dissatisfied",
        "answering_customers",
        "Profitable but dissatisfied",
        "盈利但不满意",
        "who answered",
        "每百名答复者",
    ),
)


def loyalty_cells(marts: Marts) -> "pd.DataFrame | None":
    """`across`, `up`, `loyalty_type`, `customers`: satisfaction and loyalty in bins, counted by the engine."""
    return marts.frame(
        "customer_relationship",
        "satisfaction_score loyalty_score loyalty_type",
        f"""
        select
            cast(least(floor(satisfaction_score * {BINS}), {BINS - 1}) as integer) as across,
            cast(least(floor(loyalty_score * {BINS}), {BINS - 1}) as integer) as up,
            loyalty_type,
            count(*) as customers
        from customer_relationship
        where loyalty_type is not null
        group by all order by all
        """,
    )


def category_rates(marts: Marts) -> "pd.DataFrame | None":
    """`category`, `month` (YYYY-MM), `per_100_orders` of the categories with most complaints, these first."""
    return marts.frame(
        "complaint_trends",
        "month category complaints complaints_per_100_orders",
        f"""
        with largest as (
            select category, sum(complaints) as complaints from complaint_trends
            group by category having sum(complaints) > 0 order by complaints desc, category limit {CATEGORIES}
        )
        select
            trends.category,
            strftime(trends.month, '%Y-%m') as month,
            sum(cast(trends.complaints_per_100_orders as decimal(18, 6)))::double as per_100_orders
        from complaint_trends as trends
        inner join largest on trends.category = largest.category
        group by trends.category, trends.month, largest.complaints
        order by largest.complaints desc, trends.category, trends.month
        """,
    )


def category_changes(marts: Marts) -> "pd.DataFrame | None":
    """`category`, `month`, `is_rise`: where complaints changed by more than noise."""
    return marts.frame(
        "complaint_changes",
        "month category rate_ratio is_more_than_noise",
        # Without any complaint before there is no ratio, and what is more than noise is a rise.
        "select category, strftime(month, '%Y-%m') as month, coalesce(rate_ratio > 1, true) as is_rise"
        " from complaint_changes where is_more_than_noise order by all",
    )


def response_times(marts: Marts) -> "pd.DataFrame | None":
    """`month`, `median_time`, `p90_time` (hours), `within_promise_share` of answers to complaints, by month."""
    found = marts.frame(
        "service_timings",
        "dimension period timing median_time p90_time within_promise_share",
        "select period as month, median_time, p90_time, within_promise_share from service_timings"
        " where dimension = 'overall' and timing = 'response' and period like '____-__' and period not like '%Q%'"
        " order by period",
    )
    return None if found is None or found["median_time"].isna().all() else found


def regions(marts: Marts) -> "pd.DataFrame | None":
    """`member` and the counts of HURTS; the regions that rank highest first."""
    columns = list(dict.fromkeys(name for hurt in HURTS for name in (hurt.cases, hurt.base)))
    ranks = " + ".join(f"rank() over (order by {_rate(hurt)} desc nulls last)" for hurt in HURTS)
    return marts.frame(
        "relationship_summary",
        f"dimension member {' '.join(columns)}",
        f"select member, {', '.join(columns)} from relationship_summary where dimension = 'region'"
        f" order by {ranks}, member",
    )


def _rate(hurt: Hurt) -> str:
    return f"{hurt.cases} / nullif({hurt.base}, 0)"


def promises(marts: Marts) -> "pd.DataFrame | None":
    """`dimension` (overall, region), `member`, `promised`, `within_promise_share` of answers to complaints, last year.

    Of complaints that were answered or whose promise has passed; regions that keep it least come first.
    """
    return marts.frame(
        "service_timings",
        "dimension member period timing promised within_promise_share",
        "select dimension, member, promised, within_promise_share from service_timings where timing = 'response'"
        " and period = 'last_365_days' and dimension in ('overall', 'region') and promised > 0"
        " order by dimension, within_promise_share, member",
    )


def breaches(marts: Marts) -> "pd.DataFrame | None":
    """`member`, `cases`, `breaches` of the green channel by region, last year; most breaches a case first."""
    return marts.frame(
        "relationship_summary",
        "dimension member green_channel_complaints green_channel_breaches",
        "select member, green_channel_complaints as cases, green_channel_breaches as breaches"
        " from relationship_summary where dimension = 'region' and green_channel_complaints > 0"
        " order by green_channel_breaches / green_channel_complaints desc, member",
    )


def leaving(marts: Marts) -> "pd.DataFrame | None":
    """`level` of satisfaction, `ordering`, `silent`: customers with orders who answered, the least satisfied first."""
    return marts.frame(
        "customer_relationship",
        "satisfaction_level is_silent",
        f"select satisfaction_level as level, count(*) as ordering, count(*) filter (where is_silent) as silent"
        f" from customer_relationship where satisfaction_level is not null and is_silent is not null group by level"
        f" order by list_position({list(LEVELS)}, level)",
    )


def value_at_stake(marts: Marts) -> float | None:
    """Lifetime value of the profitable but dissatisfied."""
    return marts.number(
        "customer_relationship",
        "customer_id is_profitable_but_dissatisfied",
        "select sum(clv) from customer_relationship inner join customer_value using (customer_id)"
        " where is_profitable_but_dissatisfied",
    )
