"""dbt models and seeds as assets, dbt tests as their checks, run in this process.

One multi-asset stands on both sides of the Python assets; Dagster splits it into steps itself. Models are built
first and tests run after, so that a refused refresh tells everything that is wrong, not the first thing. In the
same process dbt takes 0.3 s a call after the first; as a subprocess it takes 4 s.
"""

import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from orchestration.config.gates import GatesConfig
from orchestration.defs.relationship import mart_pictures
from orchestration.defs.session import Session
from orchestration.errors import UserError, without_values
from orchestration.quality.checks import CheckOutcome
from orchestration.quality.gate import code_version
from orchestration.quality.growth import Growth, forget
from orchestration.settings import PROJECT, Settings
from orchestration.warehouse.duckdb import Warehouse

DBT_PROJECT = PROJECT / "dbt_project"
GROUPS = {"staging": "staging", "facts": "facts", "seeds": "staging", "history": "marts", "marts": "marts"}
UNIQUE_ID = "dagster_dbt/unique_id"
PARSED: dict[str, Any] = {}  # by target


class Translator(DagsterDbtTranslator):
    """How dbt's nodes look in the asset graph; whether a test blocks is said in gates.yml alone."""

    def __init__(self, gates: GatesConfig):
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
        self.gates = gates

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return GROUPS.get(dbt_resource_props["config"].get("schema"))

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return dbt_resource_props.get("description", "")

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return ["team:data"]

    def get_asset_check_spec(self, asset_spec, manifest, unique_id, project):
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None:
            return None
        gate = self.gates.gate(f"{'.'.join(spec.asset_key.path)}:{spec.name}")
        description = manifest["nodes"][unique_id].get("description") or spec.description
        return spec._replace(blocking=gate.severity == "block", description=description)


def invoke(arguments: list[str], project: Any = None) -> Any:
    """Run dbt in this process, silent but for its own log file; its result.

    With `project`, the result of an earlier parse under the same variables, dbt does not parse again.
    """
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    from dbt.cli.main import dbtRunner

    told = ["--quiet", "--no-use-colors", "--log-level", "none", "--log-level-file", "warn", *arguments]
    told += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    # In a thread of its own: dbt inspects the whole call stack for each of its flags, and under Dagster's stack
    # that costs four seconds a run.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(dbtRunner(manifest=project).invoke, told).result()


def parsed(home: Path) -> Any:
    """The parsed project, once a process; dbt keeps it in the home, and parses again only what has changed.

    It depends on the code and on the target, not on a run's variables, which dbt takes when it compiles.
    """
    target = os.environ.get("TOUCHSTONE_TARGET", "duckdb")
    if target not in PARSED:
        os.environ["TOUCHSTONE_HOME"] = str(home)  # dbt's profile reads only the environment
        result = invoke(["parse", *places(home)])
        if not result.success:
            raise UserError(f"the dbt project does not parse: {result.exception}", where=str(DBT_PROJECT))
        PARSED[target] = result.result
    return PARSED[target]


def unique_keys(home: Path, schema: str) -> dict[str, list[str]]:
    """The key columns of each model of a schema, as its test `unique_key` claims and checks them."""
    nodes = parsed(home).nodes
    return {
        nodes[node.attached_node].name: list(node.test_metadata.kwargs["columns"])
        for node in nodes.values()
        if getattr(node, "test_metadata", None)
        and node.test_metadata.name == "unique_key"
        and nodes[node.attached_node].config.schema == schema
    }


def places(home: Path, **variables: Any) -> list[str]:
    """Variables, and where dbt may write; its manifest is not written again at each call, which takes two seconds."""
    work = home / "dbt"
    given = ["--vars", json.dumps(variables)] if variables else []
    return [*given, "--target-path", str(work / "target"), "--log-path", str(work / "logs"), "--no-write-json"]


def build_dbt_assets(home: Path, gates: GatesConfig) -> dg.AssetsDefinition:
    """The multi-asset of every model and seed, with their tests as checks."""
    manifest = parsed(home).writable_manifest().to_dict()

    @dbt_assets(manifest=manifest, dagster_dbt_translator=Translator(gates), name="dbt_models")
    def dbt_models(context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]):
        yield from run_selected(context, session, manifest)

    return dbt_models


def variables(settings: Settings, as_of: str) -> dict[str, Any]:
    """What the models are told of the configuration."""
    pyramid = settings.tiers.pyramid
    shares = list(pyramid.values())
    return {
        "as_of": as_of,
        "margin": settings.clv.margin,
        "currency": settings.sources.company.currency,
        "small_sample": settings.quality.small_sample,
        "complaints": settings.complaints.model_dump(mode="json"),
        "quality": {
            "hierarchy": settings.quality.hierarchy,
            "minimum_coverage": settings.quality.minimum_coverage,
        },
        "relationship": settings.relationship.model_dump(mode="json"),
        "interests": settings.segments.interests.model_dump(mode="json"),
        "value_tier_cumulative_percent": {
            tier: float(100 * sum(map(Fraction, shares[: position + 1]))) for position, tier in enumerate(pyramid)
        },
        "key_accounts": settings.tiers.key_accounts,
    }


def run_selected(context: dg.AssetExecutionContext, session: Session, manifest: dict) -> Iterator:
    """Build the selected models, then run the selected tests."""
    assets = context.assets_def
    nodes = {key: spec.metadata[UNIQUE_ID] for key, spec in assets.specs_by_key.items()}
    tests = {spec.metadata[UNIQUE_ID]: spec for spec in assets.check_specs}
    selected = in_build_order(assets, context.selected_asset_keys)
    checks = [spec for spec in tests.values() if spec.key in context.selected_asset_check_keys]
    with session.step("dbt"):
        told = variables(session.settings, session.as_of.isoformat())
        project = parsed(session.settings.home)
        if selected:
            models = {".".join(key.path): manifest["nodes"][nodes[key]] for key in selected}
            build(session.settings.home, session.warehouse, models, told, project)
            for key in selected:
                table = ".".join(key.path)
                columns = manifest["nodes"][nodes[key]]["columns"]
                upstreams = [".".join(dep.asset_key.path) for dep in assets.specs_by_key[key].deps]
                session.gate.record_built(table, upstreams)
                yield dg.MaterializeResult(
                    asset_key=key,
                    metadata=session.shown(table, {name: column["description"] for name, column in columns.items()})
                    | mart_pictures(session, table),
                )
        if checks:
            names = [spec.name for spec in checks]
            options = ["test", "--select", *names, "--exclude-resource-type", "unit_test"]
            result = invoke([*options, *places(session.settings.home, **told)], project)
            if result.result is None:
                stop_on_error(result)
            outcomes = [
                test_outcome(session, run, tests[run.node.unique_id])
                for run in result.result
                if run.node.unique_id in tests
            ]
            yield from session.report(outcomes)


def build(home: Path, warehouse: Warehouse, models: Mapping[str, dict], told: dict[str, Any], project: Any) -> None:
    """Build models and seeds, given by table in the order of building; those that may grow, grow.

    Staging goes first: whether facts may grow depends on which customers it merges.
    """
    depends = {name: value for name, value in told.items() if name != "as_of"} | {"code": code_version()}
    growth = Growth(warehouse, dt.date.fromisoformat(told["as_of"]), depends)
    staging = [table for table, node in models.items() if node["config"].get("schema") == "staging"]
    for tables in (staging, [table for table in models if table not in staging]):
        if not tables:
            continue
        growing = [table for table in tables if models[table]["config"]["materialized"] == "incremental"]
        given = places(home, **told, growth=growth.may_grow(growing))
        forget(warehouse, growing)
        kinds = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
        names = [models[table]["name"] for table in tables]
        stop_on_error(invoke(["build", "--select", *names, *kinds, *given], project))
        growth.record(growing)


def in_build_order(assets: dg.AssetsDefinition, keys: Set[dg.AssetKey]) -> list[dg.AssetKey]:
    """The keys with each one after those that it is built from, as versions and Dagster need them."""
    graph = {key: sorted({dep.asset_key for dep in assets.specs_by_key[key].deps} & keys) for key in sorted(keys)}
    return list(TopologicalSorter(graph).static_order())


def stop_on_error(result: Any) -> None:
    """Raise dbt's own message where a model could not be built."""
    if result.success:
        return
    broken = [f"{run.node.name}: {run.message}" for run in result.result or [] if str(run.status) in ("error", "fail")]
    raise UserError(
        "dbt could not build " + ("; ".join(broken) or str(result.exception)),
        where=str(DBT_PROJECT),
        mend="the statement that ran is under TOUCHSTONE_HOME/dbt/target/run",
    )


def test_outcome(session: Session, run: Any, spec: dg.AssetCheckSpec) -> CheckOutcome:
    """A dbt test's result as ours, with the keys of at most five failing rows."""
    failing = run.failures
    passed = {"pass": True, "fail": False}.get(str(run.status))
    message = spec.description or spec.name.replace("_", " ")
    ids: list[str] = []
    if passed is None:
        failing, message = None, f"could not run: {without_values(RuntimeError(run.message))}"
    elif not passed:
        message = f"does not hold for {failing} rows: {message}"
        rows = session.warehouse.rows(f"select * from ({run.node.compiled_code}) as failing limit 5")
        ids = [str(row[0]) for row in rows]
    return CheckOutcome(
        subject=".".join(spec.asset_key.path),
        name=spec.name,
        passed=passed,
        message=message,
        observed=failing,
        threshold=0,
        rows_failing=failing,
        sample_ids=ids,
    )
