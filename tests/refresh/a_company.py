"""A home, and the command line over it."""

import hashlib
import os
from pathlib import Path

import dagster as dg
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.definitions import definitions

CUSTOMERS, ORDERS = 300, 3_000
EARLIER, AS_OF = "2026-05-31", "2026-06-30"


class Company:
    """One TOUCHSTONE_HOME."""

    def __init__(self, home: Path):
        self.home = home

    def touchstone(self, *arguments: str, config: Path | None = None) -> Result:
        places = {"TOUCHSTONE_HOME": str(self.home)} | ({"TOUCHSTONE_CONFIG": str(config)} if config else {})
        return CliRunner().invoke(main, list(arguments), env=places, catch_exceptions=False)

    def feed(self, name: str) -> Path:
        return self.home / "sample" / f"{name}.csv"

    @property
    def current(self) -> Path:
        return self.home / "published" / "current"

    def served_bytes(self) -> dict[str, str]:
        """Every file of the served release, by content."""
        return {
            str(path.relative_to(self.current.resolve())): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.current.resolve().rglob("*"))
            if path.is_file()
        } | {"current": os.readlink(self.current)}


def alone(*assets: str) -> dg.ExecuteInProcessResult:
    """What the page does when a person launches a few assets without their upstream; in DAGSTER_HOME."""
    job = definitions().resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.get() as instance:
        return job.execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(name.split(".")) for name in assets],
            raise_on_error=False,
        )


def rewrite(path: Path, change) -> None:
    """Replace the lines of a file by what `change` makes of them (header first)."""
    path.write_text("\n".join(change(path.read_text("utf-8").splitlines())) + "\n", "utf-8")
