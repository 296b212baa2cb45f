"""Telling people: each target what it has not been told, after a run has ended or when the daemon looks.

What was told is kept in TOUCHSTONE_HOME/alerts.json, by the name of the variable. Nothing here may change how a run
ends: what goes wrong comes back as lines for the run's log, and stays in that file for `touchstone doctor`.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from orchestration import durable
from orchestration.alerts import words
from orchestration.alerts.causes import Cause, causes
from orchestration.alerts.delivery import deliver
from orchestration.alerts.once import Message, next_message, still_true
from orchestration.config.alerts import TargetConfig
from orchestration.environment import filled
from orchestration.errors import UserError, without_values
from orchestration.publishing import catalogue, status
from orchestration.publishing.status import Status
from orchestration.settings import Settings


def tell(settings: Settings) -> list[str]:
    """Send what is new to whom it is new; what could not be sent, a line each. The caller does not hold the lock.

    What could not be sent is tried again the next time, if it is still so then.
    """
    if not settings.alerts.targets:
        return []
    try:
        with alone(settings.home):
            return _tell(settings)
    except Exception as error:  # a release is published or held whether or not people can be told
        return [f"Alerts: {type(error).__name__}: {without_values(error)}"]


def _tell(settings: Settings) -> list[str]:
    known, now = status.read(settings.home), datetime.now(UTC)
    found = causes(known, checks_of_served(settings.home, known), now, not settings.sources.is_closed)
    memory = remembered(settings.home)
    problems = []
    for target in settings.alerts.targets:
        before = memory.get(target.variable, {})
        told, why = tell_target(settings, target, known, found, frozenset(before.get("told", ())))
        since = before.get("undelivered_since") or now.isoformat(timespec="seconds")
        memory[target.variable] = {
            "told": sorted(told),
            "undelivered_since": since if why else None,
            "undelivered_why": why,
        }
        if why:
            problems.append(f"The alert to {target.variable} was not delivered: {why}.")
        remember(settings.home, memory)
    return problems


def tell_target(
    settings: Settings, target: TargetConfig, known: Status, found: list[Cause], told: frozenset[str]
) -> tuple[frozenset[str], str | None]:
    """What the target has been told after this, and why not all of it."""
    told = still_true(told, found)
    while message := next_message(told, found, known.last_outcome == "published", target.events):
        if message.event in target.events and (why := send(settings, target, known, message)):
            return told, why
        told = message.told
    return told, None


def send(settings: Settings, target: TargetConfig, known: Status, message: Message) -> str | None:
    company = settings.sources.company.name
    return send_to(settings, target, words.title(company, message), words.body(message, known, settings.alerts.page))


def send_to(settings: Settings, target: TargetConfig, title: str, body: str) -> str | None:
    """Why it could not be sent; None when it was."""
    try:
        url = filled(target.to, "targets", settings.home, file="alerts.yml")
    except UserError as error:
        return error.what
    return deliver(url, title, body)


def checks_of_served(home: Path, known: Status) -> list[dict]:
    """The checks that the served release was published with; none where its manifest is damaged, which others tell."""
    if known.as_of is None:
        return []
    return catalogue.find(home, known.release_id).manifest["checks"]


def test(settings: Settings) -> Iterator[tuple[str, str | None]]:
    """Send a test message to each target: its variable, and why it could not be sent."""
    for target in settings.alerts.targets:
        title = f"{words.cut(settings.sources.company.name, 100)}: a test"
        body = f"Alerts of Touchstone arrive here: {', '.join(target.events)}."
        yield target.variable, send_to(settings, target, title, body)


def memory_file(home: Path) -> Path:
    return home / "alerts.json"


def remembered(home: Path) -> dict[str, dict]:
    """What each target was told, and since when it could not be reached.

    Raises
    ------
    UserError
        The file is damaged.
    """
    path = memory_file(home)
    try:
        return json.loads(path.read_text("utf-8")) if path.exists() else {}
    except ValueError:
        raise UserError(
            "what was told to whom cannot be read",
            where=str(path),
            mend="remove the file: what holds now is then told once more",
        ) from None


def remember(home: Path, memory: dict[str, dict]) -> None:
    durable.replace_file(memory_file(home), json.dumps(memory, indent=1, sort_keys=True).encode())


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One at a time: a run that ends and the daemon that looks must not both tell the same."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".alerts.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
