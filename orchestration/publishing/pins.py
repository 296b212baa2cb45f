"""The pin: after a rollback, what is served stays, until a person says otherwise."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration import durable
from orchestration.errors import UserError
from orchestration.publishing import catalogue


@dataclass(frozen=True)
class Pin:
    """Which release was pinned, since when (UTC, ISO), and by what."""

    release_id: str
    since: str
    who: str


def _path(home: Path) -> Path:
    return catalogue.published(home) / "pinned.json"


def pin(home: Path) -> Pin | None:
    """The pin that is set, or None.

    Raises
    ------
    UserError
        The file is damaged; what is served is then not moved.
    """
    path = _path(home)
    try:
        return Pin(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise UserError(
            f"The pin cannot be read: {error}.",
            where=str(path),
            mend="Run `touchstone unpin`, or roll back again to the release that is to stay.",
        ) from None


@contextmanager
def pinned(home: Path, release_id: str, who: str) -> Iterator[None]:
    """Pin a release, in place of any other, for a block that switches to it; undone if the block fails."""
    path = _path(home)
    before = path.read_bytes() if path.exists() else None
    new = Pin(release_id, datetime.now(UTC).isoformat(timespec="seconds"), who)
    durable.replace_file(path, json.dumps(asdict(new), sort_keys=True).encode())
    try:
        yield
    except BaseException:
        remove_pin(home) if before is None else durable.replace_file(path, before)
        raise


def remove_pin(home: Path) -> None:
    """Let releases switch again; nothing happens if none was pinned."""
    path = _path(home)
    if path.exists():
        path.unlink()
        durable.sync(path.parent)
