"""The front door: everything that Dagster loads."""

import dagster as dg

from orchestration.settings import load_settings

REFRESH = "refresh"


@dg.definitions
def definitions() -> dg.Definitions:
    """Assets, their checks, the job and what starts it, of the configuration that is in force."""
    from orchestration.backfill import run_one
    from orchestration.defs.automation import every_morning, new_files
    from orchestration.defs.backfill import backfill_job
    from orchestration.defs.clusters import clusters
    from orchestration.defs.clv import clv
    from orchestration.defs.dbt import build_dbt_assets, unique_keys
    from orchestration.defs.drift import drift_asset
    from orchestration.defs.identity import staging_claim_ends
    from orchestration.defs.marts import shape_checks
    from orchestration.defs.previous import PREVIOUS_ASSETS
    from orchestration.defs.progress import progress
    from orchestration.defs.quality import QUALITY_ASSETS
    from orchestration.defs.raw import raw_assets
    from orchestration.defs.relationship import RELATIONSHIP_ASSETS
    from orchestration.defs.release import postgres_release, release_asset
    from orchestration.defs.scores import SCORE_ASSETS
    from orchestration.defs.segments import SEGMENT_ASSETS
    from orchestration.defs.session import session_resource
    from orchestration.defs.watching import watch

    settings = load_settings()
    dbt_models = build_dbt_assets(settings.home, settings.gates)
    builders = (clv, clusters, *SCORE_ASSETS, *QUALITY_ASSETS, *RELATIONSHIP_ASSETS, *SEGMENT_ASSETS)
    scores = [build(settings.gates) for build in builders]
    tables = [*PREVIOUS_ASSETS, *raw_assets(settings.gates), dbt_models, staging_claim_ends, *scores]
    keys = sorted(key for asset in tables for key in asset.keys)
    marts = [key for key in keys if key.path[0] == "marts"]
    drift = drift_asset(settings.gates, marts)
    refresh = dg.define_asset_job(
        REFRESH,
        selection=dg.AssetSelection.all(),
        description="Land the feeds, build and check everything, and publish the marts as one set or not at all.",
    )
    releases = [release_asset([*keys, drift.key], marts, unique_keys(settings.home, "marts"))]
    if settings.publishing.postgres:
        releases.append(postgres_release)
    return dg.Definitions(
        assets=[*tables, drift, *releases],
        asset_checks=[shape_checks(marts)],
        jobs=[refresh, backfill_job(settings, run_one)],
        schedules=[every_morning(REFRESH, settings)],
        sensors=[new_files(REFRESH, settings), watch(REFRESH)],
        resources={"session": session_resource},
        loggers={"progress": progress, "console": dg.colored_console_logger},
        # One process: a run holds one lock, and does not import everything again at each step.
        executor=dg.in_process_executor,
    )
