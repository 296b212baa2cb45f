"""What each target was told: keys, names of checks and moments, in TOUCHSTONE_HOME/alerts.json.

By the name of the variable, since an address is a secret.
"""

from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, Field, RootModel, ValidationError

from orchestration import durable
from orchestration.config.strict import Strict
from orchestration.errors import UserError
from orchestration.publishing.status import Status


class Held(Strict):
    """What the refusals in a row were about, to be told when they are over: the status forgets it then."""

    since: str
    checks: list[str]


class Memory(Strict):
    """Of one target.

    Attributes
    ----------
    first_look_at : datetime
        Since when refreshes are expected, where none has ended yet.
    told : dict of str to datetime
        Keys of causes, and when each was told last.
    """

    first_look_at: AwareDatetime
    told: dict[str, AwareDatetime] = Field(default={})
    held: Held | None = None
    undelivered_since: AwareDatetime | None = None
    undelivered_why: str | None = None


class Memories(RootModel[dict[str, Memory]]):
    """The file."""


def memory_file(home: Path) -> Path:
    return home / "alerts.json"


def remembered(home: Path) -> dict[str, Memory]:
    """What is known of each target that was looked at.

    Raises
    ------
    UserError
        The file is damaged.
    """
    path = memory_file(home)
    try:
        return Memories.model_validate_json(path.read_bytes()).root if path.exists() else {}
    except ValidationError:
        raise UserError(
            "what was told to whom cannot be read",
            where=str(path),
            mend="nothing: the next refresh writes it anew, and tells once more what holds then",
        ) from None


def remember(home: Path, memories: dict[str, Memory]) -> None:
    durable.replace_file(memory_file(home), Memories(memories).model_dump_json(indent=1).encode())


def held_until_now(before: Held | None, known: Status) -> Held | None:
    """The checks of all refusals in a row; those of the last row where nothing is held any more."""
    if not known.held:
        return before
    earlier = before.checks if before and before.since == known.held_since else []
    return Held(since=known.held_since, checks=sorted({*earlier, *(reason["check"] for reason in known.reasons)}))


def since_when(memories: dict[str, Memory], now: datetime) -> datetime:
    """When people began to be told."""
    return min((memory.first_look_at for memory in memories.values()), default=now)
