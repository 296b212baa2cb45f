"""From a company's columns to the contract's: one SELECT built from sources.yml.

The statement reads the files as text, joins what the configuration joins, casts, and gives each row its
outcome: null where it fits, else a reason such as `missing:customer_id`, `unparseable:ordered_at`,
`unaccepted:status` or `excluded:<declared reason>`.
"""

import re

import duckdb

from orchestration.config.sources import Feed, Join
from orchestration.errors import UserError, without_values
from orchestration.sources.casts import as_text, said, typed
from orchestration.sources.contract import SQL_TYPES, Contract
from orchestration.sources.files import Rejects, SourceFile, literal, names_told, quoted

FILE, ROW = "_touchstone_file", "_touchstone_row"  # names that no file of a company has


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
        value, read = quoted(column.name), quoted(f"typed_{column.name}")
        if column.kind == "text":
            if column.required:
                cases.append(f"when {read} is null then 'missing:{column.name}'")
            if column.accepted:
                values = ", ".join(literal(value) for value in column.accepted)
                cases.append(f"when not list_contains([{values}], {read}) then 'unaccepted:{column.name}'")
            continue
        says_something = f"{said(as_text(column, value, feed.decimal))} is not null"
        if column.required:
            cases.append(
                f"when {read} is null then "
                f"case when {says_something} then 'unparseable:{column.name}' else 'missing:{column.name}' end"
            )
        else:
            cases.append(
                f"when {value} is not null and {read} is null and {says_something} then 'unparseable:{column.name}'"
            )
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


def all_rows(files: list[SourceFile], rejects: Rejects = "fail") -> str:
    """The rows of several files, one after the other, columns matched by name, with the place of their file."""
    selects = [
        f"select *, {place}::integer as {FILE} from {file.relation(rejects)}" for place, file in enumerate(files)
    ]
    return "(" + " union all by name ".join(selects) + ")"


def mapped_rows(
    contract: Contract,
    feed: Feed,
    files: dict[str, list[SourceFile]],
    found: list[str],
    unread: list[str],
    has_numbers: bool = False,
) -> str:
    """SELECT of every source row as contract columns, with `_reason`, `_raw` where refused, and `_file`.

    Rows keep their order. `_row` is null but where files are joined: to number all rows costs more than to read them,
    and the number is also the row's place in the Parquet file that they are written to.

    Parameters
    ----------
    files : dict
        The files of the feed under `source`, and of each join under its name.
    found, unread : list of str
        Column names of the feed's own files, and those of them that nothing reads: kept as `_unread`.
    has_numbers : bool
        The files have the column ROW: their rows are numbered already.
    """
    fed = expressions(feed, contract, found)
    joins = "\n".join(joined(alias, join, files[alias]) for alias, join in feed.join.items())
    values = ",\n".join(f"({expression}) as {quoted(name)}" for name, expression in fed.items())
    exclusions = "".join(
        f",\ncoalesce(({exclusion.when}), false) as _excluded_{position}"
        for position, exclusion in enumerate(feed.exclude)
    )
    number = f"row_number() over () as {ROW}," if feed.join else f"null::bigint as {ROW},"
    own = ", ".join(f"{quoted(name)} := source.{quoted(name)}" for name in found)
    kept = ", ".join(f"{quoted(name)} := source.{quoted(name)}::varchar" for name in unread)
    casts = ",\n".join(
        f"{typed(column, quoted(column.name), feed.decimal)} as {quoted('typed_' + column.name)}"
        for column in contract.columns
        if column.name in fed
    )
    columns = ",\n".join(
        (quoted(f"typed_{column.name}") if column.name in fed else "null")
        + f"::{SQL_TYPES[column.kind]} as {quoted(column.name)}"
        for column in contract.columns
    )
    # Of lines that are summed, one may be refused for what another one holds, so each keeps its text.
    # As text: read from JSON, a decimal of more digits than a double has would come back as another one.
    texts = ", ".join(f"{quoted(name)} := _source.{quoted(name)}::varchar" for name in found)
    raw = f"to_json(struct_pack({texts}))::varchar"
    if not feed.lines:
        raw = f"case when _reason is not null then {raw} end"
    return f"""
with numbered as (
    select {"" if has_numbers else number} * from {all_rows(files["source"], "keep")} as source
),
mapped as (
    select source.{ROW} as _row, source.{FILE} as _file, struct_pack({own}) as _source,
{f"struct_pack({kept}) as _unread," if unread else ""}
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
{"_unread," if unread else ""}
_row, _file, _reason, {raw} as _raw
from judged"""


def check_columns(feed_name: str, feed: Feed, contract: Contract, found: list[str], files: list[SourceFile]) -> None:
    """Refuse a mapping that names no contract column, and files that lack a required one."""
    known = [column.name for column in contract.columns]
    for name in feed.columns:
        if name not in known:
            raise UserError(
                f"{name!r} is not a column of the feed {feed_name}; accepted: {', '.join(known)}",
                where=f"sources.yml, feeds.{feed_name}.columns",
                mend="correct the name on the left of the colon",
            )
    if taken := {FILE, ROW} & {name.lower() for name in found}:
        raise UserError(
            f"a column is called {taken.pop()}, which is a name of Touchstone's own",
            where=", ".join(file.name for file in files),
            mend="give it another name in the export",
        )
    fed = expressions(feed, contract, found)
    # What the mapping names is the name of a column, whatever it looks like.
    read = set(found) - set(unknown_columns(feed, contract, found))
    missing = [name for name in contract.required if name not in fed]
    if missing:
        raise UserError(
            f"the feed {feed_name} lacks the column {', '.join(missing)}\n"
            f"  expected: {', '.join(contract.required)}\n"
            f"  found:    {names_told(found, [*known, *read])}",
            where=", ".join(file.name for file in files),
            mend=f"export it, or name under feeds.{feed_name}.columns in sources.yml the column or SQL expression that "
            f"gives it: `{missing[0]}: source.<column>`",
        )


def unknown_columns(feed: Feed, contract: Contract, found: list[str]) -> list[str]:
    """Columns of the files that nothing reads: kept in the source, reported, and otherwise ignored."""
    told = [*expressions(feed, contract, found).values(), *(exclusion.when for exclusion in feed.exclude)]
    told += [other for join in feed.join.values() for other in join.match.values()]
    text = " ".join(told).lower()
    return [name for name in found if not re.search(rf"(?<!\w){re.escape(quoted(name.lower())[1:-1])}(?!\w)", text)]


def not_read(feed_name: str, files: dict[str, list[SourceFile]], error: duckdb.Error) -> UserError:
    """What the engine says of a mapping or a file, with the place to look at."""
    # The engine offers names of the files in place of one that it does not know: without a header row, values.
    first = re.split(r"[!,.]?\s*(?:Candidate|Did you mean)", without_values(error))[0]
    if "No space left" in first:
        return UserError("the disk is full", where=feed_name, mend="make room, and refresh again: nothing is lost")
    is_mixed = "invalid state" in first
    return UserError(
        f"the rows of the feed {feed_name} cannot be read: "
        + ("some lines end in CRLF and some in LF" if is_mixed else first),
        where=f"sources.yml, feeds.{feed_name}, with "
        + ", ".join(file.name for group in files.values() for file in group),
        mend="write all line ends alike (dos2unix), and try again"
        if is_mixed
        else "correct the expression or the file that the message names; where a value may not parse, use try_cast",
    )
