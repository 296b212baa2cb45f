"""Landing: what a feed's files hold now becomes one immutable load of typed Parquet.

`landing/<feed>/load=<id>/` holds `accepted.parquet`, `set_aside.parquet` (refused and excluded rows, with reason
and raw text; only where there are any) and `load.json`. It is written under a temporary name, made durable and
renamed, so a load is there whole or not at all. The same content under the same mapping is one load, however
often it arrives.
"""

import datetime as dt
import hashlib
import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from orchestration.errors import UserError
from orchestration.settings import Feed
from orchestration.sources.contract import CONTRACTS, Contract
from orchestration.sources.files import SourceFile, all_rows, literal, quoted, resolved
from orchestration.sources.forgotten import drop_forgotten
from orchestration.sources.mapping import expressions, joined, mapped_rows

OUTCOMES = ("accepted", "excluded", "quarantined")
STAMP = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True)
class Load:
    """What one load holds: rows and money by outcome, and where they came from.

    `rows` counts accepted, excluded and quarantined rows, which with `erased` (rows of persons who were forgotten)
    add up to `source_rows`. `money` sums the
    contract's money column over the same outcomes where it parses (decimals as text). `reasons` counts the rows
    set aside by reason. `joins` ties what was summed into rows back to the file that it came from.
    """

    load_id: str
    feed: str
    identity: str
    landed_at: str
    files: list[dict]
    unknown_columns: list[str]
    source_rows: int
    rows: dict[str, int]
    money: dict[str, str]
    reasons: dict[str, int]
    joins: dict[str, dict]
    newest: str | None
    erased: int = 0

    @property
    def rejected_share(self) -> float:
        """Quarantined rows over all rows that were not left out on purpose."""
        considered = self.source_rows - self.rows["excluded"] - self.erased
        return self.rows["quarantined"] / considered if considered else 0.0

    def folder(self, home: Path) -> Path:
        return home / "landing" / self.feed / f"load={self.load_id}"


def loads_of(home: Path, feed_name: str) -> list[Load]:
    """The loads of a feed in load order.

    Raises
    ------
    UserError
        A load's manifest is missing or damaged: its rows must not be left out without a word.
    """
    loads = []
    for folder in sorted((home / "landing" / feed_name).glob("load=*")):
        try:
            loads.append(Load(**json.loads((folder / "load.json").read_text("utf-8"))))
        except (OSError, ValueError, TypeError) as error:
            raise UserError(
                f"the manifest of a load cannot be read: {type(error).__name__}",
                where=str(folder / "load.json"),
                mend="restore the folder from a backup; or, where the source still holds the rows, remove it",
            ) from None
    return loads


def land(home: Path, feed_name: str, feed: Feed) -> Load:
    """Land what the feed's files hold now; what the newest load holds already is that load.

    Parameters
    ----------
    home : Path
        TOUCHSTONE_HOME; the caller holds its lock.

    Raises
    ------
    UserError
        A file is missing or empty, a column is missing, or an expression of the mapping does not run.
    """
    contract = CONTRACTS[feed_name]
    files, found = opened_feed(home, feed_name, feed)
    fingerprints = {alias: [file.fingerprint() for file in group] for alias, group in files.items()}
    contents = {alias: [file["sha256"] for file in group] for alias, group in fingerprints.items()}
    # Where a file lies, and how fresh it must be, do not change what its rows become.
    mapping = feed.model_dump(
        mode="json", exclude={"path": True, "newest_within_days": True, "join": {"__all__": {"path"}}}
    )
    told = json.dumps([repr(contract), mapping, contents], sort_keys=True)
    identity = hashlib.sha256(told.encode()).hexdigest()
    earlier = loads_of(home, feed_name)
    # Only the newest: a source that goes back to what it held before is a change, and what was bad in between must
    # not stay in force.
    if earlier and earlier[-1].identity == identity:
        return earlier[-1]

    landed_at = dt.datetime.now(dt.UTC)
    if earlier:  # load order holds even where the clock went back
        last = dt.datetime.strptime(earlier[-1].load_id.split("-")[0], STAMP).replace(tzinfo=dt.UTC)
        landed_at = max(landed_at, last + dt.timedelta(microseconds=1))
    load_id = f"{landed_at:{STAMP}}-{identity[:8]}"

    parent = home / "landing" / feed_name
    parent.mkdir(parents=True, exist_ok=True)
    for leftover in parent.glob(".tmp-*"):  # of a run that died: the lock says that nobody is writing it now
        shutil.rmtree(leftover)
    work = parent / f".tmp-{load_id}"
    work.mkdir()
    try:
        with duckdb.connect() as connection:
            counted = write_rows(connection, home, feed_name, feed, contract, files, found, load_id, work)
        load = Load(
            load_id=load_id,
            feed=feed_name,
            identity=identity,
            landed_at=landed_at.isoformat(timespec="seconds"),
            files=[file for group in fingerprints.values() for file in group],
            unknown_columns=unknown_columns(feed, contract, found),
            **counted,
        )
        (work / "load.json").write_text(json.dumps(asdict(load), ensure_ascii=False, indent=1), "utf-8")
        for path in [*work.iterdir(), work]:
            sync(path)
        work.rename(load.folder(home))
        sync(parent)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return load


def opened_feed(home: Path, feed_name: str, feed: Feed) -> tuple[dict[str, list[SourceFile]], list[str]]:
    """The files of a feed (its own under `source`, each join's under its name) and the columns of its own."""
    files = {"source": resolved(feed.path or "", feed.format, f"feeds.{feed_name}.path", home)}
    for alias, join in feed.join.items():
        files[alias] = resolved(join.path, join.format, f"feeds.{feed_name}.join.{alias}.path", home)
    # One spelling a column: files of one feed may write it in capitals here and not there.
    spellings: dict[str, str] = {}
    for name in (name for file in files["source"] for name in file.columns):
        spellings.setdefault(name.lower(), name)
    found = list(spellings.values())
    check_columns(feed_name, feed, CONTRACTS[feed_name], found, files["source"])
    return files, found


def try_mapping(home: Path, feed_name: str, feed: Feed) -> list[SourceFile]:
    """Whether the mapping of a feed makes sense to the engine; no row is read. The feed's own files.

    Raises
    ------
    UserError
        As `land` would raise it.
    """
    files, found = opened_feed(home, feed_name, feed)
    with duckdb.connect() as connection:
        try:
            connection.execute(f"describe {mapped_rows(CONTRACTS[feed_name], feed, files, found)}")
        except duckdb.Error as error:
            raise not_read(feed_name, files, error) from None
    return files["source"]


def not_read(feed_name: str, files: dict[str, list[SourceFile]], error: duckdb.Error) -> UserError:
    """What the engine says of a mapping or a file, with the place to look at."""
    first = " ".join(line.strip() for line in str(error).strip().splitlines() if line.strip()).split(" LINE ")[0]
    if not isinstance(error, duckdb.BinderException | duckdb.ParserException | duckdb.CatalogException):
        # Beyond names of columns and functions, what the engine quotes are values: somebody's name or phone.
        first = re.sub(r"""("[^"]*"|'[^']*')""", "'…'", first)
    is_mixed = "invalid state" in first
    return UserError(
        f"the rows of the feed {feed_name} cannot be read: "
        + ("some lines end in CRLF and some in LF" if is_mixed else first),
        where=f"sources.yml, feeds.{feed_name}, with "
        + ", ".join(str(file.path) for group in files.values() for file in group),
        mend="write all line ends alike (dos2unix), and try again"
        if is_mixed
        else "correct the expression or the file that the message names; where a value may not parse, use try_cast",
    )


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
    fed = expressions(feed, contract, found)
    missing = [name for name in contract.required if name not in fed]
    if missing:
        raise UserError(
            f"the feed {feed_name} lacks the column {', '.join(missing)}\n"
            f"  expected: {', '.join(contract.required)}\n"
            f"  found:    {', '.join(found)}",
            where=", ".join(str(file.path) for file in files),
            mend=f"export it, or name under feeds.{feed_name}.columns in sources.yml the column or SQL expression that "
            f"gives it: `{missing[0]}: source.<column>`",
        )


def unknown_columns(feed: Feed, contract: Contract, found: list[str]) -> list[str]:
    """Columns of the files that nothing reads: kept in the source, reported, and otherwise ignored."""
    told = [*expressions(feed, contract, found).values(), *(exclusion.when for exclusion in feed.exclude)]
    told += [other for join in feed.join.values() for other in join.match.values()]
    text = " ".join(told).lower()
    return [name for name in found if not re.search(rf"(?<!\w){re.escape(quoted(name.lower())[1:-1])}(?!\w)", text)]


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    home: Path,
    feed_name: str,
    feed: Feed,
    contract: Contract,
    files: dict[str, list[SourceFile]],
    found: list[str],
    load_id: str,
    work: Path,
) -> dict:
    """Read the rows once, write the accepted and the set-aside ones, count both."""
    staged = work / "all.parquet"
    try:
        rows = mapped_rows(contract, feed, files, found)
        connection.execute(f"copy ({rows}) to {literal(staged)} (format parquet)")
        joins = {alias: join_totals(connection, feed, alias, files) for alias in feed.join}
    except duckdb.Error as error:
        raise not_read(feed_name, files, error) from None

    if files["source"][0].format == "csv":
        refuse_swallowed_lines(connection, feed_name)
    every_row = f"(select *, null::bigint as _line from read_parquet({literal(staged)}))"
    if files["source"][0].format == "csv":
        # A line that is not even CSV (a quote that never closes, too few or too many fields) is kept as it stands.
        malformed = (
            "select null::bigint as _row, line::bigint as _line, "
            "'malformed:' || replace(lower(min(error_type::varchar)), ' ', '_') as _reason, "
            r"min(trim(csv_line, e'\r\n')) as _raw from reject_errors group by scan_id, file_id, line"
        )
        every_row = f"(select * from {every_row} union all by name {malformed})"
    dropped = drop_forgotten(connection, home, every_row, contract, work / "kept.parquet")
    every_row = dropped.relation
    counts = connection.execute(
        f"select _reason, count(*), {f'coalesce(sum({contract.money}), 0)' if contract.money else '0'} "
        f"from {every_row} group by _reason order by _reason"
    ).fetchall()
    totals = {outcome: 0 for outcome in OUTCOMES}
    money = {outcome: 0 for outcome in OUTCOMES}
    for code, count, amount in counts:
        totals[outcome_of(code)] += count
        money[outcome_of(code)] += amount
    if feed.join:
        check_one_row_each(connection, feed_name, staged)

    if totals["excluded"] or totals["quarantined"]:
        connection.execute(
            f"copy (select *, {literal(load_id)} as _load from {every_row} where _reason is not null "
            f"order by _row, _line) to {literal(work / 'set_aside.parquet')} (format parquet, compression zstd)"
        )
    accepted = literal(work / "accepted.parquet")
    columns = ", ".join(quoted(column.name) for column in contract.columns)
    connection.execute(
        f"copy (select {columns}, {literal(load_id)} as _load, _row from {every_row} "
        f"where _reason is null) to {accepted} (format parquet, compression zstd)"
    )
    staged.unlink()
    (work / "kept.parquet").unlink(missing_ok=True)
    newest = None
    if contract.moment:
        newest = connection.execute(f"select max({contract.moment}) from read_parquet({accepted})").fetchone()[0]
    return {
        "source_rows": sum(totals.values()) + dropped.rows,
        "rows": totals,
        "erased": dropped.rows,
        "money": {outcome: str(amount) for outcome, amount in money.items()}
        | ({"erased": dropped.money} if dropped.rows else {}),
        "reasons": {code: count for code, count, _ in counts if code},
        "joins": joins,
        "newest": newest.isoformat(sep=" ") if newest else None,
    }


def outcome_of(reason: str | None) -> str:
    if reason is None:
        return "accepted"
    return "excluded" if reason.startswith("excluded:") else "quarantined"


def refuse_swallowed_lines(connection: duckdb.DuckDBPyConnection, feed_name: str) -> None:
    """A quote that never closes takes the lines after it along: no honest count of rows is left to give.

    The engine keeps 10 000 characters of a broken line, so a longer one could not be kept whole either.
    """
    found = connection.execute(
        "select any_value(file_path), min(line), arg_min(error_type::varchar, line) "
        "from reject_errors join reject_scans using (scan_id, file_id) "
        # Where lines end in CRLF, the engine begins each with the end of the one before.
        r"where trim(csv_line, e'\r\n') like e'%\n%' or length(csv_line) >= 10000 group by scan_id, file_id order by 1"
    ).fetchone()
    if not found:
        return
    path, line, error = found
    if error == "UNQUOTED VALUE":
        what = f"a double quote opens in line {line} and never closes: the lines after it cannot be told apart"
    elif error == "LINE SIZE OVER MAXIMUM":
        what = f"line {line} is longer than 2 MB, or a double quote opens there and never closes"
    else:
        what = f"the record in line {line} has {error.lower()}, and runs over several lines or 10 000 characters"
    raise UserError(
        what,
        where=f"{path}, line {line}, feed {feed_name}",
        mend='close the quote, write a quote inside a value as "", give each record the fields of the header, and '
        "export the file again",
    )


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


def join_totals(
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    alias: str,
    files: dict[str, list[SourceFile]],
) -> dict:
    """What a summarised file held, and how much of it found a row: the identity that ties lines to orders."""
    join = feed.join[alias]
    lines = connection.execute(f"select count(*) from {all_rows(files[alias])}").fetchone()[0]
    if not join.money:
        return {"lines": lines}
    earlier = list(feed.join)[: list(feed.join).index(alias)]
    joins_so_far = "\n".join(joined(name, feed.join[name], files[name]) for name in earlier)
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


def sync(path: Path) -> None:
    """Make a file, or the entries of a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
