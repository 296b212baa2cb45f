"""Great Expectations suites: the shape of arriving data and of the marts, validated inside the engine.

One suite is one check. Results carry counts, never sample values, so that no personal data can leave through them.
"""

import datetime as dt
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import without_values
from orchestration.quality.checks import CheckOutcome
from orchestration.sources.contract import CONTRACTS
from orchestration.warehouse.duckdb import Warehouse

EARLIEST_MOMENT = dt.datetime(1980, 1, 1)

# What a BI reader must be able to count on, whatever the models above do.
PERSONAL_COLUMNS = {"name", "phone", "email", "text", "address"}
NEVER_EMPTY = {"customer_value", "customer_relationship", "customer_segments", "segment_summary", "clv_model"}


def feed_expectations(feed_name: str, as_of: dt.date) -> list[Any]:
    """The suite of a feed's landed rows: keys and required values there, codes known, moments plausible."""
    import great_expectations.expectations as gxe

    contract = CONTRACTS[feed_name]
    suite = [gxe.ExpectColumnToExist(column=column.name) for column in contract.columns]
    for column in contract.columns:
        if column.required:
            suite.append(gxe.ExpectColumnValuesToNotBeNull(column=column.name))
        if column.accepted:
            suite.append(gxe.ExpectColumnValuesToBeInSet(column=column.name, value_set=list(column.accepted)))
    if contract.moment:
        suite.append(
            gxe.ExpectColumnValuesToBeBetween(
                column=contract.moment,
                min_value=EARLIEST_MOMENT,
                max_value=dt.datetime.combine(as_of + dt.timedelta(days=366), dt.time()),
            )
        )
    if feed_name == "surveys":
        suite.append(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A="scale_max", column_B="scale_min", ignore_row_if="either_value_is_missing"
            )
        )
    return suite


def mart_expectations(mart: str, columns: list[str]) -> list[Any]:
    """The suite of a mart: no column is one of personal data, and there are rows where there always must be."""
    import great_expectations.expectations as gxe

    suite = [
        gxe.ExpectTableColumnsToMatchSet(column_set=[name for name in columns if name.lower() not in PERSONAL_COLUMNS])
    ]
    if mart in NEVER_EMPTY:
        suite.append(gxe.ExpectTableRowCountToBeBetween(min_value=1))
    return suite


class Engine:
    """The warehouse as Great Expectations sees it; kept, because it compiles the same questions for every table.

    All questions of a validation go through one connection: opening the file takes longer than asking.
    """

    def __init__(self, path: Path):
        self.path = path
        self.connection: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """The data source, for a block; no connection stays open behind it."""
        with duckdb.connect(str(self.path)) as self.connection:
            yield self.source
        self.connection = None

    @cached_property
    def source(self) -> Any:
        os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
        import great_expectations as gx
        from duckdb_engine import ConnectionWrapper
        from great_expectations.data_context.types.base import ProgressBarsConfig
        from sqlalchemy import event
        from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
        from sqlalchemy.pool import NullPool

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        # A creator, not a URL: the engine refuses a second connection with other start-up settings, and a URL adds one.
        source = context.data_sources.add_sql(
            "warehouse",
            connection_string="duckdb://",
            create_temp_table=False,
            kwargs={"creator": lambda: ConnectionWrapper(self.connection.cursor()), "poolclass": NullPool},
        )
        engine = source.get_execution_engine().engine
        # The dialect is PostgreSQL's, and joins its whole catalogue for the columns of one table: a fifth of a second.
        engine.dialect.get_columns = self.columns
        engine.dialect.get_pk_constraint = lambda *_, **__: {"constrained_columns": [], "name": None}

        # Great Expectations fetches after it has given the connection back, when DuckDB's rows are gone: keep them.
        @event.listens_for(engine, "after_cursor_execute")
        def keep_rows(connection, cursor, statement, parameters, context, executemany):
            if cursor.description:
                context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                    cursor, initial_buffer=cursor.fetchall(), alternate_description=cursor.description
                )

        return source

    def columns(self, connection: Any, table_name: str, schema: str, **_: Any) -> list[dict[str, Any]]:
        """What SQLAlchemy asks a dialect for; the suites look at names alone, so that no type is translated."""
        from sqlalchemy.types import NullType

        found = self.connection.execute(
            "select column_name, is_nullable from information_schema.columns "
            "where table_schema = ? and table_name = ? order by ordinal_position",
            [schema, table_name],
        ).fetchall()
        return [{"name": name, "type": NullType(), "nullable": nullable == "YES"} for name, nullable in found]


engine_of = cache(Engine)


def validate(warehouse: Warehouse, table: str, name: str, expectations: list[Any]) -> CheckOutcome:
    """Run a suite on a table or view of the warehouse.

    Parameters
    ----------
    table : str
        `schema.table`.
    name : str
        The check's name, as gates.yml has it.
    """
    import great_expectations as gx

    schema, relation = table.split(".")
    with engine_of(warehouse.path).opened() as source:
        asset = source.add_table_asset(uuid.uuid4().hex, table_name=relation, schema_name=schema)
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        result = batch.validate(
            gx.ExpectationSuite(name=name, expectations=expectations),
            result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
        )
        source.delete_asset(asset.name)
    broken = [in_words(outcome) for outcome in result.results if not outcome.success]
    # On an empty table the counts are there and null.
    examined = [outcome.result["element_count"] or 0 for outcome in result.results if "element_count" in outcome.result]
    return CheckOutcome(
        subject=table,
        name=name,
        passed=None if any(map(exception_of, result.results)) else not broken,
        message="; ".join(broken) or f"{len(result.results)} expectations hold",
        observed=len(broken),
        threshold=0,
        rows_examined=max(examined, default=None),
        rows_failing=max((outcome.result.get("unexpected_count") or 0 for outcome in result.results), default=0),
    )


def in_words(outcome: Any) -> str:
    """A failed expectation as a sentence."""
    config, result = outcome.expectation_config, outcome.result
    kind = config.type.removeprefix("expect_").replace("_", " ")
    settings = {
        key: value for key, value in config.kwargs.items() if key not in ("batch_id", "column") and value is not None
    }
    told = f"{config.kwargs.get('column', 'the table')}: {kind}"
    if settings:
        told += " (" + ", ".join(f"{key} {value}" for key, value in settings.items()) + ")"
    if "unexpected_count" in result:
        return f"{told}: {result['unexpected_count']} of {result['element_count']} rows do not"
    if exception := exception_of(outcome):
        return f"{told}: could not be evaluated: {without_values(RuntimeError(exception))}"
    return f"{told}: found {result.get('observed_value', 'otherwise')}"


def exception_of(outcome: Any) -> str | None:
    """Why an expectation could not be evaluated: told for itself, or for each metric that it needs."""
    told = outcome.exception_info or {}
    for info in (told, *(part for part in told.values() if isinstance(part, dict))):
        if info.get("raised_exception"):
            return info["exception_message"]
    return None
