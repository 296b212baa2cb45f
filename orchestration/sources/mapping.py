"""From a company's columns to the contract's: one SELECT built from sources.yml.

The statement reads the files as text, joins what the configuration joins, casts, and gives each row its
outcome: null where it fits, else a reason such as `missing:customer_id`, `unparseable:ordered_at`,
`unaccepted:status` or `excluded:<declared reason>`.
"""

from orchestration.settings import Feed, Join
from orchestration.sources.casts import as_text, typed
from orchestration.sources.contract import SQL_TYPES, Contract
from orchestration.sources.files import SourceFile, all_rows, literal, quoted

BLANKS = " \t\r\n\u00a0\u3000\ufeff"  # what a cell that says nothing may hold


def expressions(feed: Feed, contract: Contract, found: list[str]) -> dict[str, str]:
    """The SQL expression of each contract column that is fed: configured, else the column of the same name."""
    own = {name.strip().lower(): name for name in found}
    return {
        column.name: feed.columns.get(column.name) or f"source.{quoted(own[column.name])}"
        for column in contract.columns
        if column.name in feed.columns or column.name in own
    }


def reason(contract: Contract, fed: dict[str, str], feed: Feed) -> str:
    """Why a row does not become a record, first cause first; null where it does."""
    cases = [
        f"when _excluded_{position} then {literal('excluded:' + exclusion.reason)}"
        for position, exclusion in enumerate(feed.exclude)
    ]
    for column in contract.columns:
        if column.name not in fed:
            continue
        name = quoted(column.name)
        if column.required:
            cases.append(f"when {name} is null then 'missing:{column.name}'")
        if column.kind != "text":
            cases.append(
                f"when {name} is not null and {quoted('typed_' + column.name)} is null then 'unparseable:{column.name}'"
            )
        if column.accepted:
            values = ", ".join(literal(value) for value in column.accepted)
            cases.append(f"when {name} is not null and {name} not in ({values}) then 'unaccepted:{column.name}'")
    return f"case {' '.join(cases)} end" if cases else "null::varchar"


def joined(alias: str, join: Join, files: list[SourceFile]) -> str:
    """The left join of one more file; summarised to one row a key where the configuration says so."""
    relation = all_rows(files)
    if join.group_by:
        aggregates = ", ".join(f"{expression} as {quoted(name)}" for name, expression in join.columns.items())
        key = quoted(join.group_by)
        relation = f"(select {key}, {aggregates} from {relation} group by {key})"
    on = " and ".join(f"{other} = {quoted(alias)}.{quoted(own)}" for own, other in join.match.items())
    return f"left join {relation} as {quoted(alias)} on {on}"


def mapped_rows(contract: Contract, feed: Feed, files: dict[str, list[SourceFile]], found: list[str]) -> str:
    """SELECT of every source row as contract columns, with `_row`, `_reason` and, where refused, `_raw`.

    Parameters
    ----------
    files : dict
        The files of the feed under `source`, and of each join under its name.
    found : list of str
        Column names of the feed's own files.
    """
    fed = expressions(feed, contract, found)
    joins = "\n".join(joined(alias, join, files[alias]) for alias, join in feed.join.items())
    # An empty cell and a cell of blanks say nothing: both are null.
    values = ",\n".join(
        f"nullif(trim({as_text(expression, contract.column(name), feed.decimal)}, {literal(BLANKS)}), '') "
        f"as {quoted(name)}"
        for name, expression in fed.items()
    )
    exclusions = "".join(
        f",\ncoalesce(({exclusion.when}), false) as _excluded_{position}"
        for position, exclusion in enumerate(feed.exclude)
    )
    number = "_row"
    while number in {name.lower() for name in found}:
        number = f"_{number}"
    own = ", ".join(f"{quoted(name)} := source.{quoted(name)}" for name in found)
    casts = ",\n".join(
        f"{typed(column, feed.decimal)} as {quoted('typed_' + column.name)}"
        for column in contract.columns
        if column.name in fed
    )
    columns = ",\n".join(
        (quoted(f"typed_{column.name}") if column.name in fed else "null")
        + f"::{SQL_TYPES[column.kind]} as {quoted(column.name)}"
        for column in contract.columns
    )
    return f"""
with numbered as (
    select row_number() over () as {number}, * from {all_rows(files["source"], "keep")} as source
),
mapped as (
    select source.{number} as _row, struct_pack({own}) as _source,
{values}{exclusions}
    from numbered as source
{joins}
),
cast_rows as (
    select *,
{casts}
    from mapped
),
judged as (
    select *, {reason(contract, fed, feed)} as _reason from cast_rows
)
select
{columns},
_row, _reason,
case when _reason is not null then to_json(_source)::varchar end as _raw
from judged"""
