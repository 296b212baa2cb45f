"""Typed configuration: what the YAML files may say (of feeds: feeds.py), read and checked once, at the door.

Judgement lives in `orchestration/config/`. A company keeps a folder of its own (`TOUCHSTONE_CONFIG`) with
the files that it changes; each file that is not there is the shipped one. Secrets are never in these files:
`${NAME}` in a path is taken from the environment.
"""

import datetime as dt
import hashlib
import json
import os
import zoneinfo
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from orchestration.errors import UserError
from orchestration.feeds import SourcesConfig, Strict

PROJECT = Path(__file__).resolve().parents[1]
SHIPPED_CONFIG = Path(__file__).resolve().parent / "config"

Share = Annotated[float, Field(ge=0, le=1)]
# Shares of the pyramid stay text until they are exact fractions: 0.07 * 100 is not 7 in binary.
ExactShare = Annotated[str, BeforeValidator(str), Field(pattern=r"^(0?\.\d+|1(\.0*)?|0)$")]


class MinimumDataConfig(Strict):
    """From what on a probabilistic model is tried."""

    customers: int = Field(default=500, ge=1)
    history_days: int = Field(default=180, ge=1)
    newest_order_within_days: int = Field(default=30, ge=0)
    customers_with_3_order_days: int = Field(default=1, ge=1)


class HoldoutConfig(Strict):
    """The last part of history, on which models are compared."""

    share: float = Field(default=0.25, gt=0, le=0.5)
    days_at_least: int = Field(default=90, ge=1)


class ClvConfig(Strict):
    method: Literal["auto", "bg_nbd", "mbg_nbd", "pareto_nbd", "nbd", "simple_ltv", "discounted_ltv"] = "auto"
    minimum_data: MinimumDataConfig = MinimumDataConfig()
    holdout: HoldoutConfig = HoldoutConfig()
    expected_years: float = Field(default=3, gt=0, le=100)
    retention: float | None = Field(default=None, ge=0, lt=1)
    shrinkage_years: float = Field(default=1, gt=0, le=100)
    horizon_days: int = Field(default=365, gt=0, le=3650)
    annual_discount_rate: float = Field(default=0.10, ge=0, le=1)
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


# What facts.service_indicators measures.
IndicatorName = Literal[
    "response_timeliness",
    "content_effectiveness",
    "manner",
    "problem_resolution",
    "satisfaction",
    "complaint_count",
    "repeat_rate",
    "response_hours",
    "resolution_hours",
    "satisfaction_score",
    "satisfaction_standardised",
    "satisfaction_ratio",
    "nps",
    "delivery_on_time",
    "delivery_delay_days",
    "delivery_days",
]


class QualityConfig(Strict):
    """`trees` holds trees by name, nested down to indicators; `hierarchy` says which of them is in force."""

    trees: dict[str, dict[str, Any]]
    hierarchy: str
    orientation: Literal["row_over_column", "column_over_row"] = "row_over_column"
    method: Literal["eigenvector", "geometric_mean", "normalised_columns"] = "eigenvector"
    aggregation: Literal["judgements", "priorities"] = "judgements"
    random_index: Literal["saaty", "alonso_lamata"] = "alonso_lamata"
    expert_weights: dict[str, float] = Field(default={})
    minimum_coverage: Share = 0.5
    small_sample: int = Field(default=30, ge=2)
    response_promise_hours: float = Field(default=24, gt=0)
    repeat_complaint_days: int = Field(default=90, gt=0)
    indicators: dict[IndicatorName, Indicator]

    @property
    def tree(self) -> dict[str, Any]:
        """The tree that is in force."""
        return self.trees[self.hierarchy]

    @field_validator("hierarchy")
    @classmethod
    def hierarchy_is_a_tree(cls, name: str, info: ValidationInfo) -> str:
        trees = info.data.get("trees", {name: {}})
        if name not in trees:
            raise ValueError(f"no such tree under `trees`; accepted: {', '.join(trees)}")
        return name

    @field_validator("indicators")
    @classmethod
    def leaves_are_indicators(cls, indicators: dict, info: ValidationInfo) -> dict:
        for name, tree in info.data.get("trees", {}).items():
            for leaf in leaves(tree):
                if leaf not in indicators:
                    accepted = ", ".join(get_args(IndicatorName))
                    raise ValueError(f"the tree {name} ends in {leaf}, which has no line here; accepted: {accepted}")
        return indicators


def leaves(tree: dict[str, Any]) -> list[str]:
    """What a nested tree ends in, in order."""
    return [leaf for node, below in tree.items() for leaf in (leaves(below) if below else [node])]


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
    found = "" if isinstance(problem["input"], dict) else f" (found {problem['input']!r})"
    return f"`{place}`: {problem['msg'].removeprefix('Value error, ')}{found}"


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
