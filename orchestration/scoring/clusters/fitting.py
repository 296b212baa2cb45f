"""Behaviour clusters: k-means on scaled behaviour features (methods §3.8).

Python looks at a sample and decides on scales, k and centroids; the statements are in `statements`, names in `naming`.
The clusters of the base release are a starting point, so that a refresh does not move customers without need.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.errors import UserError
from orchestration.scoring.clusters.features import FEATURES
from orchestration.scoring.clusters.naming import Before, matched, names_of

SEED = 20260101
# By how much a fresh start must lower the sum of squares to replace what grew from the centroids before. Below that
# the two are as good, and another split of the same customers would only move them.
BETTER_START = 0.01


@dataclass(frozen=True)
class ClusterSettings:
    """How many clusters, on how many customers, and when they are still the clusters of before.

    k_min, k_max : range of k.
    sample : customers that centroids are fitted on.
    silhouette_sample : those of them that silhouettes are measured on.
    better_by : what another k must add to the silhouette of the last one to replace it.
    same_within : distance of centroids up to which a cluster keeps its name, in standard deviations.
    """

    k_min: int = 3
    k_max: int = 6
    sample: int = 20_000
    silhouette_sample: int = 2_000
    better_by: float = 0.02
    same_within: float = 1.0

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
    kept : of each cluster, whether it is one of the base release's and keeps its name.
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]
    centroids: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]
    silhouettes: tuple[tuple[int, float], ...]
    customers: int
    kept: tuple[bool, ...] = ()

    @property
    def silhouette(self) -> float | None:
        """Of the k that was chosen."""
        return dict(self.silhouettes).get(len(self.centroids))

    def natural(self) -> list[dict[str, float]]:
        """The centroids in natural units, by column: orders, money per order day, days."""
        import numpy as np

        return [
            {
                feature.column: round(float(value), 4)
                for feature, value in zip(
                    FEATURES.values(), np.expm1(np.multiply(row, self.scales) + self.means), strict=True
                )
            }
            for row in self.centroids
        ]


def fit_clusters(
    customer_ids: Sequence[str],
    features: Sequence[Sequence[float]],
    revenue: Sequence[float],
    settings: ClusterSettings | None = None,
    before: Before | None = None,
) -> Clusters:
    """Find k by silhouette and the centroids by k-means; the order of the customers makes no difference.

    With no more distinct customers than `k_min`, each of them is a cluster.

    Parameters
    ----------
    customer_ids : sequence of n str
    features : array-like, shape (n, 4)
        In the order of `FEATURES`, as `statements.sample_sql` gives them.
    revenue : sequence of n float
        Orders the clusters: the one that spends most comes first.
    settings : ClusterSettings, optional
    before : Before, optional
        The clusters of the base release: k, names and one of the starts come from them.

    Returns
    -------
    Clusters
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    settings, before = settings or ClusterSettings(), before or Before()
    if not len(customer_ids):
        return Clusters((0.0,) * len(FEATURES), (1.0,) * len(FEATURES), (), (), (), 0)
    order = np.argsort(np.asarray(customer_ids, dtype=str), kind="stable")
    values = np.asarray(features, dtype=float)[order]
    spent = np.asarray(revenue, dtype=float)[order]
    means = values.mean(axis=0)
    scales = values.std(axis=0)
    scales[scales < 1e-9] = 1.0  # a feature that nobody differs in
    scaled = np.round((values - means) / scales, 9)
    past = before.scaled(means, scales)

    # One thread: several add up in an order of their own, and the last bits would differ between runs.
    with threadpool_limits(limits=1):
        centroids, labels, silhouettes = _best_k(scaled, settings, past)

    by_revenue = sorted(range(len(centroids)), key=lambda j: (-spent[labels == j].mean(), *centroids[j]))
    centroids = [tuple(round(float(value), 9) for value in centroids[j]) for j in by_revenue]
    same = matched(centroids, past, settings.same_within)
    kept = [None if at is None else before.names[at] for at in same]
    return Clusters(
        means=tuple(float(mean) for mean in means),
        scales=tuple(float(scale) for scale in scales),
        centroids=tuple(centroids),
        names=names_of(centroids, kept, before.borne),
        silhouettes=silhouettes,
        customers=len(values),
        kept=tuple(name is not None for name in kept),
    )


def _best_k(scaled, settings: ClusterSettings, past):
    """Centroids, labels and silhouettes of the k with the highest silhouette, the smaller on a tie.

    The last k stays where another is not better by the margin.
    """
    import numpy as np
    from sklearn.metrics import silhouette_score

    distinct, which = np.unique(scaled, axis=0, return_inverse=True)
    if len(distinct) <= settings.k_min:
        return distinct, which.ravel(), ()
    looked_at = np.random.default_rng(SEED).permutation(len(scaled))[: settings.silhouette_sample]
    found = {}
    for k in range(settings.k_min, min(settings.k_max, len(distinct) - 1) + 1):
        model = _k_means(scaled, k, past)
        seen = model.labels_[looked_at]
        # A cluster that the sample misses altogether, or that holds all of it, has no silhouette.
        comparable = 2 <= len(set(seen)) < len(seen)
        score = round(float(silhouette_score(scaled[looked_at], seen)), 6) if comparable else -1.0
        found[k] = (score, model)
    best = max(found, key=lambda k: (found[k][0], -k))
    last = len(past)
    if last in found and found[best][0] <= found[last][0] + settings.better_by:
        best = last
    model = found[best][1]
    return model.cluster_centers_, model.labels_, tuple((k, score) for k, (score, _) in found.items())


def _k_means(scaled, k: int, past):
    """The best of four fresh starts; where there were as many clusters before, what grows from them is preferred."""
    from sklearn.cluster import KMeans

    fresh = KMeans(n_clusters=k, n_init=4, random_state=SEED).fit(scaled)
    if len(past) != k:
        return fresh
    grown = KMeans(n_clusters=k, init=past, n_init=1, random_state=SEED).fit(scaled)
    return fresh if fresh.inertia_ < (1 - BETTER_START) * grown.inertia_ else grown
