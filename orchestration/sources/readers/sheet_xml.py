"""Cells of an .xlsx sheet that the Excel library leaves empty: errors (#N/A) and formulas that were never computed.

An empty cell would say that there is no value, where the sheet says that there is one which is wrong. The XML is read
block by block, and only blocks that hold such a cell are looked at closely.
"""

import html
import re
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree

BLOCK = 1 << 20
LONGEST_ROW = 64 << 20
BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
CELL = re.compile(rb"<(?:\w+:)?c\s((?:[^>]*[^/>])?)>(.*?)</(?:\w+:)?c>", re.DOTALL)
REFERENCE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
FORMULA = re.compile(rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>([^<]*)<)")
VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)<")


def left_out(path: Path, position: int) -> dict[int, dict[int, str]]:
    """Text of such cells, by row (from 1) and column (from 0); empty for formats other than .xlsx and .xlsm."""
    if not zipfile.is_zipfile(path):
        return {}
    found: dict[int, dict[int, str]] = {}
    with zipfile.ZipFile(path) as archive:
        part = sheet_part(archive, position)
        if part is None:
            return {}
        with archive.open(part) as stream:
            for rows in whole_rows(stream):
                if b't="e"' in rows or FORMULA.search(rows):
                    collect(rows, found)
    return found


def sheet_part(archive: zipfile.ZipFile, position: int) -> str | None:
    """The part of the archive that holds the sheet; None where it is no .xlsx."""
    if "xl/workbook.xml" not in archive.namelist():
        return None
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    sheets = [node for node in book.iter() if node.tag.endswith("}sheet")]
    targets = {
        node.get("Id"): node.get("Target", "")
        for node in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    }
    target = targets[sheets[position].get(RELATION)] if position < len(sheets) else ""
    return target.lstrip("/") if target.startswith(("/", "xl/")) else f"xl/{target}"


def whole_rows(stream):
    """The XML in pieces that end where a row ends."""
    left = b""
    while block := stream.read(BLOCK):
        left += block
        cut = left.rfind(b"row>") + 4
        if cut > 3:
            yield left[:cut]
            left = left[cut:]
        if len(left) > LONGEST_ROW:
            return
    yield left


def collect(rows: bytes, found: dict[int, dict[int, str]]) -> None:
    for attributes, content in CELL.findall(rows):
        value, formula = VALUE.search(content), FORMULA.search(content)
        if b't="e"' in attributes and value:
            text = value[1]
        elif formula and not (value and value[1]) and b't="str"' not in attributes:
            text = b"=" + (formula[1] or b"")
        else:
            continue
        reference = REFERENCE.search(attributes)
        if reference:
            cells = found.setdefault(int(reference[2]), {})
            cells[column_of(reference[1])] = html.unescape(text.decode("utf-8", "backslashreplace"))


def column_of(letters: bytes) -> int:
    """A is 0, Z is 25, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
