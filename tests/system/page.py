"""The real page, started as a user starts it (`make ui`), and what its GraphQL API answers.

Linux only: processes and listening sockets are read from /proc.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from orchestration.settings import PROJECT

READY_WITHIN_SECONDS = 120
FINISHED = ("SUCCESS", "FAILURE", "CANCELED")
LISTENING = "0A"  # state of a socket in /proc/net/tcp

REPOSITORY = """
query { repositoriesOrError { ... on RepositoryConnection { nodes {
  name location { name } jobs { name } schedules { name cronSchedule pipelineName }
} } } }
"""
ASSETS = """
query { assetNodes { assetKey { path } groupName description kinds
  assetMaterializations(limit: 1) { metadataEntries {
    label ... on IntMetadataEntry { intValue } ... on TableSchemaMetadataEntry { schema { columns { name type } } } } }
  assetChecksOrError { ... on AssetChecks { checks { name executionForLatestMaterialization { status } } } }
} }
"""
RUNS = "query { runsOrError { ... on Runs { results { runId jobName status } } } }"
LAUNCH = """
mutation ($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
} }
"""
RUN = """
query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } }
  logsForRun(runId: $id) { ... on EventConnection { events {
    ... on ExecutionStepFailureEvent { stepKey failureMetadata { description } error { message } } } } } }
"""


def touchstone(home: Path, *arguments: str) -> subprocess.CompletedProcess:
    """The console script of this environment, as a person runs it."""
    environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    return subprocess.run(
        [str(Path(sys.executable).with_name("touchstone")), *arguments],
        env={**environment, "TOUCHSTONE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def chromium_path() -> str:
    """Where the system's Chromium is; without it the test fails, since a skipped test proves nothing."""
    found = shutil.which("chromium")
    if found is None:
        pytest.fail("Chromium is not installed: `apt-get install chromium`, or run `make test-system`", pytrace=False)
    return found


def write_sample(home: Path) -> None:
    """The feeds of the example company, always the same."""
    done = touchstone(home, "sample", "--out", str(home / "sample"), "--customers", "300", "--orders", "3000")
    assert done.returncode == 0, done.stderr


class Page:
    """One `make ui` on a free port of 127.0.0.1, for one TOUCHSTONE_HOME."""

    def __init__(self, home: Path):
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        home.mkdir(parents=True, exist_ok=True)
        self.log = home / "page.log"

    def __enter__(self) -> "Page":
        environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
        environment |= {"TOUCHSTONE_HOME": str(self.home), "PORT": str(self.port)}
        with self.log.open("w") as log:
            self.make = subprocess.Popen(
                ["make", "ui"], cwd=PROJECT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_until_ready(self) -> None:
        """Ready is when the page knows the assets, not when it first answers."""
        give_up_at = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < give_up_at and self.make.poll() is None:
            try:
                if self.ask(REPOSITORY)["repositoriesOrError"].get("nodes"):
                    return
            except (urllib.error.URLError, ConnectionError):
                pass
            time.sleep(1)
        raise AssertionError(f"`make ui` was not ready in {READY_WITHIN_SECONDS} s:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        """End the whole process group: a signal to make or dagster alone leaves their children."""
        for ending, seconds in ((signal.SIGINT, 15), (signal.SIGKILL, 10)):
            if self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.make.pid, ending)
            give_up_at = time.monotonic() + seconds
            while self.processes() and time.monotonic() < give_up_at:
                self.make.poll()
                time.sleep(0.2)
        self.make.wait(timeout=10)

    def processes(self) -> list[int]:
        """Processes that live with this page's environment, whatever group they are in."""
        mark = f"TOUCHSTONE_HOME={self.home}".encode()
        mark_of_port = f"PORT={self.port}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes().split(b"\0")
            except OSError:  # it has ended, or is another user's
                continue
            if mark in environment and mark_of_port in environment:
                found.append(int(folder.name))
        return found

    def listening(self) -> set[tuple[str, int]]:
        """(hexadecimal address, port) of every TCP socket on which the page's processes listen."""
        sockets = set()
        for process in self.processes():
            for descriptor in Path(f"/proc/{process}/fd").glob("*"):
                try:
                    sockets.add(os.readlink(descriptor))
                except OSError:
                    continue
        found = set()
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENING and f"socket:[{fields[9]}]" in sockets:
                    address, port = fields[1].split(":")
                    found.add((address, int(port, 16)))
        return found

    def ask(self, query: str, **variables: object) -> dict:
        """The data of a GraphQL answer."""
        request = urllib.request.Request(
            f"{self.url}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            told = json.load(answer)
        assert "errors" not in told, told["errors"]
        return told["data"]

    def repository(self) -> dict:
        [repository] = self.ask(REPOSITORY)["repositoriesOrError"]["nodes"]
        return repository

    def runs(self) -> list[dict]:
        """The history, newest first."""
        return self.ask(RUNS)["runsOrError"]["results"]

    def launch(self, job: str, assets: list[list[str]] | None = None) -> tuple[str, str]:
        """Launch a job as the page's buttons do, and wait; its final status and why steps failed.

        With `assets`, only these run, without the checks of others.
        """
        repository = self.repository()
        selector = {
            "repositoryLocationName": repository["location"]["name"],
            "repositoryName": repository["name"],
            "pipelineName": job,
        }
        if assets:
            selector |= {"assetSelection": [{"path": path} for path in assets], "assetCheckSelection": []}
        params = {"selector": selector, "mode": "default", "runConfigData": {}}
        launched = self.ask(LAUNCH, params=params)["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        self.last_run = launched["run"]["runId"]
        give_up_at = time.monotonic() + 240
        while time.monotonic() < give_up_at:
            told = self.ask(RUN, id=self.last_run)
            status = told["runOrError"]["status"]
            if status in FINISHED:
                return status, json.dumps([event for event in told["logsForRun"]["events"] if event])
            time.sleep(1)
        raise AssertionError(f"run {self.last_run} is still {status} after 240 s:\n{self.log.read_text()[-3000:]}")
