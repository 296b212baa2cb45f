"""An arrival: what one load is read from, and the outcomes that its rows may have."""

from dataclasses import dataclass, field
from pathlib import Path

from orchestration.config.sources import Feed
from orchestration.sources.contract import Contract
from orchestration.sources.files import SourceFile


@dataclass(frozen=True)
class Arrival:
    """What one load is read from.

    Parameters
    ----------
    files : dict
        The files of the feed under `source`, and of each join under its name.
    found, unread : list of str
        Column names of the feed's own files, and those of them that nothing reads.
    earlier : list of Path
        Folders of the loads that a pull may bring rows of again; in load order.
    has_numbers : bool
        The rows bring their numbers along: they are read again.
    """

    feed_name: str
    feed: Feed
    contract: Contract
    files: dict[str, list[SourceFile]]
    found: list[str]
    unread: list[str]
    earlier: list[Path] = field(default_factory=list)
    has_numbers: bool = False

    @property
    def own(self) -> list[SourceFile]:
        return self.files["source"]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.contract.columns]


def outcome_of(reason: str | None) -> str:
    if reason is None:
        return "accepted"
    if reason.startswith("excluded:"):
        return "excluded"
    return "duplicate" if reason == "duplicate" else "quarantined"


IS_QUARANTINED = "_reason is not null and not starts_with(_reason, 'excluded:') and _reason <> 'duplicate'"
