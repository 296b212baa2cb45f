"""A search for marked secrets in any file, decoded: what a person with the right tool would find there.

Shares nothing with orchestration/erasure/search.py, which looks for patterns: here each piece of text loses its escapes
and everything but its letters and digits, and then a secret is in it or is not.
"""

import base64
import html
import re
import sqlite3
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow.parquet

ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})|\\+x([0-9a-fA-F]{2})")
LINE_END = re.compile(r"\\+[nrt]")
TAG = re.compile(r"<[^<>]*>")
LETTERS = re.compile(r"[^\W_]+")
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
DEEPEST = 4  # base64 within zlib within a pickle within base64


def search(paths: Collection[Path], secrets: Collection[str]) -> dict[str, set[str]]:
    """Where each secret stands: file and place, by secret; those that stand nowhere are left out."""
    sought = {folded(secret): secret for secret in secrets}
    found: dict[str, set[str]] = {}
    for path in paths:
        content = path.read_bytes()
        as_it_is = {secret for secret in secrets if any(secret.encode(name) in content for name in ENCODINGS)}
        told = [("bytes", as_it_is), ("name", in_text(path.name, sought))]
        for place, stands in [*told, *((place, within(piece, sought)) for place, piece in pieces(path, content))]:
            for secret in stands:
                found.setdefault(secret, set()).add(f"{path}: {place}")
    return found


def files(folder: Path, without: Collection[str] = ()) -> list[Path]:
    """Every file below a folder but those under these names in it."""
    left_out = [folder / name for name in without]
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and not any(path.is_relative_to(other) for other in left_out)
    ]


def pieces(path: Path, content: bytes) -> Iterator[tuple[str, bytes | str]]:
    """Each value that the format of a file packs, encodes or compresses; of a file of no such format its text."""
    if content.startswith(b"PAR1"):
        file = pyarrow.parquet.ParquetFile(path)
        for name, values in file.read().to_pydict().items():
            yield f"column {name}", texts(values)
        yield "metadata", str(file.schema_arrow.metadata)
    elif content[8:12] == b"DUCK":
        yield from of_duckdb(path)
    elif content.startswith(b"SQLite format 3\0"):
        yield from of_sqlite(path)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield f"member {name}", archive.read(name)
    else:
        yield "text", content


def of_duckdb(path: Path) -> Iterator[tuple[str, str]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = "select schema_name, table_name from duckdb_tables() where not internal"
        for schema, table in connection.execute(tables).fetchall():
            columns = connection.execute(f'select * from "{schema}"."{table}"').fetchnumpy()
            for name, values in columns.items():
                yield f"{schema}.{table}.{name}", texts(values.tolist())
        for catalogue in ("tables", "columns", "views"):
            yield f"duckdb_{catalogue}", texts(connection.execute(f"from duckdb_{catalogue}()").fetchall())


def of_sqlite(path: Path) -> Iterator[tuple[str, bytes | str]]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            rows = connection.execute(f'select * from "{table}"')
            names = [column[0] for column in rows.description]
            columns = zip(*rows.fetchall(), strict=True)
            for name, values in zip(names, columns, strict=False):
                yield f"{table}.{name}", texts([value for value in values if not isinstance(value, bytes)])
                yield from ((f"{table}.{name}", value) for value in values if isinstance(value, bytes))


def texts(values: list) -> str:
    """Distinct values, each on a line of its own."""
    return "\n".join({str(value) for value in values})


def within(piece: bytes | str, sought: dict[str, str], depth: int = 0) -> set[str]:
    """The secrets in text, or in bytes of whatever encoding; what is packed within is unpacked."""
    content = piece.encode("utf-8", "replace") if isinstance(piece, str) else piece
    found = in_text(piece if isinstance(piece, str) else reading(content), sought)
    if depth < DEEPEST:
        for inner in unpacked(content):
            found |= within(inner, sought, depth + 1)
    return found


def reading(content: bytes) -> str:
    """Bytes as the text that they most likely are."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    text = content.decode("utf-8", "ignore")
    is_text = b"\0" not in content
    return content.decode("gb18030", "replace") if is_text and text.encode() != content else text


def unpacked(content: bytes) -> Iterator[bytes]:
    """What zlib or gzip packed from the first byte on, and every run of base64."""
    if content[:1] == b"\x78" or content[:2] == b"\x1f\x8b":
        with suppress(zlib.error):  # a text that begins with x
            yield zlib.decompress(content, 15 + 32)
    for run in set(BASE64.findall(content)):
        whole = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        whole = whole[: len(whole) - (len(whole) % 4 == 1)]  # no base64 has this length: a word stands at its end
        yield base64.b64decode(whole + b"=" * (-len(whole) % 4))


def in_text(text: str, sought: dict[str, str]) -> set[str]:
    core = folded(text)
    found = {secret for fold, secret in sought.items() if fold in core}
    if "<" in text:  # a word that is drawn in two pieces
        core = folded(TAG.sub("", text))
        found |= {secret for fold, secret in sought.items() if fold in core}
    return found


def folded(text: str) -> str:
    """Letters and digits alone, in half width and lower case, without the escapes of JSON, URLs and pages."""
    for _ in range(DEEPEST):
        before = text
        if "%" in text:
            text = unquote(text)
        if "&" in text:
            text = html.unescape(text)
        if "\\" in text:
            text = ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
        if text == before:
            break
    text = LINE_END.sub(" ", text)
    return "".join(LETTERS.findall(unicodedata.normalize("NFKC", text).casefold()))
