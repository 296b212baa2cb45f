"""A home after one refresh of a data set from outside, by the configuration of its example alone."""

import os
from pathlib import Path

from click.testing import CliRunner

from orchestration.cli import main
from orchestration.settings import PROJECT


def original(name: str) -> Path:
    """The folder of a data set."""
    folder = Path(os.environ.get("TRIAL_DATA") or ".").resolve() / name
    assert folder.is_dir(), f"no folder {folder}: run `make trials TRIAL_DATA=folder` with {name} in it"
    return folder


def refreshed(home: Path, example: str, **variables: Path) -> Path:
    """The home after a refresh, which published; `variables` are those of the example's configuration."""
    given = {name: str(value) for name, value in variables.items()}
    places = {"TOUCHSTONE_HOME": str(home), "TOUCHSTONE_CONFIG": str(PROJECT / "examples" / example)}
    result = CliRunner().invoke(main, ["refresh"], env=places | given, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return home
