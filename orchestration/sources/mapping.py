"""From a company's columns to the contract's: one SELECT built from sources.yml.

The statement reads the files as text, joins what the configuration joins, casts, and gives each row its
outcome: null where it fits, else a reason such as `missing:customer_id`, `unparseable:ordered_at`,
`unaccepted:status` or `excluded:<declared reason>`.
"""

from orchestration.settings import Feed, Join
from orchestration.sources.contract import SQL_TYPES, Column, Contract
from orchestration.sources.files import SourceFile, all_rows, literal, quoted

BLANKS = " \t\r\n\u00a0\u3000\ufeff"  # what a cell that says nothing may hold
# Four-digit years; also the span that Python's datetime knows. Infinity lies outside.
FIRST_DAY, LAST_DAY = "'0001-01-01'", "'9999-12-31 23:59:59.999999'"
FULL_WIDTH = "０１２３４５６７８９．，－＋：／　"  # what Chinese input methods write for the signs below
HALF_WIDTH = "0123456789.,-+:/ "


def expressions(feed: Feed, contract: Contract, found: list[str]) -> dict[str, str]:
    """The SQL expression of each contract column that is fed: configured, else the column of the same name."""
    own = {name.strip().lower(): name for name in found}
    return {
        column.name: feed.columns.get(column.name) or f"source.{quoted(own[column.name])}"
        for column in contract.columns
        if column.name in feed.columns or column.name in own
    }


PLAIN_MOMENT = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?"


def typed(column: Column) -> str:
    """Cast of the text in `column` to its type: null where it does not parse.

    The plain cast comes first because it is the fast one; the other spellings (full-width digits, thousands
    separators) are tried only where it fails.
    """
    name = quoted(column.name)
    half_width = f"trim(translate({name}, '{FULL_WIDTH}', '{HALF_WIDTH}'))"
    grouped = f"regexp_full_match({half_width}, '[-+]?[0-9]{{1,3}}(,[0-9]{{3}})+([.][0-9]+)?')"
    if column.kind == "text":
        return name
    if column.kind in ("money", "number"):
        sql_type = SQL_TYPES[column.kind]
        plain = f"try_cast({name} as {sql_type})"
        without_commas = f"case when {grouped} then replace({half_width}, ',', '') else {half_width} end"
        other = f"try_cast({without_commas} as {sql_type})"
        value = f"case when not contains({name}, '_') then coalesce({plain}, {other}) end"  # 1_000 is no number here
        return value if column.kind == "money" else f"case when isfinite({value}) then {value} end"
    if column.kind in ("moment", "date"):
        sql_type = SQL_TYPES[column.kind]
        value = f"coalesce(try_cast({name} as {sql_type}), try_cast({half_width} as {sql_type}))"
        # The engine would drop a UTC offset or a zone without a word. Only texts of an unusual shape pay for a regex.
        is_plain = (
            f"(length({name}) = 10 or (length({name}) = 19 and substr({name}, 17, 1) = ':') "
            f"or regexp_full_match({half_width}, '{PLAIN_MOMENT}'))"
        )
        last = LAST_DAY if column.kind == "moment" else "'9999-12-31'"
        in_range = f"{value} between {FIRST_DAY}::{sql_type} and {last}::{sql_type}"
        return f"case when {is_plain} and {in_range} then {value} end"
    yes, no = "('true','t','1','yes','y','是')", "('false','f','0','no','n','否')"
    return f"case when lower({name}) in {yes} then true when lower({name}) in {no} then false end"


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
        f"nullif(trim(({expression})::varchar, {literal(BLANKS)}), '') as {quoted(name)}"
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
        f"{typed(column)} as {quoted('typed_' + column.name)}" for column in contract.columns if column.name in fed
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
