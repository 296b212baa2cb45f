"""JSON lines: one object a line, every value as text, numbers with the digits they were written with.

A line that is no object is kept as it stands, with its number and what is wrong with it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestration.config.sources import Files
from orchestration.errors import UserError
from orchestration.sources.files import SourceFile
from orchestration.sources.readers.converted import Table
from orchestration.sources.readers.lines import MARK
from orchestration.sources.readers.text import MOST_COLUMNS, as_utf8, checked_names

LONGEST_LINE = 16 << 20


class Digits(str):
    """A number as it was written: 12345678901234567890.10 has no exact float."""


def json_lines_file(path: Path, name: str, spec: Files, work: Path) -> SourceFile:
    """A JSON lines file as Parquet whose columns are the keys of all its lines, in the order they first come.

    Nested values become JSON text. Keys that differ in case only are one column.

    Raises
    ------
    UserError
        No line is an object, one is longer than 16 MB, or there are more than 5 000 keys.
    """
    readable = as_utf8(path, name, spec, work)
    keys: dict[str, str] = {}  # by small letters, since the engine's columns have no case
    lines = 0
    for _, record, _, _ in records(readable, name):
        lines += 1
        for key in record or ():
            keys.setdefault(key.lower(), key)
        if len(keys) > MOST_COLUMNS:
            break
    if not keys:
        raise UserError(
            f"no line of {name} is a JSON object" if lines else f"{name} is blank",
            where=name,
            mend='write one object a line, {"order_id": "1", …}; a list of objects is not JSON lines',
        )
    columns = checked_names(list(keys.values()), name, name)
    place = {key: position for position, key in enumerate(keys)}
    with (
        Table(work, dict.fromkeys(columns, str)) as values,
        Table(work, {"line": int}) as numbers,
        Table(work, {"line": int, "raw": str, "error": str}) as rejects,
    ):
        for number, record, raw, problem in records(readable, name):
            if record is None:
                rejects.add((number, raw, problem))
                continue
            row: list[str | None] = [None] * len(columns)
            for key, value in record.items():
                text = None if value is None else text_of(value)
                row[place[key.lower()]] = text.replace(".", spec.decimal) if isinstance(value, Digits) else text
            values.add(row)
            numbers.add((number,))
    return SourceFile(
        name, values.path, "parquet", columns, lines=numbers.path, rejects=rejects.path if rejects.rows else None
    )


def records(path: Path, name: str) -> Iterator[tuple[int, dict | None, str, str]]:
    """Number, object, text and, where the object is None, what is wrong, of each line that is not blank."""
    decoder = json.JSONDecoder(
        object_pairs_hook=without_repeats, parse_float=Digits, parse_int=Digits, parse_constant=refuse_constant
    )
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                raise UserError(
                    f"line {number} of {name} is longer than {LONGEST_LINE >> 20} MB",
                    where=f"{name}, line {number}",
                    mend="write one object a line",
                )
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            try:
                text = line.decode().strip()
                record = decoder.decode(text)
                text.encode()
                problem = "not an object" if not isinstance(record, dict) else unreadable(record)
            except UnicodeDecodeError:
                text = line.replace(MARK + b"\\x", b"\\x").decode("utf-8", "backslashreplace").strip()
                problem = "invalid encoding"
            except RecursionError:
                problem = "nested too deeply"
            except ValueError as error:
                problem = getattr(error, "msg", None) or str(error)
            yield number, None if problem else record, text, problem


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a key that comes twice the first value would be lost without a word."""
    if len({key.lower() for key, _ in pairs}) < len(pairs):
        raise ValueError("a key comes twice in one object")
    return dict(pairs)


def refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")


def unreadable(record: dict) -> str:
    """What is wrong with an object that is JSON: a key that cannot be a column, or half a character."""
    if any(not key.strip() or "\0" in key for key in record):
        return "a key without a name"
    try:
        for key, value in record.items():
            (key + (text_of(value) or "")).encode()
    except UnicodeEncodeError:
        return "half a surrogate pair"
    return ""


def text_of(value: Any) -> str:
    """A value as text: strings as they are, the rest as JSON with its own digits."""
    return value if isinstance(value, str) else as_json(value)


def as_json(value: Any) -> str:
    if isinstance(value, Digits):
        return str(value)
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{as_json(part)}" for key, part in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(map(as_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
