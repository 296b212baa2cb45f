"""The asset of behaviour clusters: a sample from the engine, centroids decided on it, the nearest one for everybody.

The arithmetic and the statements are in scoring/clusters; how score assets are made is in defs/scores.py.
"""

import dagster as dg

from orchestration.config.segments import ClusterConfig
from orchestration.defs.pictures import shown_picture
from orchestration.defs.scores import finished, score_asset
from orchestration.defs.session import Session
from orchestration.publishing import cluster_pictures
from orchestration.quality import scores as checks
from orchestration.scoring.clusters import fitting, profiles, statements
from orchestration.scoring.clusters.features import FEATURES
from orchestration.scoring.clusters.naming import Before
from orchestration.warehouse.duckdb import Warehouse


@score_asset(
    "clusters",
    ["facts.customer_orders", "previous.cluster_profiles", "previous.segment_history"],
    "Groups of customers who behave alike: k-means on how often, how much, how recently and how long they buy. Names "
    "stay with their customers from refresh to refresh.",
    checks.CLUSTERS,
)
def clusters(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
    with session.step("scores.clusters"):
        warehouse, currency = session.warehouse, session.settings.sources.company.currency
        borne = names_borne(warehouse)
        before = Before.read(warehouse.records("select * from previous.cluster_profiles"), borne, currency)
        found = decided(warehouse, settings_of(session.settings.segments.clusters), before)
        warehouse.create_table("scores.clusters", statements.assign_sql(found))
        rows = profiled(warehouse, found, currency)
        warehouse.write("scores.cluster_profiles", rows, profiles.PROFILE_COLUMNS)
        labelled = profiles.label_rows({*borne, *found.names})
        warehouse.write("scores.cluster_labels", labelled, profiles.LABEL_COLUMNS)
        yield from finished(session, context, checks.clusters(warehouse), metadata(warehouse, found, before, rows))


def settings_of(config: ClusterConfig) -> fitting.ClusterSettings:
    return fitting.ClusterSettings(
        config.k_min,
        config.k_max,
        config.sample_size,
        config.silhouette_sample_size,
        config.better_by,
        config.same_within,
    )


def names_borne(warehouse: Warehouse) -> set[str]:
    """Every cluster that anybody was ever in, in the line of the base release."""
    found = warehouse.rows("select distinct segment from previous.segment_history where scheme = 'cluster'")
    return {name for (name,) in found}


def decided(warehouse: Warehouse, settings: fitting.ClusterSettings, before: Before) -> fitting.Clusters:
    """The clusters of the sample."""
    sample = warehouse.frame(statements.sample_sql(settings))
    return fitting.fit_clusters(sample["customer_id"], sample[list(FEATURES)], sample["revenue"], settings, before)


def profiled(warehouse: Warehouse, found: fitting.Clusters, currency: str) -> list[dict]:
    """The rows of scores.cluster_profiles, of all customers and not of the sample."""
    customers = dict(warehouse.rows("select cluster, count(*) from scores.clusters group by cluster"))
    medians, everybody = {}, {}
    if found.centroids:
        for name in FEATURES:
            rows = warehouse.records(statements.medians_sql(found, name))
            medians[name] = {row["cluster"]: row["median"] for row in rows}
            everybody[name] = warehouse.value(statements.everybody_sql(name))
    return profiles.profile_rows(found, medians, everybody, customers, currency)


def metadata(warehouse: Warehouse, found: fitting.Clusters, before: Before, rows: list[dict]) -> dict:
    """What the page shows: how k came about, what each cluster is like, and pictures."""
    told = {
        "clusters": dg.MetadataValue.json({row["cluster"]: row["description_en"] for row in rows}),
        "k": f"{len(found.centroids)}; in the base release {len(before.names) or 'none'}",
        "new names": ", ".join(name for name, kept in zip(found.names, found.kept, strict=True) if not kept) or "none",
        "silhouette by k": dg.MetadataValue.json(dict(found.silhouettes)),
    }
    if not rows:
        return told
    behaving = warehouse.frame("select * from scores.cluster_profiles where median_order_days is not null")
    drawn = cluster_pictures.cluster_pictures(behaving, dict(found.silhouettes))
    return told | {name: shown_picture(svg) for name, svg in drawn.items()}
