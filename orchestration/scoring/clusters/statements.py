"""The statements of clusters: the sample that Python looks at, each customer's cluster, and medians of each cluster.

DuckDB and Spark read them alike. None joins or sorts all customers, so that memory does not grow with them.
"""

from collections.abc import Sequence

from orchestration.scoring.clusters.features import FEATURES, NO_ORDERS
from orchestration.scoring.clusters.fitting import Clusters, ClusterSettings
from orchestration.scoring.literals import sql_double, sql_text


def _feature_columns() -> str:
    # Rounded, so that another engine's last bit cannot move a customer.
    return "".join(f",\n        round(ln(1 + {feature.sql}), 9) as {name}" for name, feature in FEATURES.items())


def sample_sql(settings: ClusterSettings, source: str = "facts.customer_orders") -> str:
    """The select of the fitting sample: customer_id, one column a feature, revenue; ordered by customer_id.

    The sample follows a hash of the id, so that the same customers are drawn on every engine and every day.
    """
    return f"""
with

drawn as (

    select
        customer_id,
        cast(revenue as double) as revenue{_feature_columns()}
    from {source}
    where order_days > 0
    order by md5(customer_id), customer_id
    limit {int(settings.sample)}

)

select customer_id, {", ".join(FEATURES)}, revenue
from drawn
order by customer_id
""".strip()


def assign_sql(clusters: Clusters, source: str = "facts.customer_orders") -> str:
    """The select that gives the columns of scores.clusters, one row for each row of `source`.

    Nearest centroid by Euclidean distance of the scaled features; of two equally near, the one whose members
    spend more.
    """
    without = f"select customer_id, '{NO_ORDERS}' as cluster from {source}"
    if not clusters.centroids:
        return without
    return f"""
{_nearest(clusters, source, ["customer_id"])}

select customer_id, {_cluster(clusters)} as cluster
from nearest

union all

{without}
where coalesce(order_days, 0) <= 0
""".strip()


def medians_sql(clusters: Clusters, name: str, source: str = "facts.customer_orders") -> str:
    """The select of `cluster`, `customers` and the `median` of one feature in its natural unit, of each cluster.

    One feature at a time: an exact median keeps all values, 8 bytes a customer.
    """
    return f"""
{_nearest(clusters, source, [f"{FEATURES[name].sql} as natural_value"])}

select
    {_cluster(clusters)} as cluster,
    count(*) as customers,
    round(median(natural_value), 4) as median
from nearest
group by 1
order by 1
""".strip()


def everybody_sql(name: str, source: str = "facts.customer_orders") -> str:
    """The select of the `median` of one feature over all customers with orders; null without any."""
    return f"select round(median({FEATURES[name].sql}), 4) as median from {source} where order_days > 0"


def _nearest(clusters: Clusters, source: str, kept: Sequence[str]) -> str:
    """Common table expressions that end in `nearest`: what is kept, all distances, and the shortest."""
    distances = "".join(
        f",\n        {_squared_distance(clusters, centroid)} as distance_{number}"
        for number, centroid in enumerate(clusters.centroids)
    )
    columns = ", ".join(f"distance_{number}" for number in range(len(clusters.centroids)))
    shortest = f"least({columns})" if len(clusters.centroids) > 1 else columns
    passed_on = ", ".join(column.rpartition(" as ")[2] for column in kept)
    return f"""
with

behaviour as (

    select
        {", ".join(kept)}{_feature_columns()}
    from {source}
    where order_days > 0

),

distances as (

    select
        {passed_on}{distances}
    from behaviour

),

nearest as (

    select
        *,
        {shortest} as shortest
    from distances

)
""".strip()


def _cluster(clusters: Clusters) -> str:
    branches = " ".join(
        f"when distance_{number} = shortest then {sql_text(name)}" for number, name in enumerate(clusters.names)
    )
    return f"case {branches} end"


def _squared_distance(clusters: Clusters, centroid: Sequence[float]) -> str:
    terms = []
    for name, mean, scale, centre in zip(FEATURES, clusters.means, clusters.scales, centroid, strict=True):
        offset = f"(({name} - {sql_double(mean)}) / {sql_double(scale)} - {sql_double(centre)})"
        terms.append(f"{offset} * {offset}")
    return f"round({' + '.join(terms)}, 9)"
