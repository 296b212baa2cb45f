"""The gate: may this candidate be published? One table of results, one query.

Each table that is built gets a version, which remembers the inputs it was built under (configuration, code, as_of,
base release) and the versions of the tables it was built from. Each check is recorded with the version of the table
it looked at. So a result counts only for the data that are there now, across runs, partial selections and retries:
building a table again, or changing a threshold, makes what was said before count no more.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from orchestration.config.gates import GatesConfig
from orchestration.config.overrides import Override
from orchestration.quality.checks import CheckOutcome
from orchestration.settings import PROJECT, Settings
from orchestration.warehouse.duckdb import Warehouse

TABLES = """
create table if not exists gate.table_versions (
    table_name varchar primary key, version varchar, inputs varchar, run_id varchar, built_at timestamptz
);
create table if not exists gate.table_upstreams (table_name varchar, upstream varchar, upstream_version varchar);
create table if not exists gate.refresh_checks (
    position bigint, run_id varchar, checked_at timestamptz, inputs varchar, subject varchar, check_name varchar,
    fingerprint varchar, passed boolean, severity varchar, observed double, threshold double,
    rows_examined bigint, rows_failing bigint, message varchar, sample_ids varchar
);
"""

UNMET = """
with

last_result as (

    select
        subject,
        check_name,
        fingerprint,
        passed,
        message,
        observed,
        threshold
    from gate.refresh_checks
    qualify row_number() over (partition by subject, check_name, fingerprint order by position desc) = 1

),

unmet_checks as (

    select
        expected.subject,
        expected.check_name,
        case when last_result.passed is null then 'not run' else 'failed' end as state,
        coalesce(last_result.message, 'it has not run on the data that are there now') as message,
        last_result.observed,
        last_result.threshold
    from expected_checks as expected
    left join gate.table_versions as built on built.table_name = expected.subject
    left join last_result
        on last_result.subject = expected.subject
        and last_result.check_name = expected.check_name
        and last_result.fingerprint = built.version
    left join overridden_checks as overridden
        on overridden.subject = expected.subject
        and overridden.check_name = expected.check_name
    -- An override lets a failure through, and nothing else: what was not judged still holds.
    where last_result.passed is null or (not last_result.passed and overridden.check_name is null)

),

unfit_tables as (

    select
        expected.table_name as subject,
        'is_current' as check_name,
        case when built.version is null then 'not built' else 'outdated' end as state,
        case
            when built.version is null then 'it has not been built'
            else 'it was built for another date, configuration, code or base release'
        end as message,
        null::double as observed,
        null::double as threshold
    from expected_tables as expected
    left join gate.table_versions as built on built.table_name = expected.table_name
    where built.inputs is distinct from $inputs

),

outdated_tables as (

    select
        used.table_name as subject,
        'is_current' as check_name,
        'outdated' as state,
        'it was built from an older ' || string_agg(used.upstream, ', ' order by used.upstream) as message,
        null::double as observed,
        null::double as threshold
    from gate.table_upstreams as used
    inner join expected_tables as expected on expected.table_name = used.table_name
    left join gate.table_versions as built on built.table_name = used.upstream
    where built.version is distinct from used.upstream_version
    group by used.table_name

)

select * from unmet_checks
union all
select * from unfit_tables
union all
select * from outdated_tables
order by state, subject, check_name
"""


@dataclass(frozen=True)
class Unmet:
    """One reason why the candidate may not be published."""

    subject: str
    check: str
    state: str
    message: str
    observed: float | None
    threshold: float | None

    def __str__(self) -> str:
        return f"{self.subject}:{self.check} {self.state}: {self.message}"


@cache
def code_version() -> str:
    """Hash of the code that makes the marts: the package and the dbt project."""
    digest = hashlib.sha256()
    for folder, patterns in (("orchestration", ("*.py",)), ("dbt_project", ("*.sql", "*.yml", "*.csv"))):
        files = {path for pattern in patterns for path in (PROJECT / folder).rglob(pattern)}
        for path in sorted(files):
            if not {"target", "logs"} & set(path.relative_to(PROJECT).parts):
                digest.update(f"{path.relative_to(PROJECT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def inputs_of(settings: Settings, as_of: dt.date, base_release_id: str | None) -> str:
    """What a candidate depends on besides its loads: the same inputs and loads give the same marts."""
    told = [settings.configuration_hash, code_version(), as_of.isoformat(), base_release_id]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


class Gate:
    """The ledger of one warehouse: what was built, what was checked, and what is still unmet.

    Parameters
    ----------
    warehouse : Warehouse
    gates : GatesConfig
        Which checks are expected, and what their failure does.
    inputs : str
        As `inputs_of` gives it.
    run_id : str
        Who writes.
    overrides : mapping of check to Override
        Those in force: a failure of their checks holds nothing.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        gates: GatesConfig,
        inputs: str,
        run_id: str,
        overrides: Mapping[str, Override] = MappingProxyType({}),
    ):
        self.warehouse, self.gates, self.inputs, self.run_id = warehouse, gates, inputs, run_id
        self.overrides = overrides
        with warehouse.connect() as connection:
            connection.execute(TABLES)

    def record_built(self, table: str, upstreams: list[str]) -> str:
        """A table is new: give it a version that remembers what it was built from."""
        with self.warehouse.connect() as connection:
            connection.execute("begin")
            known = dict(
                connection.execute(
                    "select table_name, version from gate.table_versions where list_contains(?, table_name)",
                    [upstreams],
                ).fetchall()
            )
            told = [table, self.inputs, uuid.uuid4().hex, sorted(known.items())]
            version = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
            connection.execute("delete from gate.table_upstreams where table_name = ?", [table])
            connection.execute(
                "insert or replace into gate.table_versions values (?, ?, ?, ?, now())",
                [table, version, self.inputs, self.run_id],
            )
            for upstream in upstreams:
                connection.execute(
                    "insert into gate.table_upstreams values (?, ?, ?)",
                    [table, upstream, known.get(upstream)],
                )
            connection.execute("commit")
        return version

    def record_checks(self, outcomes: list[CheckOutcome]) -> None:
        """Write results, each with the version of the table that is there now."""
        with self.warehouse.connect() as connection:
            connection.execute("begin")
            position = connection.execute("select coalesce(max(position), 0) from gate.refresh_checks").fetchone()[0]
            for offset, outcome in enumerate(outcomes, start=1):
                connection.execute(
                    "insert into gate.refresh_checks select ?, ?, now(), ?, ?, ?, "
                    "(select version from gate.table_versions where table_name = ?), ?, ?, ?, ?, ?, ?, ?, ?",
                    [
                        position + offset,
                        self.run_id,
                        self.inputs,
                        outcome.subject,
                        outcome.name,
                        outcome.subject,
                        outcome.passed,
                        self.gates.gate(outcome.key).severity,
                        outcome.observed,
                        outcome.threshold,
                        outcome.rows_examined,
                        outcome.rows_failing,
                        outcome.message,
                        json.dumps(outcome.sample_ids[:5]),
                    ],
                )
            connection.execute("commit")

    def unmet(self, tables: list[str]) -> list[Unmet]:
        """Why the candidate may not be published; empty when it may.

        Parameters
        ----------
        tables : list of str
            Every table that the published set stands on, each of which must be current.
        """
        blocking = [key.rsplit(":", 1) for key, gate in self.gates.checks.items() if gate.severity == "block"]
        expected = sorted({*tables, *(key.rsplit(":", 1)[0] for key in self.gates.checks)})
        with self.warehouse.connect() as connection:
            connection.execute("create or replace temp table expected_checks (subject varchar, check_name varchar)")
            connection.execute("create or replace temp table expected_tables (table_name varchar)")
            connection.execute("create or replace temp table overridden_checks (subject varchar, check_name varchar)")
            for check in blocking:
                connection.execute("insert into expected_checks values (?, ?)", check)
            for key in self.overrides:
                connection.execute("insert into overridden_checks values (?, ?)", key.rsplit(":", 1))
            for table in expected:
                connection.execute("insert into expected_tables values (?)", [table])
            return [Unmet(*row) for row in connection.execute(UNMET, {"inputs": self.inputs}).fetchall()]

    def results(self) -> list[dict]:
        """The last result of each check on the tables that are there now, for the manifest and the mart.

        `is_overridden` tells of a failure that would hold the refresh, but for an override.
        """
        results = self.warehouse.records(
            "select result.* exclude (position) from gate.refresh_checks as result "
            "inner join gate.table_versions as built "
            "on built.table_name = result.subject and built.version = result.fingerprint "
            "qualify row_number() over "
            "(partition by result.subject, result.check_name order by result.position desc) = 1 "
            "order by result.subject, result.check_name"
        )
        return [result | {"is_overridden": bool(self._override_of(result))} for result in results]

    def override_of(self, check: str, passed: bool | None) -> Override | None:
        """The override by which alone a result does not hold the refresh."""
        override = self.overrides.get(check)
        return override if override and passed is False and self.gates.gate(check).severity == "block" else None

    def _override_of(self, result: dict) -> Override | None:
        return self.override_of(f"{result['subject']}:{result['check_name']}", result["passed"])

    def failures_of_run(self) -> list[dict]:
        """Blocking checks that failed or could not be run in this run, but for those that are let through."""
        failed = self.warehouse.records(
            "select subject, check_name, passed, severity, message, observed, threshold from gate.refresh_checks "
            "where run_id = ? and passed is distinct from true and severity = 'block' order by position",
            [self.run_id],
        )
        return [result for result in failed if not self._override_of(result)]
