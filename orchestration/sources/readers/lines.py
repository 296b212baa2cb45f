"""From the number of a record back to its line in the file, and to its bytes.

The engine numbers records, and what it calls a line is a record too, blank and broken ones included. Both differ
from the line that a person sees in an editor wherever a quoted value holds line ends.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.sources.files import SourceFile

BLOCK = 1 << 17
LONGEST_RECORD = 2_100_000  # beyond 2 000 000 bytes the engine refuses a record
MARK = b"\xff"  # stands before a byte that could not be decoded: never UTF-8, so the engine refuses the record


class Places:
    """Walks along the records of a file; knows which are asked for and which the engine could not read."""

    def __init__(self, records: Sequence[int], broken: Sequence[int], has_header: bool):
        self.records, self.broken = records, broken
        self.record = self.line = self.next_record = self.next_broken = 0
        self.counted = int(has_header)  # the engine's line: a header is the first
        self.found: dict[int, int] = {}
        self.found_broken: dict[int, int] = {}

    @property
    def is_done(self) -> bool:
        return self.next_record == len(self.records) and self.next_broken == len(self.broken)

    def blank(self) -> None:
        self.counted += 1
        self.line += 1

    def pass_records(self, count: int) -> None:
        """The next `count` records take one line each."""
        while count:
            before_broken = count
            if self.next_broken < len(self.broken):
                before_broken = min(count, self.broken[self.next_broken] - self.counted - 1)
            while self.next_record < len(self.records) and (
                self.records[self.next_record] <= self.record + before_broken
            ):
                wanted = self.records[self.next_record]
                self.found[wanted] = self.line + wanted - self.record
                self.next_record += 1
            self.record += before_broken
            self.counted += before_broken
            self.line += before_broken
            count -= before_broken
            if count:
                self.counted += 1
                self.line += 1
                self.found_broken[self.broken[self.next_broken]] = self.line
                self.next_broken += 1
                count -= 1


def csv_lines(
    file: "SourceFile", records: Sequence[int], broken: Sequence[int]
) -> tuple[dict[int, int], dict[int, int]]:
    """See `SourceFile.line_numbers`; one pass at most, in constant memory, to the last record that is asked for."""
    has_header = file.header_line > 0
    places = Places(records, broken, has_header)
    scan = Quotes(file.delimiter)
    with file.path.open("rb") as stream:
        end = line_end(stream.read(BLOCK))
        stream.seek(0)
        blocks = whole_lines(stream, end)
        first = True
        extra = 0  # lines of the present record before this one
        for block in blocks:
            if places.is_done:
                break
            is_plain = not (first or scan.is_open or scan.may_span_lines(block, end) or has_blank_line(block, end))
            if is_plain:
                places.pass_records(block.count(end) + (not block.endswith(end)))
                continue
            for text in block.split(end)[: -1 if block.endswith(end) else None]:
                was_open = scan.is_open
                if first:
                    text = text.removeprefix(codecs.BOM_UTF8)
                if b'"' in text:
                    scan.read(text)
                if was_open or scan.is_open:
                    extra += 1
                    if scan.is_open:
                        continue
                is_header, first = first and has_header, False
                if is_header:
                    places.line = max(extra, 1) + file.header_line - 1
                elif not extra and not text.rstrip(b"\r") and len(file.columns) > 1:
                    places.blank()
                else:
                    places.pass_records(1)
                    places.line += max(extra, 1) - 1
                extra = 0
    return places.found, places.found_broken


class Quotes:
    """Whether a quoted value is open at the end of a line: a quote opens only where a value begins."""

    def __init__(self, delimiter: str):
        self.delimiter = delimiter.encode()
        self.opening = re.compile(b"(?:^|" + re.escape(self.delimiter) + b') *"')
        self.is_open = False

    def may_span_lines(self, block: bytes, end: bytes) -> bool:
        """Whether some value in these lines may hold a line end; one search instead of a look at each line."""
        if b'"' not in block:
            return False
        opened = b"(?:^|[" + re.escape(self.delimiter) + end + b']) *"'
        return (
            re.search(opened + rb'[^"' + end + rb']*(?:""[^"' + end + rb"]*)*(?:" + end + rb"|\Z)", block) is not None
        )

    def read(self, text: bytes) -> None:
        position = 0
        while True:
            if self.is_open:
                position = text.find(b'"', position) + 1
                if not position:
                    return
                if text[position : position + 1] == b'"':
                    position += 1
                else:
                    self.is_open = False
            else:
                found = self.opening.search(text, position)
                if not found:
                    return
                position, self.is_open = found.end(), True


def line_end(beginning: bytes) -> bytes:
    """What ends the lines: LF (with or without CR before it), or CR alone as old Macintosh programs write it."""
    carriage = beginning.find(b"\r")
    is_old_macintosh = carriage >= 0 and b"\n" not in beginning
    return b"\r" if is_old_macintosh else b"\n"


def has_blank_line(block: bytes, end: bytes) -> bool:
    if block.startswith((end, b"\r\n")) or end + end in block:
        return True
    return end == b"\n" and b"\r" in block and b"\n\r\n" in block


def whole_lines(stream, end: bytes) -> Iterator[bytes]:
    """Blocks of whole lines."""
    left = b""
    while block := stream.read(BLOCK):
        head, found, tail = block.rpartition(end)
        if found:
            yield left + head + found
            left = tail
        else:
            left += block
    if left:
        yield left


def kept_lines(path: Path, records: Sequence[int]) -> dict[int, int]:
    """Lines that a converting reader has kept, by record."""
    import duckdb

    from orchestration.sources.files import exactly

    with duckdb.connect() as connection:
        wanted = ", ".join(str(record) for record in sorted(set(records))) or "null"
        return dict(
            connection.execute(
                f"select file_row_number + 1, line from read_parquet({exactly(path)}, file_row_number = true) "
                f"where file_row_number + 1 in ({wanted})"
            ).fetchall()
        )


def raw_records(file: "SourceFile", positions: Sequence[int]) -> dict[int, str]:
    """See `SourceFile.raw`."""
    found = {}
    with file.path.open("rb") as stream:
        end = line_end(stream.read(BLOCK))
        for position in positions:
            stream.seek(position - 1)
            beginning = stream.read(1 << 16).lstrip(b"\r\n")  # where lines end in CRLF, the record begins with an LF
            if len(beginning) > 60_000:
                beginning += stream.read(LONGEST_RECORD)
            quotes, taken = Quotes(file.delimiter), []
            for text in beginning.split(end):
                taken.append(text)
                quotes.read(text)
                if not quotes.is_open:
                    break
            record = end.join(taken).rstrip(b"\r\n")
            found[position] = record.replace(MARK + b"\\x", b"\\x").decode("utf-8", "backslashreplace")
    return found
