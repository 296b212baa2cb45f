"""Once per cause: what a target still has to be told, from what it was told before.

Pure functions on keys of causes. A key is remembered when its message was delivered, and forgotten when a release was
published without it, so that the same cause tells again only after a recovery, or where it lasts, each week.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestration.alerts.causes import LATE_REFRESH, Cause
from orchestration.config.alerts import Event

AGAIN_AFTER = timedelta(days=7)  # a hold that was told once and forgotten would serve old figures for months

Told = Mapping[str, datetime]  # keys of causes, and when each was told last


@dataclass(frozen=True)
class Message:
    """One message to one target, and what it will have been told once this is delivered."""

    event: Event
    causes: tuple[Cause, ...]
    told: Told
    is_again: bool = False


def still_true(told: Told, causes: Sequence[Cause], is_published: bool) -> Told:
    """What was told, without what is late no more: nobody is told of that, and it may be late anew.

    Only a publication says that a feed is in time: a run that broke off, or was held by something else, does not judge
    it. Refreshes that came back are forgotten but where their recovery is still to be told.
    """
    now = {cause.key for cause in causes}

    def is_kept(key: str) -> bool:
        if key in now or not key.startswith("late:"):
            return True
        return is_published == (key == LATE_REFRESH)

    return {key: at for key, at in told.items() if is_kept(key)}


def next_message(
    told: Told, causes: Sequence[Cause], is_published: bool, events: Collection[Event], now: datetime
) -> Message | None:
    """The next message of a target, the recovery first; None when it has been told everything.

    One that the target does not listen to is given as well, to be remembered without being sent.

    Parameters
    ----------
    told : mapping of str to datetime
        Keys, as `still_true` leaves them.
    causes : sequence of Cause
        Those that hold now.
    is_published : bool
        Whether the last run published.
    events : collection of str
        What the target listens to: a hold that it is told of names the feeds that are late, too.
    """
    true = {cause.key for cause in causes}
    over = {key for key in told if key not in true and (key == LATE_REFRESH or not key.startswith("late:"))}
    if is_published and over:
        return Message("recovered", (), {key: at for key, at in told.items() if key not in over})
    due = [cause for cause in causes if cause.key not in told or now - told[cause.key] >= AGAIN_AFTER]
    late = tuple(cause for cause in due if cause.event == "late")
    for cause in due:
        if cause.event != "late":
            named = [other.key for other in late] if cause.event == "held" and "held" in events else []
            return Message(
                cause.event, (cause,), {**told, **dict.fromkeys([cause.key, *named], now)}, cause.key in told
            )
    if late:
        keys = [cause.key for cause in late]
        return Message("late", late, {**told, **dict.fromkeys(keys, now)}, all(key in told for key in keys))
    return None
