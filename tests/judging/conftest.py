"""A company's own configuration folder, and the command line over it."""

import pytest
from click.testing import CliRunner

from orchestration.cli import main


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch, tmp_path):
    """What a developer has exported is no part of these rules."""
    for name in ("TOUCHSTONE_TARGET", "TOUCHSTONE_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def own_config(tmp_path, monkeypatch):
    """An empty folder that TOUCHSTONE_CONFIG names: everything as shipped, until something is written there."""
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.setenv("TOUCHSTONE_CONFIG", str(folder))
    return folder


@pytest.fixture
def judgements():
    """`judgements("read", file)` runs the command as a person does; its output holds what was said on both streams."""

    def run(*arguments):
        return CliRunner().invoke(main, ["judgements", *map(str, arguments)])

    return run
