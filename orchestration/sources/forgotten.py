"""Who was forgotten: keyed hashes of their identifiers, so that no later load brings them back.

`forgotten.json` in TOUCHSTONE_HOME holds HMAC-SHA256 only; the key is in TOUCHSTONE_FORGET_KEY and nowhere else.
Without it the list says nothing about anybody: phone numbers are few, and a plain hash of one is found by trying.
"""

import datetime as dt
import hashlib
import hmac
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.durable import replace_file
from orchestration.errors import UserError
from orchestration.sources.contract import Contract
from orchestration.sources.files import literal
from orchestration.sources.identifiers import as_window, canonical, is_distinctive, windows
from orchestration.sources.naming import Sought, marked

KEY = "TOUCHSTONE_FORGET_KEY"
SHORTEST_KEY = 16
CHECKED = "touchstone"  # hashed into the list, so that another key is noticed


def list_file(home: Path) -> Path:
    return home / "forgotten.json"


def read(home: Path) -> dict:
    """The list: `key_check`, and `entries` with `recorded_at`, `finished_at`, `whole` and `within`.

    Raises
    ------
    UserError
        It is damaged: nobody may come back because of that.
    """
    path = list_file(home)
    if not path.exists():
        return {"key_check": None, "entries": []}
    try:
        found = json.loads(path.read_text("utf-8"))
        found["key_check"], found["entries"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"the list of those who were forgotten cannot be read: {type(error).__name__}",
            where=str(path),
            mend="restore it from a backup; without it they would come back",
        ) from None
    return found


@dataclass(frozen=True)
class Key:
    """The key of the hashes."""

    secret: bytes

    def whole(self, text: str) -> str:
        """Hash of a value, however it is written."""
        return self._hash("whole", canonical(text))

    def window(self, window: str) -> str:
        """Hash of a part of a text, as `identifiers.windows` gives it."""
        return self._hash("within", window)

    def check(self) -> str:
        return self._hash("check", CHECKED)

    def _hash(self, kind: str, text: str) -> str:
        return hmac.new(self.secret, f"{kind}\0{text}".encode(), hashlib.sha256).hexdigest()


def key_of(home: Path) -> Key:
    """The key from the environment.

    Raises
    ------
    UserError
        It is not set, too short, or not the one that the list was made with.
    """
    secret = os.environ.get(KEY, "")
    if len(secret) < SHORTEST_KEY:
        raise UserError(
            f"{KEY} {'is not set' if not secret else f'is shorter than {SHORTEST_KEY} characters'}: without the key "
            "nobody can tell who was forgotten",
            where="the environment",
            mend=f"export {KEY}=…, the same for `touchstone forget` and for every refresh; a new one: openssl rand "
            "-hex 32. Keep it where you keep passwords",
        )
    key = Key(secret.encode())
    check = read(home)["key_check"]
    if check is not None and not hmac.compare_digest(check, key.check()):
        raise UserError(
            f"{KEY} is not the key that the list of those who were forgotten was made with",
            where=str(list_file(home)),
            mend="export the key that was set at the first `touchstone forget`",
        )
    return key


def record(home: Path, key: Key, identifiers: Iterable[str]) -> None:
    """Put a person on the list, before anything of them is removed. The caller holds the lock.

    A second time for the same person adds what is new.
    """
    known = read(home)
    identifiers = sorted(identifiers)
    whole = {key.whole(text) for text in identifiers}
    within = set()
    for text in filter(is_distinctive, identifiers):
        size, window = as_window(text)
        within.add((size, key.window(window)))
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    entry = {"recorded_at": now, "finished_at": None, "whole": [], "within": []}
    entries = []
    for other in known["entries"]:
        if whole & set(other["whole"]):
            whole |= set(other["whole"])
            within |= {tuple(pair) for pair in other["within"]}
            entry["recorded_at"] = min(entry["recorded_at"], other["recorded_at"])
        else:
            entries.append(other)
    entries.append(entry | {"whole": sorted(whole), "within": sorted(within)})
    write(home, {"key_check": key.check(), "entries": entries})


def finish(home: Path, key: Key, customer_id: str) -> None:
    """Note that nothing of the person is left."""
    known = read(home)
    for entry in known["entries"]:
        if key.whole(customer_id) in entry["whole"]:
            entry["finished_at"] = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    write(home, known)


def write(home: Path, content: dict) -> None:
    replace_file(list_file(home), json.dumps(content, indent=1).encode())


def sought(key: Key, entries: list[dict]) -> Sought:
    """Those on the list, as the questions that rows are asked."""
    whole = {digest for entry in entries for digest in entry["whole"]}
    within = {digest for entry in entries for _, digest in entry["within"]}
    sizes = sorted({size for entry in entries for size, _ in entry["within"]})
    return Sought(
        is_whole=lambda text: key.whole(text) in whole,
        is_within=lambda text: any(key.window(window) in within for window in windows(text, sizes)),
    )


@dataclass(frozen=True)
class Dropped:
    """What of an arriving load is read from now on, and what was left out of it: rows, and their money."""

    relation: str
    rows: int = 0
    money: str = "0"


def drop_forgotten(
    connection: duckdb.DuckDBPyConnection, home: Path, relation: str, contract: Contract, kept: Path
) -> Dropped:
    """Leave those who were forgotten out of an arriving load. Costs one look for a file where nobody was.

    Parameters
    ----------
    relation : str
        What may follow `from`: all rows that arrived, with the contract's columns, `_reason` and `_raw`.
    kept : Path
        Parquet file to write the other rows to, where there is anything to leave out.

    Returns
    -------
    Dropped
        With the relation to read instead: the same one, or `kept`.

    Raises
    ------
    UserError
        Somebody was forgotten, and the key is not there: they must not come in unseen.
    """
    entries = read(home)["entries"]
    if not entries:
        return Dropped(relation)
    marks = marked(connection, relation, sought(key_of(home), entries))
    if marks.is_empty:
        return Dropped(relation)
    money = f"coalesce(sum({contract.money}), 0)" if contract.money else "0"
    rows, amount = connection.execute(f"select count(*), {money} from {relation} where {marks.condition}").fetchone()
    connection.execute(f"copy ({marks.kept(relation)}) to {literal(kept)} (format parquet)")
    return Dropped(f"read_parquet({literal(kept)})", rows, str(amount))
