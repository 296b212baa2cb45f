"""Forgetting a person: the steps in order, such that a crash between any two of them is mended by beginning again.

First a look at what could stop it half-way; then the keyed hashes, so that from then on no load lets the person in;
then everything that says less than landing; then landing, with what tells who the person is at its end; then the
readers' PostgreSQL, which needs nobody's name; then the search that proves it.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from orchestration.erasure import landed, released, runs
from orchestration.erasure.needles import Needles
from orchestration.erasure.person import identify
from orchestration.erasure.search import Found, search
from orchestration.errors import UserError
from orchestration.publishing import catalogue, postgres
from orchestration.publishing.lock import home_lock
from orchestration.publishing.postgres_place import Place, place_of
from orchestration.settings import Settings
from orchestration.sources import forgotten
from orchestration.sources.forgotten import Key
from orchestration.sources.identifiers import normalised

OURS = ("landing", "published", "dagster", "dbt", "backfill")


@dataclass(frozen=True)
class Erasure:
    """What an erasure did: rows by feed and by mart, values in logs and run storage, and what is left and where.

    `left` is in Touchstone's own files, and must be empty; `in_sources` is in the company's, which nobody but the
    company changes; `unsearched` names sources that are databases, APIs or URLs.
    """

    feeds: dict[str, int]
    marts: dict[str, int]
    texts: int
    is_warehouse_dropped: bool
    identifiers: int
    shared: int
    left: list[Found]
    in_sources: list[Found]
    unsearched: list[str]

    @property
    def is_done(self) -> bool:
        return not self.left

    @property
    def was_known(self) -> bool:
        """Whether anything of the person was there."""
        return bool(self.texts or any(self.feeds.values()) or any(self.marts.values()))


def forget(settings: Settings, customer_id: str) -> Erasure:
    """Remove a person from everything below TOUCHSTONE_HOME, keep them out of later loads, and prove it.

    Raises
    ------
    UserError
        The key is missing or another one, another process is writing, a file is open elsewhere, a release is damaged,
        or the PostgreSQL of the readers cannot be reached.
    """
    home = settings.home
    with home_lock(home, "touchstone forget"):
        key = forgotten.key_of(home)
        if not normalised(customer_id):
            raise ValueError("an empty id names nobody")
        remove_leftovers(home)
        landed.settle(home)
        released.settle(home)
        place = require_nothing_in_the_way(settings)
        person = identify(home, customer_id, known_before(home, key, customer_id))
        forgotten.record(home, key, person.identifiers)
        needles = Needles(person.identifiers)
        foreign, unsearched = sources(settings)
        is_warehouse_dropped = runs.drop_warehouse(settings.warehouse_file)
        runs.drop_warehouse(settings.backfill_warehouse_file)
        own_means = (home / "landing", home / "published", forgotten.list_file(home), home / ".lock")
        texts = runs.erase_texts(home, needles, [*own_means, *foreign])
        marts = released.erase(home, person.sought(), needles)
        feeds = landed.erase(home, person.sought())
        erase_in_postgres(home, place)
        left = search(home, needles, foreign)
        if not left:
            forgotten.finish(home, key, customer_id)
        return Erasure(
            feeds=feeds,
            marts=marts,
            texts=texts,
            is_warehouse_dropped=is_warehouse_dropped,
            identifiers=len(person.identifiers),
            shared=person.shared,
            left=left,
            in_sources=[found for path in foreign for found in search_one(path, needles)],
            unsearched=unsearched,
        )


def require_nothing_in_the_way(settings: Settings) -> Place | None:
    """See, before anything is erased, that each manifest can be read and PostgreSQL answers; its place, if any.

    Raises
    ------
    UserError
        Nothing has been erased then.
    """
    released.everything(settings.home)
    place = place_of(settings)
    if place:
        postgres.shown(place)
    return place


def erase_in_postgres(home: Path, place: Place | None) -> None:
    """The database of the readers, where one is configured, gets the releases as they are now."""
    served = catalogue.served(home)
    if place and served:
        try:
            postgres.erase(place, served)
        except UserError as error:
            raise UserError(
                f"the person is gone from TOUCHSTONE_HOME, and not from PostgreSQL: {error.what}",
                where=error.where,
                mend="mend that, then run the same command again",
            ) from None


def known_before(home: Path, key: Key, customer_id: str):
    """What an earlier erasure of the same person put on the list, as questions; None for the first."""
    entries = [entry for entry in forgotten.read(home)["entries"] if key.whole(customer_id) in entry["whole"]]
    return forgotten.sought(key, entries) if entries else None


def remove_leftovers(home: Path) -> None:
    """Remove what dead landings left half-written: the lock says that nobody is writing it now."""
    for leftover in (home / "landing").glob("*/.tmp-*"):
        shutil.rmtree(leftover)


def sources(settings: Settings) -> tuple[list[Path], list[str]]:
    """The company's own files that feeds come from, with what lies in their folders, and the sources that are no files.

    Below TOUCHSTONE_HOME whole folders are meant (`sample/`), but never one of Touchstone's own.
    """
    home, found, unsearched = settings.home, set(), []
    for feed_name, feed in settings.sources.feeds.items():
        for place in [feed.path, *(join.path for join in feed.join.values())]:
            if place is None or "://" in place:
                unsearched.append(feed_name)
                continue
            filled = Path(filled_in(place, home)).expanduser().absolute()
            if home in filled.parents and filled.relative_to(home).parts[0] not in OURS:
                found.add(home / filled.relative_to(home).parts[0])
            else:
                found |= {path for path in filled.parent.glob(filled.name) if path.is_file()}
    return sorted(path for path in found if path.exists()), sorted(set(unsearched))


def filled_in(path: str, home: Path) -> str:
    """A configured path with the environment's values; a variable that is not set stays as it is."""
    values = {**os.environ, "TOUCHSTONE_HOME": str(home)}
    return re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], match[0]), path)


def search_one(path: Path, needles: Needles) -> list[Found]:
    if path.is_dir():
        return search(path, needles)
    return search(path.parent, needles, [other for other in path.parent.iterdir() if other != path])
