"""What pulls from databases and from HTTP APIs have in common: their result, the cursor, and Parquet of texts.

Values travel as the source wrote them: nothing is cast here, so that what does not fit the contract reaches the
mapping, which refuses it row by row with its text.
"""

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.config.sources import Cursor
from orchestration.errors import UserError

ROW_GROUP_ROWS, ROW_GROUP_BYTES = 100_000, 64 << 20
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Pulled:
    """One pull: a Parquet file of texts in the work folder.

    `name` is what people call the source, without secrets. `watermark` is the newest value of the cursor as the
    source wrote it, never older than the one the pull began from; None without a cursor. `columns` may be empty
    where an HTTP API had no record to show them.
    """

    name: str
    path: Path
    columns: tuple[str, ...]
    rows: int
    watermark: str | None


class Moments:
    """Cursors of dates and times, as ISO 8601 text; a value without offset counts as UTC when compared."""

    name = "a moment such as 2026-06-30 08:15:00"

    def __init__(self, lookback: str):
        count, unit = lookback.split()
        self.lookback = dt.timedelta(**{unit: int(count)})
        now = dt.datetime.now(dt.UTC)
        # A row dated in the future must not move the watermark past the rows still to come. Clocks of the source
        # without an offset may be ahead of UTC by up to 14 hours.
        self.newest, self.newest_local = now, now + dt.timedelta(hours=14)

    def key(self, text: str) -> dt.datetime | None:
        """What the text means; None where it does not read as a moment."""
        try:
            moment = dt.datetime.fromisoformat(text) if ISO_DATE.match(text) else None
        except ValueError:
            return None
        return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=dt.UTC)

    def is_to_come(self, text: str, key: dt.datetime) -> bool:
        if key <= self.newest:
            return False
        return key > self.newest_local or dt.datetime.fromisoformat(text).tzinfo is not None

    def before(self, text: str) -> str:
        """`lookback` earlier, in the same spelling: `T` or blank, offset or none, fraction or none, or a date."""
        moment = dt.datetime.fromisoformat(text)
        floor = NEVER if moment.tzinfo else dt.datetime.min
        earlier = moment - self.lookback if moment - floor > self.lookback else floor
        if len(text) <= len("2026-06-30"):
            return earlier.date().isoformat()
        precision = "microseconds" if "." in text or "," in text else "seconds"
        written = earlier.isoformat("T" if "T" in text else " ", precision)
        return written.removesuffix("+00:00") + "Z" if text.endswith("Z") else written


class Numbers:
    """Cursors of whole or decimal numbers."""

    name = "a number"

    def __init__(self, lookback: str):
        self.lookback = Decimal(lookback)

    def key(self, text: str) -> Decimal | None:
        try:
            number = Decimal(text)
        except InvalidOperation:
            return None
        return number if number.is_finite() else None

    def is_to_come(self, text: str, key: Decimal) -> bool:
        return False

    def before(self, text: str) -> str:
        return format(Decimal(text) - self.lookback, "f")


class Reading:
    """How far a pull has read along its cursor: where it begins, and the newest value seen.

    A value that is no moment (or number) and one in the future do not move the watermark; their rows are pulled
    all the same.
    """

    def __init__(self, cursor: Cursor, since: str | None, where: str):
        self.cursor, self.where = cursor, where
        self.kind = (Numbers if cursor.lookback.isdigit() else Moments)(cursor.lookback)
        self.watermark, self.key = since, None
        self.values = self.readable = 0
        if since is not None:
            self.key = self.kind.key(since)
            if self.key is None:
                raise UserError(
                    f"the newest load ended at {since!r}, which is not {self.kind.name}",
                    where=f"sources.yml, {where}.cursor",
                    mend="write `lookback` as a time for a column of moments, as a number for a column of numbers",
                )

    @property
    def start(self) -> str | None:
        """The value to read from: `lookback` before the watermark; None for everything. Ask before `see`."""
        return None if self.watermark is None else self.kind.before(self.watermark)

    def see(self, values: Iterable[str | None]) -> None:
        for text in values:
            if text is None:
                continue
            self.values += 1
            key = self.kind.key(text)
            if key is None:
                continue
            self.readable += 1
            if (self.key is None or key > self.key) and not self.kind.is_to_come(text, key):
                self.key, self.watermark = key, text

    def end(self) -> str | None:
        """The watermark after the last row; an error where no value could be read at all."""
        if self.values and not self.readable:
            raise UserError(
                f"the cursor column {self.cursor.column} holds no value that reads as {self.kind.name}",
                where=f"sources.yml, {self.where}.cursor",
                mend="name a column that grows with each change; `lookback` is a time (`2 days`) for a column of "
                "moments, a number for a column of numbers",
            )
        return self.watermark


class Digits(str):
    """A number of a JSON text, with its digits as they were written."""


def as_text(value: Any) -> str | None:
    """A value of a database driver or of JSON as text that casts back exactly."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:  # half a surrogate pair, which JSON can spell: kept as its escape
            return value.encode("utf-8", "backslashreplace").decode()
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    if isinstance(value, (dict, list)):
        return as_text(json_text(value))
    return str(value)


def json_text(value: Any) -> str:
    """A nested value as JSON, numbers with the digits that they have."""
    if isinstance(value, dict):
        members = (f"{json.dumps(str(key), ensure_ascii=False)}: {json_text(member)}" for key, member in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(json_text, value)) + "]"
    if isinstance(value, (Digits, bool, int, float, Decimal)):
        return as_text(value)
    return json.dumps(value if value is None else as_text(value), ensure_ascii=False)


def require_names(columns: Sequence[str], name: str, where: str, mend: str) -> None:
    """Refuse columns that have no name, or that differ by capitals only: the engine could not tell them apart."""
    repeated = [column for column, times in Counter(column.lower() for column in columns).items() if times > 1]
    if repeated or "" in columns:
        problem = f"more than one column {repeated[0]!r}" if repeated else "a column without a name"
        raise UserError(f"{name} has {problem}", where=f"sources.yml, {where}: {', '.join(columns)}", mend=mend)


class TextParquet:
    """A Parquet file whose columns are all text, in row groups of bounded size; what breaks off leaves no file."""

    def __init__(self, path: Path, columns: Sequence[str]):
        self.schema = pa.schema([(column, pa.string()) for column in columns])
        self.path = path
        self.writer = pq.ParquetWriter(path, self.schema, compression="zstd")
        self.waiting: list[pa.RecordBatch] = []
        self.rows = 0

    def __enter__(self) -> "TextParquet":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        if error is None:
            self._write_group()
        self.writer.close()
        if error is not None:
            self.path.unlink()

    def add(self, rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
        """Write some rows, at least one; gives them back as columns of text."""
        batch = pa.record_batch([texts(column) for column in zip(*rows, strict=True)], schema=self.schema)
        self.waiting.append(batch)
        self.rows += batch.num_rows
        waiting_rows = sum(batch.num_rows for batch in self.waiting)
        if waiting_rows >= ROW_GROUP_ROWS or sum(batch.nbytes for batch in self.waiting) >= ROW_GROUP_BYTES:
            self._write_group()
        return batch

    def _write_group(self) -> None:
        if self.waiting:
            table = pa.Table.from_batches(self.waiting)
            self.writer.write_table(table, row_group_size=max(1, table.num_rows))
            self.waiting = []


def texts(values: Sequence[Any]) -> pa.Array:
    """A column as text; one that is text already is not walked through in Python."""
    if set(map(type, values)) <= {str, type(None)}:
        try:
            return pa.array(values, pa.string())
        except UnicodeEncodeError:
            pass  # as_text writes it with escapes
    return pa.array([as_text(value) for value in values], pa.string())
