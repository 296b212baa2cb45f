"""What sources.yml may say: the company, its feeds, and where each of them is.

Reading the file, and telling what is wrong in it, is reading.py's.
"""

import datetime as dt
import re
import zoneinfo
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from orchestration.config.strict import Strict

Expression = Annotated[str, Field(pattern=r"\S")]
FeedName = Literal[
    "orders", "complaints", "surveys", "customers", "aliases", "interactions", "service_costs", "wallets"
]


class Company(Strict):
    """Whose data it is: shown in the report; money is in one currency."""

    name: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class Exclusion(Strict):
    """Rows left out on purpose, with the reason. They are counted apart from faults."""

    when: str
    reason: str


class Files(Strict):
    """Files of one kind: where they are and how they are written.

    `path` is a local path, with wildcards, or a URL (https, s3, …). What is not said here is found out: the format
    from the name (.gz and .zip are opened on the way), encoding and delimiter from the beginning of the file.
    `header_row` counts from 1: rows above it are titles. 0: there is none, and columns are called column1, column2, …
    `members` chooses files of a zip archive.
    """

    path: str
    format: Literal["csv", "excel", "json_lines", "parquet"] | None = None
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    sheet: str | Annotated[int, Field(ge=1)] | None = None
    header_row: int = Field(default=1, ge=0)
    members: str = "*"


class Cursor(Strict):
    """The column by which a source is read on from where the last load ended.

    It grows with every change of a row. `lookback` is read again each time, for rows that arrive late: a time
    (`2 days`, `6 hours`, `30 minutes`) for a column of moments, a number for a column of numbers.
    `parameter` is the name under which an HTTP API takes the value to begin from, written as the API writes its
    own values unless `format` says otherwise: like `%Y-%m-%d`, or `epoch_seconds`.
    """

    column: str
    lookback: str = Field(default="1 days", pattern=r"^\d{1,15}$|^\d{1,5} (minutes|hours|days)$")
    parameter: str | None = None
    format: str | None = Field(default=None, pattern=r"^epoch_seconds$|%")

    @model_validator(mode="after")
    def format_is_of_a_moment(self) -> "Cursor":
        if self.format and self.lookback.isdigit():
            raise ValueError("`format` writes moments: `lookback` must be a time, such as `2 days`")
        return self


class Database(Strict):
    """A table or a query of any database that SQLAlchemy reaches; `url` takes its secrets from the environment."""

    url: str
    table: str | None = None
    query: str | None = None
    cursor: Cursor | None = None

    @model_validator(mode="after")
    def table_or_query(self) -> "Database":
        if (self.table is None) == (self.query is None):
            raise ValueError("name either a `table` or a `query`")
        if self.cursor and (self.cursor.parameter or self.cursor.format):
            raise ValueError("`parameter` and `format` of a cursor are for HTTP APIs")
        return self


# How an HTTP API may be paged: what must be said, and what may. Names are those of dlt's paginators.
PAGES: dict[str, tuple[set[str], set[str]]] = {
    "auto": (set(), set()),
    "single": (set(), set()),
    "page_number": ({"base_page"}, {"page_param", "total_path", "has_more_path"}),
    "offset": ({"limit"}, {"offset", "offset_param", "limit_param", "total_path", "has_more_path"}),
    "cursor": ({"cursor_path", "cursor_param"}, {"has_more_path"}),
    "header_link": (set(), {"links_next_key"}),
    "json_link": ({"next_url_path"}, set()),
}


class Api(Strict):
    """A paginated HTTP API that answers in JSON.

    `records` is the JSONPath of the list of records in an answer; `pages` says how the next page is asked for:
    a `type` of `PAGES` and its arguments.
    """

    url: str
    parameters: dict[str, str] = Field(default={})
    headers: dict[str, str] = Field(default={})
    records: str | None = None
    pages: dict[str, str | int] = Field(default={"type": "auto"})
    cursor: Cursor | None = None

    @model_validator(mode="after")
    def pages_are_known(self) -> "Api":
        kind = self.pages.get("type")
        if kind not in PAGES:
            raise ValueError(f"`pages` needs a `type`; accepted: {', '.join(PAGES)}")
        required, optional = PAGES[kind]
        given = set(self.pages) - {"type"}
        if unknown := given - required - optional:
            accepted = ", ".join(sorted(required | optional)) or "none"
            raise ValueError(f"`pages` of type {kind} does not take {', '.join(sorted(unknown))}; accepted: {accepted}")
        if missing := required - given:
            raise ValueError(f"`pages` of type {kind} needs {', '.join(sorted(missing))}")
        for name in given & {"base_page", "limit", "offset"}:
            if not isinstance(self.pages[name], int) or self.pages[name] < (name == "limit"):
                raise ValueError(f"`pages`: {name} must be a whole number (found {self.pages[name]!r})")
        if self.cursor and not self.cursor.parameter:
            raise ValueError("the cursor of an API needs `parameter`: the name under which it takes the first value")
        return self


class Join(Files):
    """A second file that completes the rows of the first.

    `match` maps a column of this file to an expression over the rows so far (`source.order_id`, or a column of an
    earlier join). With `group_by`, the file is summarised to one row a key first: `columns` are then SQL
    aggregates, and `money` names the one whose sum must arrive in the feed's money, to the cent.
    """

    match: dict[str, str]
    group_by: str | None = None
    columns: dict[str, str] = Field(default={})
    money: str | None = None

    @model_validator(mode="after")
    def summarised_or_not(self) -> "Join":
        if bool(self.columns) != bool(self.group_by):
            raise ValueError("`group_by` and `columns` go together")
        if self.group_by and set(self.match) != {self.group_by}:
            raise ValueError(f"`match` joins by {sorted(self.match)}, but the file is summarised by {self.group_by!r}")
        if self.money and self.money not in self.columns:
            raise ValueError(f"`money` names {self.money!r}, which is not one of `columns`: {sorted(self.columns)}")
        return self


class Feed(Files):
    """Where a feed is (files, a database or an API) and how each contract column comes from its columns.

    With `replaces`, each export holds all history: the newest load counts, and earlier ones no longer do.
    With `lines`, several rows of the source are one record: see docs/feeds.md.
    """

    path: str | None = None
    database: Database | None = None
    api: Api | None = None
    columns: dict[str, Expression] = Field(default={})
    join: dict[str, Join] = Field(default={})
    exclude: list[Exclusion] = Field(default=[])
    lines: bool = False
    replaces: bool = False
    newest_within_days: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def has_one_source(self) -> "Feed":
        named = [name for name in ("path", "database", "api") if getattr(self, name) is not None]
        if len(named) != 1:
            raise ValueError(f"name one of `path`, `database` and `api` (found {', '.join(named) or 'none'})")
        return self

    @model_validator(mode="after")
    def pulls_fit_what_they_pull(self) -> "Feed":
        source = self.database or self.api
        cursor = source.cursor if source else None
        if cursor and self.replaces:
            raise ValueError("with a `cursor` a pull brings what is new, so it cannot replace what came before")
        if cursor and self.lines:
            raise ValueError("with a `cursor` the lines of one record may come in two pulls: sum them in a `query`")
        return self

    @model_validator(mode="after")
    def joins_have_names_of_their_own(self) -> "Feed":
        if "source" in {alias.lower() for alias in self.join}:
            raise ValueError("a join cannot be called 'source': that is the feed's own file")
        return self


class SourcesConfig(Strict):
    """The company, its feeds, and its day: `time_zone` (default: this machine's) says when it is over."""

    company: Company
    as_of: Literal["yesterday"] | dt.date = "yesterday"
    time_zone: str | None = None
    refresh_at: str = "05:00"
    feeds: dict[FeedName, Feed]

    @property
    def is_closed(self) -> bool:
        """The data end on a given day: a new day changes nothing."""
        return self.as_of != "yesterday"

    @field_validator("time_zone")
    @classmethod
    def zone_is_known(cls, name: str | None) -> str | None:
        if name is not None and name not in zoneinfo.available_timezones():
            raise ValueError("no time zone is called so; names are like Asia/Shanghai")
        return name

    @field_validator("refresh_at", mode="before")
    @classmethod
    def refresh_at_is_an_hour(cls, told: Any) -> Any:
        # To YAML, 10:30 without quotes is the number 630.
        if not isinstance(told, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", told, re.ASCII):
            raise ValueError('write a time of day in quotes, like "05:00"')
        return told

    @model_validator(mode="after")
    def pulled_events_are_pulled_whole(self) -> "SourcesConfig":
        for name in ("interactions", "service_costs"):
            feed = self.feeds.get(name)
            if feed and feed.path is None and not feed.replaces:
                raise ValueError(
                    f"`{name}` has no key by which an event that is pulled again could be known: say `replaces: true`, "
                    "without a `cursor`"
                )
        return self

    @model_validator(mode="after")
    def orders_are_fed(self) -> "SourcesConfig":
        if "orders" not in self.feeds:
            raise ValueError("the feed `orders` is required: everything is computed from it")
        return self
