"""Typed configuration: what the YAML files may say, read and checked once, at the door.

Judgement lives in `orchestration/config/`. A company keeps a folder of its own (`TOUCHSTONE_CONFIG`) with
the files that it changes; each file that is not there is the shipped one. Secrets are never in these files:
`${NAME}` in a path is taken from the environment.
"""

import datetime as dt
import hashlib
import json
import os
import re
import zoneinfo
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from orchestration.errors import UserError

PROJECT = Path(__file__).resolve().parents[1]
SHIPPED_CONFIG = Path(__file__).resolve().parent / "config"

Share = Annotated[float, Field(ge=0, le=1)]
Expression = Annotated[str, Field(pattern=r"\S")]
FeedName = Literal[
    "orders", "complaints", "surveys", "customers", "aliases", "interactions", "service_costs", "wallets"
]
# Shares of the pyramid stay text until they are exact fractions: 0.07 * 100 is not 7 in binary.
ExactShare = Annotated[str, BeforeValidator(str), Field(pattern=r"^(0?\.\d+|1(\.0*)?|0)$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# --- sources.yml ------------------------------------------------------------------------------------------


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
    `header_row` counts from 1: rows above it are titles. `members` chooses files of a zip archive.
    """

    path: str
    format: Literal["csv", "excel", "json_lines", "parquet"] | None = None
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    sheet: str | Annotated[int, Field(ge=1)] | None = None
    header_row: int = Field(default=1, ge=1)
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
    parameters: dict[str, str] = {}
    headers: dict[str, str] = {}
    records: str | None = None
    pages: dict[str, str | int] = {"type": "auto"}
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
    columns: dict[str, str] = {}
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
    columns: dict[str, Expression] = {}
    join: dict[str, Join] = {}
    exclude: list[Exclusion] = []
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


# --- methods ----------------------------------------------------------------------------------------------


class ClvConfig(Strict):
    method: Literal["simple_ltv", "discounted_ltv"] = "simple_ltv"
    expected_years: float = Field(default=3, gt=0)
    retention: float | None = Field(default=None, ge=0, lt=1)
    shrinkage_years: float = Field(default=1, gt=0)
    horizon_days: int = Field(default=365, gt=0)
    annual_discount_rate: float = Field(default=0.10, ge=0)
    margin: float = Field(default=1.0, gt=0, le=1)


class RfmRule(Strict):
    name: str
    recency: tuple[int, int] = (1, 5)
    frequency: tuple[int, int] = (1, 5)
    monetary: tuple[int, int] = (1, 5)


class TiersConfig(Strict):
    """`pyramid` holds each tier's own share from the top; who is left is lead. ABC ends are cumulative."""

    pyramid: dict[Literal["platinum", "gold", "iron"], ExactShare]
    abc_a_up_to: ExactShare = "0.80"
    abc_b_up_to: ExactShare = "0.95"
    key_accounts: int = Field(default=50, ge=0)
    quadrant_percentile: Share = 0.5
    current_value: dict[str, float]
    potential_value: dict[str, float]


class ClusterConfig(Strict):
    k_min: int = Field(default=3, ge=2)
    k_max: int = Field(default=6, ge=2)
    sample_size: int = Field(default=20_000, ge=100)
    silhouette_sample_size: int = Field(default=2_000, ge=50)


class SilenceConfig(Strict):
    tail_probability: float = Field(default=0.01, gt=0, lt=0.5)
    shrinkage_gaps: float = Field(default=1, gt=0)


class SegmentsConfig(Strict):
    rfm: list[RfmRule]
    clusters: ClusterConfig = ClusterConfig()
    silence: SilenceConfig = SilenceConfig()


class Indicator(Strict):
    """What is measured, in which unit, and the values that score 0 (floor) and 100 (target)."""

    description: str
    unit: str
    floor: float
    target: float

    @model_validator(mode="after")
    def floor_differs_from_target(self) -> "Indicator":
        if self.floor == self.target:
            raise ValueError("`floor` and `target` must differ: between them lies the scale from 0 to 100")
        return self


class QualityConfig(Strict):
    hierarchy: str
    tree: dict[str, Any]
    orientation: Literal["row_over_column", "column_over_row"] = "row_over_column"
    method: Literal["eigenvector", "geometric_mean", "normalised_columns"] = "eigenvector"
    random_index: Literal["saaty", "alonso_lamata"] = "alonso_lamata"
    expert_weights: dict[str, float] = {}
    minimum_coverage: Share = 0.5
    response_promise_hours: float = Field(default=24, gt=0)
    repeat_complaint_days: int = Field(default=90, gt=0)
    indicators: dict[str, Indicator]


class Gate(Strict):
    """What a failure of the check does, and the number it is held against where it has one."""

    severity: Literal["block", "warn"]
    threshold: float | None = None


class GatesConfig(Strict):
    checks: dict[str, Gate]

    def gate(self, check: str) -> Gate:
        """The gate of `<schema.table>:<check>`; every check has one."""
        if check not in self.checks:
            raise UserError(
                f"the check {check!r} has no gate",
                where="gates.yml, under `checks`",
                mend=f"add a line `{check}: {{severity: block}}` (or warn)",
            )
        return self.checks[check]


FILES: dict[str, type[Strict]] = {
    "sources": SourcesConfig,
    "clv": ClvConfig,
    "tiers": TiersConfig,
    "segments": SegmentsConfig,
    "quality": QualityConfig,
    "gates": GatesConfig,
}


# --- all of it --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settings:
    """Everything that a refresh is told: configuration, places and the date it is for."""

    home: Path
    config_dir: Path
    sources: SourcesConfig
    clv: ClvConfig
    tiers: TiersConfig
    segments: SegmentsConfig
    quality: QualityConfig
    gates: GatesConfig

    @property
    def warehouse_file(self) -> Path:
        return self.home / "warehouse.duckdb"

    def config_file(self, name: str) -> Path:
        """The file that is in force: the company's own, or the shipped one."""
        own = self.config_dir / name
        return own if own.exists() else SHIPPED_CONFIG / name

    def refused_limit(self, feed_name: str) -> float:
        """The share of a load's rows that may be quarantined before the load does not count at all."""
        return self.gates.gate(f"raw.{feed_name}:contract").threshold

    @property
    def judgement_files(self) -> list[Path]:
        """CSV files of experts' comparisons: the company's own folder if it has one, else the shipped one."""
        return sorted(self.config_file("judgements").glob("*.csv"))

    @cached_property
    def values(self) -> dict[str, Any]:
        """The configuration as plain data, for the manifest and for its hash; judgements included."""
        values = {name: getattr(self, name).model_dump(mode="json") for name in FILES}
        values["judgements"] = {path.name: path.read_text("utf-8-sig") for path in self.judgement_files}
        return values

    @property
    def configuration_hash(self) -> str:
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()

    def as_of(self, given: str | None = None) -> dt.date:
        """The date that a refresh is for: as given, else as configured (yesterday, or a date)."""
        if given:
            try:
                return dt.date.fromisoformat(given)
            except ValueError:
                raise UserError(f"{given!r} is not a date", where="as_of", mend="write it as YYYY-MM-DD") from None
        configured = self.sources.as_of
        if configured != "yesterday":
            return configured
        zone = zoneinfo.ZoneInfo(self.sources.time_zone) if self.sources.time_zone else None
        return dt.datetime.now(zone).date() - dt.timedelta(days=1)


def load_settings(home: Path | None = None, config_dir: Path | None = None) -> Settings:
    """Read and check the configuration.

    Parameters
    ----------
    home, config_dir : Path, optional
        Instead of TOUCHSTONE_HOME (default ./var) and TOUCHSTONE_CONFIG (default the shipped folder).

    Raises
    ------
    UserError
        A folder or file is missing, YAML does not parse, a key is unknown or a value does not fit.
    """
    target = os.environ.get("TOUCHSTONE_TARGET", "duckdb")
    if target != "duckdb":
        raise UserError(f"TOUCHSTONE_TARGET is {target!r}; accepted: duckdb", where="the environment")
    home = Path(home or os.environ.get("TOUCHSTONE_HOME", "var")).resolve()
    config_dir = Path(config_dir or os.environ.get("TOUCHSTONE_CONFIG", SHIPPED_CONFIG)).resolve()
    if not config_dir.is_dir():
        raise UserError(
            f"the configuration folder {config_dir} does not exist",
            where="TOUCHSTONE_CONFIG",
            mend=f"name a folder with the files that you change, or unset it to use {SHIPPED_CONFIG}",
        )
    known = {f"{name}.yml" for name in FILES}
    for stranger in sorted({path.name for path in config_dir.glob("*.y*ml")} - known):
        raise UserError(
            f"unknown configuration file {stranger}; accepted: {', '.join(sorted(known))}",
            where=str(config_dir),
        )
    parts = {}
    for name, model in FILES.items():
        own = config_dir / f"{name}.yml"
        parts[name] = read_config(own if own.exists() else SHIPPED_CONFIG / own.name, model)
    return Settings(home=home, config_dir=config_dir, **parts)


class NoRepeatedKeys(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error: otherwise the first is lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for (key, _), name in zip(node.value, keys, strict=True):
            if keys.count(name) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {name!r} stands twice", key.start_mark)
        return super().construct_mapping(node, deep)


def read_config(path: Path, model: type[Strict]) -> Any:
    """One YAML file as its model; what does not fit is told in words."""
    try:
        content = yaml.load(path.read_text("utf-8-sig"), Loader=NoRepeatedKeys) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        told = str(error).replace('in "<unicode string>", ', "")
        mend = (
            "look at that line: a value with `: ` or `#` in it needs quotes, and YAML is indented by spaces, not tabs"
        )
        raise UserError(f"not readable as YAML: {told}", where=str(path), mend=mend) from None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = [in_words(problem, model) for problem in error.errors()]
        raise UserError("\n".join(problems), where=str(path), mend="correct the keys or values named above") from None


def in_words(problem: Any, model: type[BaseModel]) -> str:
    """A validation error as a sentence, with the accepted keys where one is unknown."""
    place = ".".join(str(step) for step in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown key `{place}`; accepted: {', '.join(accepted_keys(model, problem['loc'][:-1]))}"
    if problem["type"] == "missing":
        return f"`{place}` is missing"
    if problem["loc"][-1:] == ("[key]",):
        accepted = problem["msg"].replace("Input should be", "accepted:")
        return f"unknown name `{problem['input']}` under `{problem['loc'][0]}`; {accepted}"
    if problem["loc"][:1] == ("as_of",):
        return f"`as_of`: write a date such as 2026-06-30, or yesterday (found {problem['input']!r})"
    return f"`{place}`: {problem['msg']} (found {problem['input']!r})"


def accepted_keys(model: Any, place: tuple) -> list[str]:
    """The keys of the model that sits at `place` inside another one."""
    for step in place:
        field = model.model_fields.get(step) if hasattr(model, "model_fields") else None
        if field is not None:
            model = field.annotation
        for inner in getattr(model, "__args__", ()):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                model = inner
    return sorted(model.model_fields) if hasattr(model, "model_fields") else []
