"""Once per cause: what a target still has to be told, from what it was told before.

Pure functions on keys of causes. A key is remembered when its message was delivered, and forgotten when a release was
published without it, so that the same cause tells again only after a recovery.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from orchestration.alerts.causes import LATE_REFRESH, Cause
from orchestration.config.alerts import Event


@dataclass(frozen=True)
class Message:
    """One message to one target, and what it will have been told once this is delivered."""

    event: Event
    causes: tuple[Cause, ...]
    told: frozenset[str]


def still_true(told: Iterable[str], causes: Sequence[Cause]) -> frozenset[str]:
    """What was told, without feeds that are in time again: nobody is told of that, and they may be late anew."""
    now = {cause.key for cause in causes}
    return frozenset(key for key in told if key in now or key == LATE_REFRESH or not key.startswith("late:"))


def next_message(
    told: frozenset[str], causes: Sequence[Cause], is_published: bool, events: Collection[Event]
) -> Message | None:
    """The next message of a target, the recovery first; None when it has been told everything.

    One that the target does not listen to is given as well, to be remembered without being sent.

    Parameters
    ----------
    told : frozenset of str
        Keys, as `still_true` leaves them.
    causes : sequence of Cause
        Those that hold now.
    is_published : bool
        Whether the last run published.
    events : collection of str
        What the target listens to: a hold that it is told of names the feeds that are late, too.
    """
    now = {cause.key for cause in causes}
    over = {key for key in told if key not in now and (key == LATE_REFRESH or not key.startswith("late:"))}
    if is_published and over:
        return Message("recovered", (), told - over)
    new = [cause for cause in causes if cause.key not in told]
    late = tuple(cause for cause in new if cause.event == "late")
    for cause in new:
        if cause.event != "late":
            named = [other.key for other in late] if cause.event == "held" and "held" in events else []
            return Message(cause.event, (cause,), told | {cause.key, *named})
    if late:
        return Message("late", late, told | {cause.key for cause in late})
    return None
