"""Staging and facts give the same rows on Spark as on DuckDB.

One company on both: the hand-made one of tests/dbt, the hard cases beside it, and an example company of which every
tenth row comes again in a later load, half of those corrected.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "dbt"))
from refreshes import AS_OF, PROJECT, Refresh, prepare, refresh

VARIABLES = json.dumps({"as_of": AS_OF, "margin": 0.5})
SELECTION = ["--select", "staging", "facts", "--indirect-selection", "buildable"]

# A small session, on a machine whose clock is not on UTC. Its statements are interpreted: compiled, so few rows take
# more than twice the processor time.
SMALL = (
    "--master local[2] --driver-memory 1g --conf spark.sql.shuffle.partitions=1"
    " --conf spark.sql.codegen.wholeStage=false --conf spark.sql.codegen.factoryMode=NO_CODEGEN pyspark-shell"
)
ELSEWHERE = {
    "TZ": "America/New_York",
    "SPARK_LOCAL_IP": "127.0.0.1",
    "PYSPARK_SUBMIT_ARGS": SMALL,
    "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}

LATER_LOADS = """
update raw.orders set amount = amount + 0.01, updated_at = ordered_at + interval 36 hours
where _load = 'm2' and _row % 20 = 0;
update raw.complaints set category = '物流', resolved_at = null where _load = 'm2' and _row % 20 = 0;
update raw.surveys set score = scale_max where _load = 'm2' and _row % 20 = 0;
update raw.customers set region = '华南' where _load = 'm2' and _row % 20 = 0;
"""


@dataclass(frozen=True)
class Engines:
    """What each engine has built: a DuckDB warehouse, and folders of Parquet from Spark."""

    duckdb: Refresh
    spark: Path

    def results(self, kind: str) -> dict[str, str]:
        """The status (or message, where it failed) of each node that dbt ran on Spark."""
        nodes = json.loads((self.spark / "results.json").read_text("utf-8"))
        return {
            node["name"]: node["status"] if node["status"] in ("success", "pass") else node["message"]
            for node in nodes
            if node["kind"] == kind
        }

    def models(self) -> list[str]:
        """The relations of staging and facts, as DuckDB's dbt built them."""
        return sorted(f"{result.node.schema}.{name}" for name, result in self.duckdb.nodes("model").items())


def java_path() -> str:
    """Where Java is; a test that cannot run is a failure, not a skip."""
    path = shutil.which("java", path=str(Path(os.environ["JAVA_HOME"], "bin")) if "JAVA_HOME" in os.environ else None)
    if path is None:
        pytest.fail("Java is not installed: run `make test-system`, or apt-get install openjdk-17-jre-headless")
    return path


def add_sample(home: Path, sample: Path) -> None:
    """Land the example company's files in two loads, beside what is there."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        feeds = connection.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
        for (feed,) in feeds:
            connection.execute(
                f"insert into raw.{feed} by name select *, 'm1' as _load, row_number() over () as _row"
                f" from read_parquet('{sample / feed}.parquet')"
            )
            connection.execute(
                f"insert into raw.{feed} select * replace ('m2' as _load)"
                f" from raw.{feed} where _load = 'm1' and _row % 10 = 0"
            )
        connection.execute(LATER_LOADS)


@pytest.fixture(scope="module")
def engines(tmp_path_factory) -> Engines:
    """One company, built on both engines."""
    java_path()
    folder = tmp_path_factory.mktemp("engines")
    touchstone = [Path(sys.executable).with_name("touchstone"), "sample", "--format", "parquet"]
    subprocess.run([*touchstone, "--customers", "300", "--orders", "4000", "--out", folder / "sample"], check=True)

    home = prepare(folder / "duckdb", Path(__file__).with_name("hard_cases.sql").read_text("utf-8"))
    add_sample(home, folder / "sample")
    only = [*SELECTION, "--exclude-resource-type", "unit_test", "--vars", VARIABLES]
    built = refresh(home, folder / "target", *only)

    raw, spark = folder / "raw", folder / "spark"
    raw.mkdir()
    spark.mkdir()
    with built.connect() as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('raw', 'previous') or table_name in ('claim_ends', 'quality_weights')"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f"copy {table} to '{raw / table}.parquet' (format parquet)")
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("spark_build.py"), raw, spark, VARIABLES],
        env={**os.environ, **ELSEWHERE, "TOUCHSTONE_HOME": str(spark), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        cwd=spark,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return Engines(built, spark)


def spark_rows(engines: Engines, way: str, model: str) -> str:
    """The rows of a model on Spark, as DuckDB reads them."""
    return f"read_parquet('{engines.spark / way / model}/*.parquet')"


def differences(connection, one: str, other: str) -> list[tuple]:
    """Rows that are in one relation more often than in the other, with the side they are on; at most ten."""
    return connection.execute(
        f"(select 'duckdb', * from (from {one} except all from {other}))"
        f" union all (select 'spark', * from (from {other} except all from {one})) order by all limit 10"
    ).fetchall()


def test_missing_java_fails_and_says_how_to_get_it(monkeypatch):
    """A skipped test would look like a passed one."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(pytest.fail.Exception, match="openjdk-17-jre-headless"):
        java_path()


def test_every_model_builds_on_spark(engines):
    """The models of the folders, not those that happened to build."""
    files = {file.stem for folder in ("staging", "facts") for file in (PROJECT / "models" / folder).glob("*.sql")}
    assert engines.results("model") == dict.fromkeys(files, "success")


def test_every_data_test_passes_on_spark(engines):
    """What holds on one engine and cannot be checked on the other would not be known to hold there."""
    assert engines.results("test") == dict.fromkeys(engines.duckdb.nodes("test"), "pass")


def test_columns_have_the_same_names_and_types(engines):
    """A column that is an integer here and a decimal there would be published as two contracts."""
    with engines.duckdb.connect() as connection:
        shapes = "select column_name, column_type from (describe from {})"
        differing = {
            model: (here, there)
            for model in engines.models()
            if (here := connection.execute(shapes.format(model)).fetchall())
            != (there := connection.execute(shapes.format(spark_rows(engines, "built", model))).fetchall())
        }
    assert differing == {}


@pytest.mark.parametrize("way", ["built", "strict"])
def test_rows_are_equal_to_the_last_bit(engines, way):
    """Money, moments and doubles exactly, nulls alike; also where Spark may not turn a fault into a null."""
    with engines.duckdb.connect() as connection:
        differing = {
            model: found
            for model in engines.models()
            if (found := differences(connection, model, spark_rows(engines, way, model)))
        }
    assert differing == {}


def test_comparison_is_of_many_rows_and_finds_one_bit(engines):
    """A comparison of empty tables, or one that rounds, would pass."""
    with engines.duckdb.connect() as connection:
        empty = [model for model in engines.models() if not connection.execute(f"from {model} limit 1").fetchall()]
        changed = (
            "(select * replace (case when customer_id = 'h-ä' then satisfaction_scaled + 1e-16"
            " else satisfaction_scaled end as satisfaction_scaled) from facts.customer_surveys)"
        )
        found = differences(connection, "facts.customer_surveys", changed)
    assert empty == []
    assert {row[1] for row in found} == {"h-ä"}
