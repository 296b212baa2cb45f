"""Outcomes that a row has because of other rows: lines of one record, joined files, and loads that came before."""

from pathlib import Path

import duckdb

from orchestration.errors import UserError
from orchestration.sources.arrival import IS_QUARANTINED, Arrival
from orchestration.sources.contract import Contract
from orchestration.sources.files import literal, quoted
from orchestration.sources.loads import landed_columns
from orchestration.sources.mapping import all_rows, joined

# --- several lines, one record ----------------------------------------------------------------------------------


def judged_as_lines(arrival: Arrival, judged: str) -> str:
    """The rows, where a record with a refused line is refused whole: without that line its sum would be wrong.

    Lines that name two customers are no record either.
    """
    key = ", ".join(quoted(name) for name in arrival.contract.key)
    return f"""
        with unfit as (
            select
                {key},
                case
                    when bool_or({IS_QUARANTINED}) then 'incomplete:{arrival.contract.key[0]}'
                    else 'conflicting:customer_id'
                end as unfit_for
            from {judged}
            where _reason is null or {IS_QUARANTINED}
            group by {key}
            having bool_or({IS_QUARANTINED}) or count(distinct customer_id) > 1
        )
        select judged.* replace (coalesce(_reason, unfit_for) as _reason)
        from {judged} as judged
        left join unfit using ({key})"""


def records_of_lines(contract: Contract, judged: str) -> str:
    """SELECT of one row a record: money is summed, it is dated by its first moment, other moments are the last.

    Of a text the first line that has one speaks for the record. `_lines` is how many lines it has.
    """
    columns = []
    for column in contract.columns:
        name = quoted(column.name)
        if column.name in contract.key:
            columns.append(name)
        elif column.kind == "money":
            columns.append(f"sum({name})::decimal(18,4) as {name}")
        elif column.kind in ("moment", "date"):
            columns.append(f"{'min' if column.name == contract.moment else 'max'}({name}) as {name}")
        else:
            columns.append(f"arg_min({name}, _row) filter ({name} is not null) as {name}")
    key = ", ".join(quoted(name) for name in contract.key)
    columns += ["min(_row) as _row", "count(*) as _lines"]
    return f"select {', '.join(columns)} from {judged} where _reason is null group by {key} order by min(_row)"


# --- pulls that overlap -----------------------------------------------------------------------------------------


def without_what_came_before(arrival: Arrival, judged: str) -> str:
    """The rows, where one that is equal to the version of its record that landed last is a duplicate.

    One that goes back to what it was before is a change. A row that was refused is known by its text.
    """
    files = [folder / "accepted.parquet" for folder in arrival.earlier]
    row = ", ".join(f"{name} := {name}" for name in map(quoted, arrival.names))
    before = ", ".join(f"{quoted(name)} := {value}" for name, value in landed_columns(arrival.contract, files).items())
    paths = ", ".join(map(literal, files))
    landed = f"read_parquet([{paths}], union_by_name = true, filename = true, file_row_number = true)"
    aside = [
        literal(folder / "set_aside.parquet") for folder in arrival.earlier if (folder / "set_aside.parquet").exists()
    ]
    refused = "select null::varchar as _raw where false"
    if aside:
        refused = f"select distinct _raw from read_parquet([{', '.join(aside)}], union_by_name = true)"
    # Paths sort as loads do.
    return f"""
        with arriving as (
            select *, struct_pack({row}) as _content from {judged}
        ),
        known as (
            select arg_max(struct_pack({before}), (filename, file_row_number)) as content
            from {landed}
            group by {", ".join(map(quoted, arrival.contract.key))}
        ),
        refused as (
            {refused}
        )
        select arriving.* exclude (_content) replace (
            case
                when _reason is null and known.content is not null then 'duplicate'
                when {IS_QUARANTINED} and refused._raw is not null then 'duplicate'
                else _reason
            end as _reason
        )
        from arriving
        left join known on arriving._content = known.content
        left join refused on arriving._raw = refused._raw"""


# --- joins ------------------------------------------------------------------------------------------------------


def check_one_row_each(connection: duckdb.DuckDBPyConnection, feed_name: str, staged: Path) -> None:
    """A join may complete a row, never multiply it."""
    twice = connection.execute(
        f"select count(*) - count(distinct _row) from read_parquet({literal(staged)})"
    ).fetchone()[0]
    if twice:
        raise UserError(
            f"the joins of the feed {feed_name} turn some rows into several: {twice} rows too many",
            where=f"sources.yml, feeds.{feed_name}.join",
            mend="summarise the joined file to one row a key with `group_by` and `columns`",
        )


def join_totals(connection: duckdb.DuckDBPyConnection, arrival: Arrival, alias: str) -> dict:
    """What a summarised file held, and how much of it found a row: the identity that ties lines to orders."""
    join, files = arrival.feed.join[alias], arrival.files
    lines = connection.execute(f"select count(*) from {all_rows(files[alias])}").fetchone()[0]
    if not join.money:
        return {"lines": lines}
    earlier = list(arrival.feed.join)[: list(arrival.feed.join).index(alias)]
    joins_so_far = "\n".join(joined(name, arrival.feed.join[name], files[name]) for name in earlier)
    key = quoted(join.group_by)
    money, money_of_rows = connection.execute(
        f"with keys as (select distinct ({join.match[join.group_by]}) as key "
        f"from {all_rows(files['source'], 'skip')} as source {joins_so_far}), "
        f"summed as (select {key} as key, {join.columns[join.money]} as money "
        f"from {all_rows(files[alias])} group by {key}) "
        "select coalesce(sum(money), 0), coalesce(sum(money) filter (where key in (select key from keys)), 0) "
        "from summed"
    ).fetchone()
    return {
        "lines": lines,
        "money": str(money),
        "money_of_rows": str(money_of_rows),
        "money_without_row": str(money - money_of_rows),
    }
