"""The configuration of a deployment: read and checked once, at the door.

Judgement lives in `orchestration/config/`, each YAML file beside the model that says what it may hold. A company keeps
a folder of its own (`TOUCHSTONE_CONFIG`) with the files that it changes; each file that is not there is the shipped
one. Secrets are never in these files: `${NAME}` in a path is taken from the environment.
"""

import csv
import datetime as dt
import hashlib
import json
import os
import zoneinfo
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestration.config.alerts import AlertsConfig
from orchestration.config.clv import ClvConfig
from orchestration.config.complaints import ComplaintsConfig
from orchestration.config.gates import GatesConfig
from orchestration.config.overrides import OverridesConfig
from orchestration.config.publishing import PublishingConfig
from orchestration.config.quality import QualityConfig
from orchestration.config.reading import judgement_text, read_config
from orchestration.config.relationship import RelationshipConfig
from orchestration.config.segments import SegmentsConfig
from orchestration.config.sources import SourcesConfig
from orchestration.config.strict import Strict
from orchestration.config.tiers import TiersConfig
from orchestration.errors import UserError

PROJECT = Path(__file__).resolve().parents[1]
SHIPPED_CONFIG = Path(__file__).resolve().parent / "config"

FILES: dict[str, type[Strict]] = {
    "sources": SourcesConfig,
    "clv": ClvConfig,
    "tiers": TiersConfig,
    "segments": SegmentsConfig,
    "relationship": RelationshipConfig,
    "complaints": ComplaintsConfig,
    "quality": QualityConfig,
    "gates": GatesConfig,
    "publishing": PublishingConfig,
    "overrides": OverridesConfig,
    "alerts": AlertsConfig,
}
# What no mart depends on is no part of what a candidate is told.
NOT_OF_THE_MARTS = {"publishing", "overrides", "alerts"}


@dataclass(frozen=True)
class Settings:
    """Everything that a refresh is told: configuration, places and the date it is for."""

    home: Path
    config_dir: Path
    sources: SourcesConfig
    clv: ClvConfig
    tiers: TiersConfig
    segments: SegmentsConfig
    relationship: RelationshipConfig
    complaints: ComplaintsConfig
    quality: QualityConfig
    gates: GatesConfig
    publishing: PublishingConfig
    overrides: OverridesConfig
    alerts: AlertsConfig

    @property
    def warehouse_file(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def backfill_warehouse_file(self) -> Path:
        """Back-casts have a working database of their own: the tables that grow there are of other days."""
        return self.home / "backfill" / "warehouse.duckdb"

    def config_file(self, name: str) -> Path:
        """The file that is in force: the company's own, or the shipped one."""
        own = self.config_dir / name
        return own if own.exists() else SHIPPED_CONFIG / name

    def refused_limit(self, feed_name: str) -> float:
        """The share of a load's rows that may be quarantined before the load does not count at all."""
        return self.gates.gate(f"raw.{feed_name}:contract").threshold

    @property
    def judgement_files(self) -> list[Path]:
        """CSV files of experts' comparisons: the company's own, and the shipped ones of hierarchies that it has not."""
        own = sorted((self.config_dir / "judgements").glob("*.csv"))
        judged = {hierarchy for path in own for hierarchy in judged_hierarchies(path)}
        # A shipped file bears the name of its hierarchy.
        shipped = sorted((SHIPPED_CONFIG / "judgements").glob("*.csv"))
        return [*own, *(path for path in shipped if path not in own and path.stem not in judged)]

    @cached_property
    def values(self) -> dict[str, Any]:
        """The configuration as plain data, for the manifest and for its hash; judgements included."""
        values = {name: getattr(self, name).model_dump(mode="json") for name in FILES if name not in NOT_OF_THE_MARTS}
        judgements = values["judgements"] = {}
        for path in self.judgement_files:
            # An own file may bear the name of a shipped one and judge another hierarchy.
            name = path.name if path.name not in judgements else f"shipped {path.name}"
            judgements[name] = judgement_text(path)
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
        return self.today - dt.timedelta(days=1)

    @property
    def today(self) -> dt.date:
        """The day that it is for the company."""
        return dt.datetime.now(self.zone).date()

    @property
    def zone(self) -> zoneinfo.ZoneInfo | None:
        """The company's time zone; None is the machine's."""
        return zoneinfo.ZoneInfo(self.sources.time_zone) if self.sources.time_zone else None


def judged_hierarchies(path: Path) -> set[str]:
    """The hierarchies that a judgement file speaks of; a file that cannot be read is refused where it is weighed."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        return {row["hierarchy"].strip() for row in csv.DictReader(stream) if row.get("hierarchy")}


def is_shipped(path: Path) -> bool:
    """Whether a file of configuration is part of the program."""
    return path.is_relative_to(SHIPPED_CONFIG)


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
    parts, wrong = {}, []
    for name, model in FILES.items():
        own = config_dir / f"{name}.yml"
        try:
            parts[name] = read_config(own if own.exists() else SHIPPED_CONFIG / own.name, model)
        except UserError as error:
            wrong.append(error)
    if wrong:  # all at once: who mends one file should not have to ask for the next
        raise wrong[0] if len(wrong) == 1 else UserError("\n".join(map(str, wrong)))
    settings = Settings(home=home, config_dir=config_dir, **parts)
    settings.overrides.require_fitting(settings.gates, settings.today, str(settings.config_file("overrides.yml")))
    return settings
