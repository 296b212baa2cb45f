"""What each cluster is like, in natural units and plain words: the rows of scores.cluster_profiles, and all labels."""

import json
import math
from collections.abc import Collection, Mapping, Sequence

from orchestration.scoring.clusters.features import FEATURES, NO_ORDERS, UNUSUAL
from orchestration.scoring.clusters.fitting import Clusters
from orchestration.scoring.clusters.naming import label

PROFILE_COLUMNS = {
    "cluster": "varchar",
    "customers": "bigint",
    "customer_share": "double",
    "description_en": "varchar",
    "description_zh": "varchar",
    "is_new": "boolean",
    **{f"median_{feature.column}": "double" for feature in FEATURES.values()},
    **{f"centroid_{feature.column}": "double" for feature in FEATURES.values()},
    "currency": "varchar",
    "k": "bigint",
    "silhouette": "double",
    "silhouette_by_k": "varchar",
}
LABEL_COLUMNS = {"cluster": "varchar", "label_en": "varchar", "label_zh": "varchar"}


def profile_rows(
    clusters: Clusters,
    medians: Mapping[str, Mapping[str, float]],
    everybody: Mapping[str, float],
    customers: Mapping[str, int],
    currency: str,
) -> list[dict]:
    """One row a cluster that has customers, those who spend most first.

    Parameters
    ----------
    medians : by feature, then by cluster
        In natural units, over all customers of the cluster.
    everybody : by feature
        The same over all customers with orders.
    customers : by cluster
        How many; `no_orders` among them.
    """
    total = sum(customers.values())
    whole = {
        "currency": currency,
        "k": len(clusters.centroids),
        "silhouette": clusters.silhouette,
        "silhouette_by_k": json.dumps(dict(clusters.silhouettes)),
    }
    rows = []
    for number, (name, centroid) in enumerate(zip(clusters.names, clusters.natural(), strict=True)):
        if not customers.get(name):
            continue
        typical = {feature: medians[feature][name] for feature in FEATURES}
        english, chinese = description(typical, everybody, clusters.scales)
        rows.append(
            {
                "cluster": name,
                "description_en": english,
                "description_zh": chinese,
                "is_new": not (clusters.kept and clusters.kept[number]),
                **{f"median_{FEATURES[feature].column}": value for feature, value in typical.items()},
                **{f"centroid_{column}": value for column, value in centroid.items()},
            }
        )
    if customers.get(NO_ORDERS):
        rows.append({"cluster": NO_ORDERS, "description_en": "has no order yet", "description_zh": "尚无订单"})
    empty = dict.fromkeys(PROFILE_COLUMNS) | {"is_new": False}
    counts = [customers[row["cluster"]] for row in rows]
    return [
        empty | whole | row | {"customers": count, "customer_share": round(count / total, 12)}
        for row, count in zip(rows, counts, strict=True)
    ]


def description(
    medians: Mapping[str, float], everybody: Mapping[str, float], scales: Sequence[float]
) -> tuple[str, str]:
    """A cluster in English and Chinese: the features in which its median is unusual, the most unusual first.

    Parameters
    ----------
    medians, everybody : by feature, in natural units
    scales : standard deviation of each feature's logarithm, in the order of `FEATURES`
    """
    offsets = {
        name: (math.log1p(medians[name]) - math.log1p(everybody[name])) / scale
        for name, scale in zip(FEATURES, scales, strict=True)
    }
    told = []
    for name in sorted(offsets, key=lambda name: -abs(offsets[name])):
        if abs(offsets[name]) >= UNUSUAL:
            words = FEATURES[name].told_low if offsets[name] < 0 else FEATURES[name].told_high
            told.append([text.format(_short(medians[name]), _short(everybody[name])) for text in words])
    if not told:
        return "behaves as most customers do", "与多数客户相近"
    return ", ".join(english for english, _ in told), "，".join(chinese for _, chinese in told)


def _short(number: float) -> str:
    """Whole from 10 on, else with the decimal that it has."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")


def label_rows(names: Collection[str]) -> list[dict]:
    """The words of every cluster name there ever was, but for the ones that stand for no behaviour."""
    told = {name: label(name) for name in sorted(names) if name not in (NO_ORDERS, "unplaced")}
    return [{"cluster": name, "label_en": english, "label_zh": chinese} for name, (english, chinese) in told.items()]
