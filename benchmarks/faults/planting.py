"""What a kind of fault is, and the place it is planted in: one home, its exports, its configuration, its programs.

The kinds are in kinds_of_data.py, kinds_of_configuration.py and kinds_of_processes.py; scorecard.py runs them and
writes the table. This process never opens the engine, whose threads would not survive a fork: each command is a child.
"""

import csv
import datetime as dt
import hashlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import yaml

from orchestration.settings import SHIPPED_CONFIG

DAY = "2026-06-30"
MOMENTS = {
    "orders": "ordered_at",
    "complaints": "opened_at",
    "surveys": "answered_at",
    "interactions": "occurred_at",
    "service_costs": "occurred_at",
}
SECONDS = 1_200  # that a command may take: ten times what a refresh takes on a busy machine

# Imported before the fork: each refresh would spend 20 s on it.
LIBRARIES = (
    "dagster_dbt",
    "dbt.cli.main",
    "dbt.adapters.duckdb",
    "duckdb_engine",
    "great_expectations",
    "great_expectations.expectations",
    "orchestration.cli",
    "orchestration.refresh",
    "pandas",
    "pyarrow.parquet",
    "scipy.optimize",
    "scipy.stats",
    "sklearn.cluster",
    "orchestration.defs.clusters",
    "orchestration.defs.clv",
    "orchestration.defs.dbt",
    "orchestration.defs.identity",
    "orchestration.defs.marts",
    "orchestration.defs.previous",
    "orchestration.defs.quality",
    "orchestration.defs.raw",
    "orchestration.defs.relationship",
    "orchestration.defs.release",
    "orchestration.defs.scores",
    "orchestration.defs.segments",
)


def import_libraries() -> None:
    for name in LIBRARIES:
        import_module(name)


@dataclass(frozen=True)
class Answer:
    """How a command ended, and all that it said."""

    exit_code: int
    told: str


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    Parameters
    ----------
    plant : callable
        Takes the place and a source of chance; gives the answer of the command that met the fault, or None: then a
        refresh is run. Its docstring is the line of the table.
    expected : str
        `held`, `refused` (an error in words), `set aside` (published without the rows), `warned` (published, and
        told), `read aright` (published as if nothing were wrong) or `recovered` (published without help afterwards).
    by : str
        The check that must hold or warn; empty: not said. `drift`: one of the checks that compare with history.
    words : tuple of str
        What the message must name.
    claim : callable, optional
        What else must be so in the place afterwards.
    """

    family: str
    plant: Callable[["Place", Random], Answer | None]
    expected: str
    by: str = ""
    words: tuple[str, ...] = ()
    claim: Callable[["Place"], bool] | None = None

    @property
    def name(self) -> str:
        return self.plant.__name__

    @property
    def line(self) -> str:
        return self.plant.__doc__.strip()


def faults(family: str, collected: list[Fault]) -> Callable:
    """A decorator that adds a function to the kinds of its family."""

    def of(expected: str, by: str = "", words: str | tuple[str, ...] = (), claim=None) -> Callable:
        told = (words,) if isinstance(words, str) else words

        def add(plant: Callable) -> Callable:
            collected.append(Fault(family, plant, expected, by, told, claim))
            return plant

        return add

    return of


@dataclass
class Place:
    """A company's home with its exports and its own configuration; `damage` is what was found amiss on the way."""

    folder: Path
    damage: list[str] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def current(self) -> Path:
        return self.home / "published" / "current"

    # --- exports ------------------------------------------------------------------------------------------------

    def feed(self, name: str) -> Path:
        return self.home / "sample" / f"{name}.csv"

    def lines(self, name: str) -> list[str]:
        return self.feed(name).read_text("utf-8").splitlines()

    def write_lines(self, name: str, lines: list[str]) -> None:
        self.feed(name).write_text("\n".join(lines) + "\n", "utf-8")

    def rows(self, name: str) -> list[dict[str, str]]:
        with self.feed(name).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def write_rows(self, name: str, rows: list[dict[str, str]]) -> None:
        with self.feed(name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def change(self, name: str, share: float, draw: Random, to: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Replace a share of the rows, at least one, by what `to` makes of them."""
        rows = self.rows(name)
        for position in draw.sample(range(len(rows)), max(1, round(share * len(rows)))):
            rows[position] = rows[position] | to(rows[position])
        self.write_rows(name, rows)

    # --- configuration ------------------------------------------------------------------------------------------

    def configure(self, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
        """A file of the company's own: the shipped one, changed."""
        told = yaml.safe_load((SHIPPED_CONFIG / f"{name}.yml").read_text("utf-8"))
        change(told)
        self.write_config(f"{name}.yml", yaml.safe_dump(told, allow_unicode=True, sort_keys=False))

    def write_config(self, name: str, text: str) -> None:
        path = self.config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    # --- commands -----------------------------------------------------------------------------------------------

    def touchstone(self, *arguments: str) -> Answer:
        """Run a command to its end."""
        return self.start(*arguments).ended()

    def start(self, *arguments: str) -> "Running":
        log = self.folder / f"log-{time.monotonic_ns()}"
        child = os.fork()
        if child:
            return Running(child, log)
        try:
            os._exit(self._command(arguments, log))
        finally:
            os._exit(70)

    def _command(self, arguments: tuple[str, ...], log: Path) -> int:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.stdout.reconfigure(line_buffering=True)
        os.environ.update({"TOUCHSTONE_HOME": str(self.home), "TOUCHSTONE_CONFIG": str(self.config)} | self.environment)
        try:
            import_module("orchestration.cli").main(list(arguments), prog_name="touchstone")
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except BaseException:
            import_module("traceback").print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        return code

    # --- what is served -----------------------------------------------------------------------------------------

    def served(self) -> dict[str, str]:
        """Every file of the served release by content, and which release it is."""
        if not self.current.is_symlink():
            return {}
        directory = self.current.resolve()
        files = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(directory.iterdir())
            if path.is_file()
        }
        return files | {"current": os.readlink(self.current)}

    def manifest(self) -> dict[str, Any]:
        return json.loads((self.current / "manifest.json").read_text("utf-8"))

    def status(self) -> dict[str, Any]:
        return json.loads((self.home / "published" / "status.json").read_text("utf-8"))

    def is_complete(self) -> bool:
        """Whether each file of the served release is as its manifest says."""
        files = self.served()
        said = self.manifest()["files"]
        return all(files.get(name) == expected for name, expected in said.items())

    def require_intact(self, when: str) -> None:
        if self.served() != self.before:
            self.damage.append(f"{when}: what is served is not what it was")


@dataclass(frozen=True)
class Running:
    """A command on its way."""

    child: int
    log: Path

    def told(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def wait_until(self, reached: Callable[[], bool]) -> bool:
        """Whether it came so far before it ended."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if reached():
                return True
            if os.waitid(os.P_PID, self.child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return False
            time.sleep(0.01)
        return False

    def signalled(self, number: signal.Signals) -> Answer:
        os.kill(self.child, number)
        return self.ended()

    def ended(self) -> Answer:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            child, code = os.waitpid(self.child, os.WNOHANG)
            if child:
                return Answer(os.waitstatus_to_exitcode(code), self.told())
            time.sleep(0.05)
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        return Answer(124, self.told() + f"\nended after {SECONDS} s")


# --- the company --------------------------------------------------------------------------------------------------


def days_before(count: int) -> list[str]:
    """So many days up to the one before DAY."""
    return [(dt.date.fromisoformat(DAY) - dt.timedelta(days=ago)).isoformat() for ago in range(count, 0, -1)]


def build_company(folder: Path, days: list[str], customers: int = 300, orders: int = 3_000) -> Place:
    """A home with a release of each day, from exports that grew by a day each; that of DAY is there, not landed."""
    place = Place(folder)
    place.config.mkdir(parents=True)
    place.home.mkdir()
    made = place.touchstone(
        "sample", "--out", str(place.home / "sample"), "--customers", str(customers), "--orders", str(orders)
    )
    if made.exit_code:
        raise SystemExit(made.told)
    whole = folder / "whole"
    place.home.joinpath("sample").rename(whole)
    for day in days:
        shutil.copytree(whole, place.home / "sample")
        for name, moment in MOMENTS.items():
            place.write_rows(name, [row for row in place.rows(name) if row[moment][:10] <= day])
        answer = place.touchstone("refresh", "--as-of", day)
        if answer.exit_code:
            raise SystemExit(f"the clean company of {day} is not published:\n{answer.told}")
        shutil.rmtree(place.home / "sample")
    whole.rename(place.home / "sample")
    return place


def copied(company: Path, folder: Path) -> Place:
    """A copy of the company for a kind to spoil."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(company, folder, symlinks=True)
    place = Place(folder)
    place.before = place.served()
    return place
