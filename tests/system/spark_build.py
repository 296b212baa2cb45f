"""Builds staging and facts on Spark, in a process of its own: `python spark_build.py RAW_FOLDER OUT_FOLDER VARIABLES`.

RAW_FOLDER holds the raw tables, as `schema.table.parquet`. OUT_FOLDER gets `results.json` (what dbt says of each node)
and each model twice: `built/` as dbt built it, and `strict/` as its statement gives it in Spark's ANSI mode. The
adapter switches that mode off; there, what cannot be cast, divided or held becomes null without a word.
"""

import json
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).parents[2] / "dbt_project"


def run(*arguments: str) -> list:
    """Run dbt with the project's own Spark target; the results of its nodes."""
    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "spark"]
    outcome = dbtRunner().invoke(["--log-path", "logs", "--no-use-colors", *arguments, *where])
    if outcome.exception:
        raise outcome.exception
    return getattr(outcome.result, "results", [])


def main(raw: Path, out: Path, variables: str) -> None:
    run("debug", "--connection")
    # The session that dbt has opened, with the profile's settings.
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    for file in sorted(raw.glob("*.parquet")):
        spark.sql(f"create schema if not exists {file.stem.split('.')[0]}")
        spark.sql(f"create table {file.stem} using parquet location '{file}'")

    # Unit tests run on DuckDB; tests that need a mart have nothing to judge here.
    results = run(
        "build",
        *("--select", "staging", "facts", "--indirect-selection", "buildable", "--exclude-resource-type", "unit_test"),
        *("--vars", variables, "--target-path", "target", "--no-write-json"),
    )
    nodes = [
        {"name": ran.node.name, "kind": ran.node.resource_type, "status": ran.status, "message": ran.message}
        for ran in results
    ]
    (out / "results.json").write_text(json.dumps(nodes), encoding="utf-8")

    models = [result.node for result in results if result.node.resource_type == "model" and result.status == "success"]
    for model in models:
        spark.table(f"{model.schema}.{model.name}").write.parquet(str(out / "built" / f"{model.schema}.{model.name}"))
    spark.conf.set("spark.sql.ansi.enabled", "true")
    for model in models:
        spark.sql(model.compiled_code).write.parquet(str(out / "strict" / f"{model.schema}.{model.name}"))
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
