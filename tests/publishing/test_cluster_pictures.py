"""The pictures of behaviour clusters, and the report, say what the profiles say."""

import xml.etree.ElementTree as ElementTree

import pandas as pd

from orchestration.publishing.cluster_pictures import cluster_pictures, silhouette_by_k
from orchestration.publishing.labels import Labels

MEDIANS = ["median_order_days", "median_spend_per_order_day", "median_days_since_last_order", "median_age_days"]
PROFILES = pd.DataFrame(
    [("frequent_recent", 0.25, 24.0, 88.5, 5.0, 700.0, 2), ("rare", 0.75, 1.5, 31_000.0, 250.0, 400.0, 2)],
    columns=["cluster", "customer_share", *MEDIANS, "k"],
)
LABELS = Labels({("cluster", "rare"): ("Buys rarely", "购买很少")})


def words(svg: str) -> list[str]:
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]


def test_each_cluster_shows_its_words_share_and_medians():
    """In natural units, short enough for a phone."""
    shown = words(cluster_pictures(PROFILES, {}, LABELS)["cluster_medians"])
    assert {"Frequent recent · 25%", "24", "88", "5", "700"} <= set(shown)
    assert {"Buys rarely 购买很少 · 75%", "1.5", "31k", "250", "400"} <= set(shown)


def test_the_chosen_k_is_marked():
    """Where the last k was kept, it need not be the highest point."""
    marked = silhouette_by_k({2: 0.5, 3: 0.51, 4: 0.2}, chosen=2)
    assert marked != silhouette_by_k({2: 0.5, 3: 0.51, 4: 0.2}, chosen=3)
    assert {"2", "3", "4"} <= set(words(marked))


def test_without_clusters_nothing_is_drawn():
    """Nobody has ordered yet; or too few to try any k."""
    assert cluster_pictures(PROFILES.head(0), {}) == {}
    assert set(cluster_pictures(PROFILES, {})) == {"cluster_medians"}
