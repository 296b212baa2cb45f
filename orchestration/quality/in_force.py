"""The shape of a feed's rows in force: a broken row that a newer version of its key replaces says nothing more.

The suite is run on all accepted rows first. Only where some break it are these few asked whether they are superseded,
and the suite judges the rest. Which version is the newest is said in dbt_project/macros/one_row_a_key.sql too.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestration.quality import gx
from orchestration.quality.checks import CheckOutcome
from orchestration.sources.contract import Contract
from orchestration.sources.files import literal, quoted
from orchestration.warehouse.duckdb import Warehouse

SHOWN = 5
MEND = "correct it at the source and export it again: {}; or leave it out with `exclude` in sources.yml"
BY_KEY = "the newest version of a key counts"
BY_CONTENT = "events have no key, so the corrected file must take the old one's place (`replaces: true`)"


def shape(
    warehouse: Warehouse, contract: Contract, expectations: list[Any], files: Mapping[str, list[str]]
) -> CheckOutcome:
    """Run a feed's suite on the rows in force.

    Parameters
    ----------
    expectations : list
        As `gx.feed_expectations` gives them.
    files : mapping of load id to the names of its files
        For the message, which names up to five rows by key, file and row.
    """
    table = f"raw.{contract.feed}"
    outcome = gx.validate(warehouse, table, "shape", expectations)
    if not outcome.rows_failing:
        return outcome
    broken, judged = f"gate.broken_{contract.feed}", f"gate.judged_{contract.feed}"
    warehouse.create_table(broken, broken_rows(contract, expectations))
    warehouse.create_view(
        judged,
        f"select landed.* from {table} as landed where not exists (select 1 from {broken} as broken "
        "where broken._load = landed._load and broken._row = landed._row and not broken.is_in_force)",
    )
    outcome = replace(gx.validate(warehouse, judged, "shape", expectations), subject=table)
    if not outcome.passed:
        shown = places(warehouse, broken, contract, files)
        mend = MEND.format(BY_KEY if contract.key else BY_CONTENT)
        outcome = replace(outcome, message=f"{outcome.message}: {'; '.join(shown)}. To mend a row, {mend}")
    with warehouse.connect() as connection:
        connection.execute(f"drop view {judged}")
        connection.execute(f"drop table {broken}")
    return outcome


def broken_rows(contract: Contract, expectations: list[Any]) -> str:
    """SELECT of the rows that break an expectation: key, `_load`, `_row`, `broken` columns, and `is_in_force`."""
    table, key = f"raw.{contract.feed}", contract.key
    rules = [rule for rule in map(broken_by, expectations) if rule]
    names = ", ".join(f"case when {condition} then {literal(column)} end" for column, condition in rules)
    is_broken = " or ".join(condition for _, condition in rules)
    keys = "".join(f"{quoted(name)}, " for name in key)
    broken = f"select {keys}_load, _row, concat_ws(', ', {names}) as broken from {table} where {is_broken}"
    if not key:
        return f"select *, true as is_in_force from ({broken})"
    same = " and ".join(f"version.{quoted(name)} = broken.{quoted(name)}" for name in key)
    is_revised = any(column.name == "updated_at" for column in contract.columns)
    newest_first = f"{'updated_at desc nulls last, ' if is_revised else ''}_load desc, _row desc"
    no_key = " or ".join(f"broken.{quoted(name)} is null" for name in key)
    return f"""
        with broken as ({broken}),
        newest as (
            select _load, _row from {table} as version
            where exists (select 1 from broken where {same})
            qualify row_number() over (partition by {keys[:-2]} order by {newest_first}) = 1
        )
        select broken.*, newest._row is not null or {no_key} as is_in_force
        from broken left join newest on broken._load = newest._load and broken._row = newest._row
    """


def broken_by(expectation: Any) -> tuple[str, str] | None:
    """The column that an expectation of rows is about, and the SQL of what breaks it; None for one of the table."""
    import great_expectations.expectations as gxe

    column = getattr(expectation, "column", None)
    match expectation:
        case gxe.ExpectColumnValuesToNotBeNull():
            return column, f"{quoted(column)} is null"
        case gxe.ExpectColumnValuesToBeInSet():
            return column, f"{quoted(column)} not in ({', '.join(map(literal, expectation.value_set))})"
        case gxe.ExpectColumnValuesToBeBetween():
            low, high = (f"{literal(bound)}::timestamp" for bound in (expectation.min_value, expectation.max_value))
            return column, f"({quoted(column)} < {low} or {quoted(column)} > {high})"
        case gxe.ExpectColumnPairValuesAToBeGreaterThanB():
            return expectation.column_A, f"{quoted(expectation.column_A)} <= {quoted(expectation.column_B)}"
        case gxe.ExpectColumnToExist():
            return None
    raise NotImplementedError(f"no SQL is known for {expectation.expectation_type}")


def places(warehouse: Warehouse, table: str, contract: Contract, files: Mapping[str, list[str]]) -> list[str]:
    """Up to five broken rows in force: key, column, file and row. A key that may name a person is left out."""
    key = "" if contract.feed == "aliases" or not contract.key else "|".join(contract.key)
    shown = f"concat_ws('|', {', '.join(map(quoted, contract.key))})" if key else "null"
    found = warehouse.rows(
        f"select {shown}, broken, _load, _row from {table} where is_in_force order by _load, _row limit {SHOWN}"
    )
    told = []
    for value, columns, load, row in found:
        names = files.get(load, [])
        place = ", ".join(names[:3]) + (f" and {len(names) - 3} more files" if len(names) > 3 else "")
        told.append(f"{f'{key} {value}, ' if key else ''}{columns} ({place or f'load {load}'}, row {row})")
    return told
