"""Telling people: each target what it has not been told, after a run has ended or when the daemon looks.

Nothing here may change how a run ends: what goes wrong comes back as lines for the run's log, and stays in the memory
for `touchstone doctor`.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from orchestration.alerts import words
from orchestration.alerts.causes import Cause, causes
from orchestration.alerts.delivery import deliver
from orchestration.alerts.memory import Held, Memory, held_until_now, remember, remembered, since_when
from orchestration.alerts.once import Message, Told, next_message, still_true
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
    known, now, problems = status.read(settings.home), datetime.now(UTC), []
    try:
        memories = remembered(settings.home)
    except UserError as error:
        memories, problems = {}, [f"Alerts: {error.what}: what holds now is told once more."]
    since = since_when(memories, now)
    found = causes(known, checks_of_served(settings.home, known), now, not settings.sources.is_closed, since)
    for target in settings.alerts.targets:
        before = memories.get(target.variable) or Memory(first_look_at=now)
        held = held_until_now(before.held, known)
        told, why = tell_target(settings, target, known, found, before.told, held, now)
        memories[target.variable] = Memory(
            first_look_at=before.first_look_at,
            told=told,
            held=held if any(key.startswith("held:") for key in told) else None,
            undelivered_since=(before.undelivered_since or now) if why else None,
            undelivered_why=why,
        )
        if why:
            problems.append(f"The alert to {target.variable} was not delivered: {why}.")
        remember(settings.home, memories)
    return problems


def tell_target(
    settings: Settings,
    target: TargetConfig,
    known: Status,
    found: list[Cause],
    told: Told,
    held: Held | None,
    now: datetime,
) -> tuple[Told, str | None]:
    """What the target has been told after this, and why not all of it."""
    is_published = known.last_outcome == "published"
    told = still_true(told, found, is_published)
    while message := next_message(told, found, is_published, target.events, now):
        if message.event in target.events and (why := send(settings, target, known, message, held)):
            return told, why
        told = message.told
    return told, None


def send(settings: Settings, target: TargetConfig, known: Status, message: Message, held: Held | None) -> str | None:
    title = words.title(settings.sources.company.name, message, known)
    body = words.body(message, known, settings.alerts.page, held)
    return send_to(settings, target, title, body, words.KINDS[message.event])


def send_to(settings: Settings, target: TargetConfig, title: str, body: str, kind: str = "info") -> str | None:
    """Why it could not be sent; None when it was."""
    try:
        url = filled(target.to, "targets", settings.home, file="alerts.yml")
    except UserError as error:
        return error.what
    return deliver(url, title, body, kind)


def checks_of_served(home: Path, known: Status) -> list[dict]:
    """The checks that the served release was published with; none where its manifest is damaged, which others tell."""
    if known.as_of is None:
        return []
    return catalogue.find(home, known.release_id).manifest["checks"]


def test(settings: Settings) -> Iterator[tuple[str, str | None]]:
    """Send a test message to each target: its variable, and why it could not be sent."""
    for target in settings.alerts.targets:
        title = f"{words.cut(words.harmless(settings.sources.company.name), 100)}: a test"
        body = f"Alerts of Touchstone arrive here: {', '.join(target.events)}."
        yield target.variable, send_to(settings, target, title, body)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One at a time: a run that ends and the daemon that looks must not both tell the same."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".alerts.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
