"""What people may have to be told now: held, failed or late, each with the key that makes it the same cause again.

Decided from the status and the checks of the served release alone, so that whoever looks, at a run's end or minutes
later, finds the same causes.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from orchestration.publishing.status import Status, told_reasons

# A day between two mornings, and half a day for a long refresh or a machine that was off.
LONGEST_BETWEEN_REFRESHES = timedelta(hours=36)
LATE_REFRESH = "late:refresh"
FRESH = re.compile(r"raw\.(\w+):fresh")
# Of a failure's message what differs from one day to the next: ids of runs and loads, and figures.
CHANGING = re.compile(
    r"(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,})(?![0-9a-z])|[0-9]+", re.IGNORECASE
)


@dataclass(frozen=True)
class Cause:
    """Something that is wrong.

    Attributes
    ----------
    key : str
        The same for the same cause: of a hold the set of its checks, of a failure its message without its numbers, of
        what is late the feed.
    reasons : tuple of str
        In words, without personal data: what the status keeps.
    """

    event: Literal["held", "failed", "late"]
    key: str
    reasons: tuple[str, ...]


def causes(
    known: Status, checks: Sequence[dict], now: datetime, is_daily: bool, expected_from: datetime
) -> list[Cause]:
    """The causes that hold now; the one of the last run first.

    Parameters
    ----------
    checks : sequence of dict
        Of the served release, as its manifest has them.
    is_daily : bool
        Whether the schedule should refresh each morning.
    expected_from : datetime
        Since when, where none has ended yet.
    """
    return [*of_the_run(known), *late_feeds(known, checks), *late_refresh(known, now, is_daily, expected_from)]


def of_the_run(known: Status) -> list[Cause]:
    if known.last_outcome == "held":
        names = sorted({str(reason["check"]) for reason in known.reasons})
        told = tuple(told_reasons(known.reasons))
        return [Cause("held", f"held:{digest(names)}", told or (without_run(known.last_message or ""),))]
    if known.last_outcome == "error":
        message = without_run(known.last_message or "")
        return [Cause("failed", f"failed:{digest(CHANGING.sub('#', message))}", (message,))]
    return []


def late_feeds(known: Status, checks: Sequence[dict]) -> list[Cause]:
    """Feeds whose newest event is beyond their promise: among the reasons to hold, or published with a warning."""
    if known.last_outcome == "held":
        found = {str(reason["check"]): reason["message"] for reason in known.reasons}
    elif known.last_outcome == "published":
        found = {
            f"{check['subject']}:{check['name']}": check["message"] for check in checks if check["passed"] is False
        }
    else:
        return []
    feeds = {match[1]: message for check, message in found.items() if (match := FRESH.fullmatch(check))}
    return [Cause("late", f"late:{feed}", (f"{feed}: {message}",)) for feed, message in sorted(feeds.items())]


def late_refresh(known: Status, now: datetime, is_daily: bool, expected_from: datetime) -> list[Cause]:
    last = known.last_outcome_at
    if not is_daily or now - (datetime.fromisoformat(last) if last else expected_from) <= LONGEST_BETWEEN_REFRESHES:
        return []
    hours = LONGEST_BETWEEN_REFRESHES // timedelta(hours=1)
    told = f"the last one did at {last}" if last else "none ever did"
    return [Cause("late", LATE_REFRESH, (f"no refresh has ended for more than {hours} hours; {told}",))]


def run_of(message: str | None) -> str | None:
    """The run that a message of the status is about."""
    found = re.match(r"run ([0-9a-f-]{36})\b", message or "")
    return found[1] if found else None


def without_run(message: str) -> str:
    return re.sub(r"^run [0-9a-f-]{36}: ", "", message)


def digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
