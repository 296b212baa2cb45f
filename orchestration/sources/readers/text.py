"""Text in any encoding as UTF-8 CSV: which encoding it is, and the header row.

UTF-8 is read where it lies. Everything else is written anew in the work folder, block by block; a byte that is no
character there costs its record only, which the engine then refuses.
"""

import codecs
import csv
import io
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from orchestration.config.sources import Files
from orchestration.errors import UserError
from orchestration.sources.files import SourceFile
from orchestration.sources.readers.lines import MARK

DELIMITERS = ",;\t|"
BLOCK = 1 << 20
MOST_COLUMNS = 5_000
CHINESE = {"gbk", "gb2312", "gb18030", "cp936"}
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def csv_file(path: Path, name: str, spec: Files, work: Path) -> SourceFile:
    """A CSV file with the columns that its header names; without one, as many as its first line has.

    Raises
    ------
    UserError
        Encoding or header row cannot be made out; there is no header row, and no delimiter is named.
    """
    readable = as_utf8(path, name, spec, work)
    delimiter, columns = header(readable, name, spec) if spec.header_row else numbered_columns(readable, name, spec)
    return SourceFile(name, readable, "csv", columns, delimiter, header_line=spec.header_row)


def as_utf8(path: Path, name: str, spec: Files, work: Path) -> Path:
    """The file itself where it is UTF-8 from its first line on, else a copy that is."""
    encoding = stated(spec.encoding, name) if spec.encoding else detected(path, name)
    if encoding == "utf-8" and spec.header_row <= 1:
        return path
    with tempfile.NamedTemporaryFile(dir=work, suffix=".csv", delete=False) as target, path.open("rb") as source:
        transcode(source, target, encoding, max(spec.header_row - 1, 0), name)
    return Path(target.name)


def stated(encoding: str, name: str) -> str:
    """The encoding as configured, by Python's name for it."""
    try:
        "a".encode(encoding)
        known = codecs.lookup(encoding).name
    except (LookupError, UnicodeError):
        raise UserError(
            f"the encoding {encoding!r} is not known",
            where=f"sources.yml, `encoding` for {name}",
            mend="write utf-8, gb18030, utf-16, big5, shift_jis, cp1252 … or leave it out",
        ) from None
    if known in CHINESE:
        return "gb18030"  # the later standard holds all of the earlier ones
    return "utf-8" if known in ("utf-8-sig", "ascii") else known


def detected(path: Path, name: str) -> str:
    """The encoding that the byte-order mark tells, else what most lines that are not plain ASCII are.

    Lines are judged from the first block that holds any, so a file of ASCII is read through once, at the speed of the
    disk. A line of GB18030 must also use mostly everyday characters: the bytes of many other encodings pass for rare
    ones.
    """
    with path.open("rb") as stream:
        beginning = stream.read(BLOCK)
        for mark, encoding in MARKS.items():
            if beginning.startswith(mark):
                return encoding
        if b"\0" in beginning:
            zeros = beginning[::2].count(0), beginning[1::2].count(0)
            if max(zeros) > 3 * min(zeros) and max(zeros) > len(beginning) / 50:
                return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
        stream.seek(0)
        passed = 0
        while block := stream.read(BLOCK):
            block += stream.readline(BLOCK)
            if not block.isascii():
                return judged(block, passed, name)
            passed += block.count(b"\n")
    return "utf-8"


def judged(block: bytes, passed: int, name: str) -> str:
    """UTF-8 or GB18030, by the majority of the lines of a block that are not ASCII; `passed` lines lie before it."""
    every = block.split(b"\n")
    lines = [(number, line) for number, line in enumerate(every, passed + 1) if not line.isascii()]
    for encoding in ("utf-8", "gb18030"):
        if 2 * sum(is_written_in(line, encoding) for _, line in lines) >= len(lines):
            return encoding
    bad = [(number, line) for number, line in lines if not is_written_in(line, "utf-8")]
    if 100 * len(bad) <= len(every):
        return "utf-8"  # a damaged cell here and there costs its row, not the file
    number, line = bad[0]
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = f"byte 0x{line[error.start]:02X}, number {error.start + 1} of line {number}"
    raise UserError(
        f"{name} is neither UTF-8 nor UTF-16 nor GB18030: {byte}",
        where=f"{name}, line {number}",
        mend="name the encoding in sources.yml (`encoding: cp1252`, `big5`, …), or export it in UTF-8",
    )


def is_written_in(line: bytes, encoding: str) -> bool:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError:
        return False
    if encoding == "utf-8":
        return True
    wide = [sign for sign in text if not sign.isascii()]
    return len("".join(wide).encode("gb2312", "ignore")) >= len(wide)  # two bytes each: at least half of them


def transcode(source, target, encoding: str, titles: int, name: str) -> None:
    """Write `source` to `target` in UTF-8, without its first `titles` lines."""

    def escape(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        return "".join(f"{mark}\\x{byte:02x}" for byte in error.object[error.start : error.end]), error.end

    mark = MARK.decode("utf-8", "surrogateescape")
    codecs.register_error("touchstone_escape", escape)
    decoder = codecs.getincrementaldecoder(encoding)("touchstone_escape")
    is_beginning = True
    try:
        while True:
            block = source.read(BLOCK)
            text = decoder.decode(block, not block)
            if is_beginning:
                text, is_beginning = without_titles(text.removeprefix("\ufeff"), titles, name), False
            target.write(text.encode("utf-8", "surrogateescape"))
            if not block:
                return
    except UnicodeError:
        raise UserError(
            f"{name} cannot be read as {encoding}", where=name, mend="correct `encoding` in sources.yml"
        ) from None


def without_titles(text: str, titles: int, name: str) -> str:
    ends = re.finditer(r"\r\n|\n|\r", text)
    position = 0
    for _ in range(titles):
        end = next(ends, None)
        if end is None:
            raise UserError(
                f"there is no line {titles + 1} near the beginning of {name}",
                where=f"sources.yml, `header_row: {titles + 1}`",
                mend="count the lines above the header row, and one more",
            )
        position = end.end()
    return text[position:]


def header(path: Path, name: str, spec: Files) -> tuple[str, tuple[str, ...]]:
    """Delimiter and column names: of the usual delimiters, the one that gives most names."""
    where = f"{name}, line {spec.header_row}"
    with path.open("rb") as stream:
        beginning = stream.read(BLOCK)
        is_whole = not stream.read(1)
    try:
        # Bytes that are not UTF-8 stay in as surrogates here: rows may hold them too.
        text = beginning.decode("utf-8-sig", "surrogateescape")
        fields = {sign: first_record(text, sign) for sign in spec.delimiter or DELIMITERS}
        delimiter, columns = max(fields.items(), key=lambda candidate: len(candidate[1]))
        "".join(columns).encode()
    except (UnicodeEncodeError, csv.Error) as error:
        problem = "it holds bytes that are no text" if isinstance(error, UnicodeEncodeError) else str(error)
        raise UserError(
            f"the header row of {name} cannot be read: {problem}", where=where, mend="export it as CSV in UTF-8"
        ) from None
    if not is_whole and "\n" not in text and "\r" not in text:
        raise UserError(
            f"the header row of {name} is longer than {BLOCK >> 20} MB",
            where=where,
            mend="look at whether this is a CSV file, with line ends",
        )
    return delimiter, checked_names(columns, name, where)


def numbered_columns(path: Path, name: str, spec: Files) -> tuple[str, tuple[str, ...]]:
    """Delimiter and column names of a file without a header row: as many as its first line that is not blank has.

    The delimiter must be named: found in a row of values it would depend on them, as where commas are decimal.
    """
    if spec.delimiter is None:
        raise UserError(
            "without a header row nothing tells what parts the columns",
            where=f"sources.yml, `header_row: 0` without `delimiter`, for {name}",
            mend='name it: `delimiter: ";"`; for lines that are one column each, a sign that does not occur',
        )
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        beginning = stream.read(BLOCK)
    where = f"{name}, line 1"
    try:
        records = csv.reader(io.StringIO(beginning, newline=""), delimiter=spec.delimiter)
        first = next(filter(None, records), [])
    except csv.Error as error:
        raise UserError(
            f"the first line of {name} cannot be read: {error}", where=where, mend="correct `delimiter`, or the line"
        ) from None
    return spec.delimiter, numbered_names(len(first), name, where)


def numbered_names(count: int, name: str, where: str) -> tuple[str, ...]:
    """Names for the columns of a table without a header row."""
    if not count:
        raise UserError(f"{name} holds no row", where=where, mend="export it again")
    return checked_names([f"column{number}" for number in range(1, count + 1)], name, where)


def first_record(text: str, delimiter: str) -> list[str]:
    return [field.strip() for field in next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])]


def checked_names(columns: Sequence[str], name: str, where: str) -> tuple[str, ...]:
    """The names of a header row, where each column has one of its own."""
    if not columns:
        what = (
            f"the first line of {name} is blank" if where.endswith("line 1") else f"the header row of {name} is blank"
        )
        raise UserError(f"{what}: no header row", where=where, mend="export it again, or correct `header_row`")
    if len(columns) > MOST_COLUMNS:
        raise UserError(
            f"{name} has {len(columns)} columns; {MOST_COLUMNS} can be read",
            where=where,
            mend="export fewer columns, or look at whether the file is what its name says",
        )
    if "" in columns:
        raise UserError(
            f"column {columns.index('') + 1} of {name} has no name",
            where=where,
            mend="give each column a name of its own",
        )
    seen: dict[str, int] = {}
    for number, column in enumerate(columns, 1):
        first = seen.setdefault(column.lower(), number)
        if first != number:  # their places: without a header row their name is somebody's value
            raise UserError(
                f"columns {first} and {number} of {name} bear one name",
                where=where,
                mend="give each column a name of its own; or is the header row missing?",
            )
    if any("\0" in column for column in columns):
        raise UserError(f"the header row of {name} holds a zero byte", where=where, mend="export it again")
    return tuple(columns)
