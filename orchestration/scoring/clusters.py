"""Behaviour clusters: k-means on scaled behaviour features, and plain names for what it finds (methods §3.8).

Python looks at a sample and decides on centroids and scales; SQL gives each customer its nearest centroid.
Features come from order behaviour alone; customers without orders are the cluster 'no_orders'.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.errors import UserError
from orchestration.scoring.literals import sql_double, sql_text

NO_ORDERS = "no_orders"
SEED = 20260101
UNUSUAL = 0.5  # in standard deviations: what is worth a word in a name

# Logarithms, since days and money spread over orders of magnitude. Words for low and high.
FEATURES = {
    "frequency": ("ln(1 + order_days)", "rare", "frequent"),
    "spend": ("ln(1 + greatest(cast(revenue as double) / order_days, 0e0))", "low_spend", "high_spend"),
    "silence": ("ln(1 + days_since_last_order)", "recent", "lapsed"),
    "tenure": ("ln(1 + age_days)", "new", "long_standing"),
}


@dataclass(frozen=True)
class ClusterSettings:
    """Range of k, customers in the fitting sample, and customers on whom the silhouette is measured."""

    k_min: int = 3
    k_max: int = 6
    sample: int = 20_000
    silhouette_sample: int = 2_000

    def __post_init__(self):
        if not 2 <= self.k_min <= self.k_max:
            raise UserError(f"k runs from {self.k_min} to {self.k_max}; it must rise from 2 or more", where="clusters")
        for name in ("sample", "silhouette_sample"):
            if getattr(self, name) <= self.k_max:
                raise UserError(
                    f"{name} is {getattr(self, name)}; it must be above k_max, {self.k_max}", where="clusters"
                )


@dataclass(frozen=True)
class Clusters:
    """The decision: how features are scaled, where the centroids lie, and what they are called.

    means, scales : of each feature in `FEATURES`, in their order.
    centroids : k rows of scaled features, by descending mean revenue of the members.
    names : k labels, each once.
    silhouettes : (k, score) of every k that was tried; empty where customers are too few to choose.
    customers : in the sample.
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]
    centroids: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]
    silhouettes: tuple[tuple[int, float], ...]
    customers: int

    def rows(self) -> list[dict]:
        """The decision table: one row a cluster, with its centroid in scaled units."""
        return [
            {"cluster": name, "number": number} | dict(zip(FEATURES, centroid, strict=True))
            for number, (name, centroid) in enumerate(zip(self.names, self.centroids, strict=True))
        ]


def _feature_columns() -> str:
    # Rounded, so that another engine's last bit cannot move a customer.
    return "".join(f",\n        round({sql}, 9) as {name}" for name, (sql, _, _) in FEATURES.items())


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


def fit_clusters(
    customer_ids: Sequence[str],
    features: Sequence[Sequence[float]],
    revenue: Sequence[float],
    settings: ClusterSettings | None = None,
) -> Clusters:
    """Find k by silhouette and the centroids by k-means; the order of the customers makes no difference.

    With no more distinct customers than `k_min`, each of them is a cluster.

    Parameters
    ----------
    customer_ids : sequence of n str
    features : array-like, shape (n, 4)
        In the order of `FEATURES`, as `sample_sql` gives them.
    revenue : sequence of n float
        Orders the clusters: the one that spends most comes first.
    settings : ClusterSettings, optional

    Returns
    -------
    Clusters
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    settings = settings or ClusterSettings()
    if not len(customer_ids):
        return Clusters((0.0,) * len(FEATURES), (1.0,) * len(FEATURES), (), (), (), 0)
    order = np.argsort(np.asarray(customer_ids, dtype=str), kind="stable")
    values = np.asarray(features, dtype=float)[order]
    spent = np.asarray(revenue, dtype=float)[order]
    means = values.mean(axis=0)
    scales = values.std(axis=0)
    scales[scales < 1e-9] = 1.0  # a feature that nobody differs in
    scaled = np.round((values - means) / scales, 9)

    # One thread: several add up in an order of their own, and the last bits would differ between runs.
    with threadpool_limits(limits=1):
        centroids, labels, silhouettes = _best_k(scaled, settings)

    by_revenue = sorted(range(len(centroids)), key=lambda j: (-spent[labels == j].mean(), *centroids[j]))
    centroids = [tuple(round(float(value), 9) for value in centroids[j]) for j in by_revenue]
    return Clusters(
        means=tuple(float(mean) for mean in means),
        scales=tuple(float(scale) for scale in scales),
        centroids=tuple(centroids),
        names=_unique_names(centroids),
        silhouettes=silhouettes,
        customers=len(values),
    )


def _best_k(scaled, settings: ClusterSettings):
    """Centroids, labels and silhouettes of the k with the highest silhouette, the smaller on a tie."""
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    distinct, which = np.unique(scaled, axis=0, return_inverse=True)
    if len(distinct) <= settings.k_min:
        return distinct, which.ravel(), ()
    looked_at = np.random.default_rng(SEED).permutation(len(scaled))[: settings.silhouette_sample]
    best, silhouettes = None, []
    for k in range(settings.k_min, min(settings.k_max, len(distinct) - 1) + 1):
        model = KMeans(n_clusters=k, n_init=4, random_state=SEED).fit(scaled)
        seen = model.labels_[looked_at]
        # A cluster that the sample misses altogether, or that holds all of it, has no silhouette.
        comparable = 2 <= len(set(seen)) < len(seen)
        score = round(float(silhouette_score(scaled[looked_at], seen)), 6) if comparable else -1.0
        silhouettes.append((k, score))
        if best is None or score > best[0]:
            best = (score, model.cluster_centers_, model.labels_)
    return best[1], best[2], tuple(silhouettes)


def _unique_names(centroids: Sequence[Sequence[float]]) -> tuple[str, ...]:
    """Two words for the most unusual features; a third and fourth where names clash, then a number."""
    names: list[str] = []
    for centroid in centroids:
        candidates = [_name(centroid, words) for words in range(2, len(FEATURES) + 1)]
        candidates += [f"{candidates[0]}_{number}" for number in range(2, len(centroids) + 1)]
        names.append(next(name for name in candidates if name not in names))
    return tuple(names)


def _name(centroid: Sequence[float], words: int) -> str:
    unusual = sorted(range(len(centroid)), key=lambda i: (-abs(centroid[i]), i))[:words]
    told = [
        low if centroid[i] < 0 else high
        for i, (_, low, high) in enumerate(FEATURES.values())
        if i in unusual and abs(centroid[i]) >= UNUSUAL
    ]
    return "_".join(told) or "typical"


def assign_sql(clusters: Clusters, source: str = "facts.customer_orders") -> str:
    """The select that gives the columns of scores.clusters, one row for each row of `source`.

    Nearest centroid by Euclidean distance of the scaled features; of two equally near, the one whose members
    spend more.
    """
    if not clusters.centroids:
        return f"select customer_id, '{NO_ORDERS}' as cluster from {source}"
    distances = "".join(
        f",\n        {_squared_distance(clusters, centroid)} as distance_{number}"
        for number, centroid in enumerate(clusters.centroids)
    )
    columns = ", ".join(f"distance_{number}" for number in range(len(clusters.centroids)))
    shortest = f"least({columns})" if len(clusters.centroids) > 1 else columns
    branches = "\n".join(
        f"        when nearest.distance_{number} = nearest.shortest then {sql_text(name)}"
        for number, name in enumerate(clusters.names)
    )
    return f"""
with

behaviour as (

    select
        customer_id{_feature_columns()}
    from {source}
    where order_days > 0

),

distances as (

    select
        customer_id{distances}
    from behaviour

),

nearest as (

    select
        *,
        {shortest} as shortest
    from distances

)

select
    customers.customer_id,
    case
        when nearest.customer_id is null then '{NO_ORDERS}'
{branches}
    end as cluster
from {source} as customers
left join nearest on customers.customer_id = nearest.customer_id
""".strip()


def _squared_distance(clusters: Clusters, centroid: Sequence[float]) -> str:
    terms = []
    for name, mean, scale, centre in zip(FEATURES, clusters.means, clusters.scales, centroid, strict=True):
        offset = f"(({name} - {sql_double(mean)}) / {sql_double(scale)} - {sql_double(centre)})"
        terms.append(f"{offset} * {offset}")
    return f"round({' + '.join(terms)}, 9)"
