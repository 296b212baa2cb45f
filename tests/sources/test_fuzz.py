"""Hostile and broken files: a clear error or honest rows, in bounded memory, and never a crash."""

import gzip
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import duckdb
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from sources.reads import read


def some_workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, "x"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def some_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "a,b\n1,2\n" * 50)
    return stream.getvalue()


def some_parquet() -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "a.parquet"
        connection.execute(f"copy (select range as a, 'x' || range as b from range(50)) to '{path}'")
        return path.read_bytes()


WHOLE = {
    "a.csv": '名,b\n1,"x\ny"\n\n2,é\n'.encode(),
    "a.jsonl": '{"a": 1.50, "b": {"c": [null, "名"]}}\n{"a": "x"}\n'.encode(),
    "a.csv.gz": gzip.compress(b"a,b\n1,2\n" * 50),
    "a.zip": some_zip(),
    "a.parquet": some_parquet(),
}


def opens_or_says_why(content: bytes, name: str) -> None:
    """Any error but one in words is a failure; what the engine says of rows, landing puts in words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            for found in read(path, Path(folder) / "work"):
                found.file.line_numbers(range(1, len(found.rows) + 1), found.broken)
                found.file.raw(found.positions)
        except (UserError, duckdb.Error):
            pass


def damaged(whole: bytes, changes: list[tuple[int, int]], length: int) -> bytes:
    content = bytearray(whole)
    for place, byte in changes:
        content[place % len(content)] = byte
    return bytes(content[: length % (len(content) + 1)])


CHANGES = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=6)


@pytest.mark.parametrize("name", [*WHOLE, "a.tsv", "a.xls"])
@settings(max_examples=25, deadline=None)
@given(content=st.binary(max_size=300))
def test_random_bytes_open_or_are_refused_in_words(name, content):
    """Under any name."""
    if not content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        opens_or_says_why(content, name)


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=25, deadline=None)
@given(changes=CHANGES, length=st.integers(0, 1 << 16))
def test_a_damaged_file_opens_or_is_refused_in_words(name, changes, length):
    """Bytes changed, the end cut off: what a bad transfer makes of a good file."""
    opens_or_says_why(damaged(WHOLE[name], changes, length), name)


@settings(max_examples=6, deadline=None)
@given(changes=CHANGES, length=st.integers(0, 1 << 16))
def test_a_damaged_workbook_opens_or_is_refused_in_words(changes, length):
    """Each is read by a process of its own, so there are few."""
    opens_or_says_why(damaged(WORKBOOK, changes, length), "a.xlsx")


WORKBOOK = some_workbook()

MEASURED = """
import resource, sys
from pathlib import Path
import duckdb, fsspec, pyarrow.parquet
from orchestration.errors import UserError
from sources.reads import read
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read(Path(sys.argv[1]), Path(sys.argv[2]))
    print("read")
except UserError as error:
    print(error.what)
except duckdb.Error as error:
    print("engine:", str(error).splitlines()[0])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""
LARGE = 256 << 20


@pytest.mark.parametrize(
    ("name", "beginning", "told"),
    [
        ("header.csv", b"", "header row"),
        ("value.csv", b"a,b\n", ""),
        ("quoted.csv", b'a,b\n"', ""),
        ("line.jsonl", b'{"a": "', "longer than 16 MB"),
    ],
)
def test_one_endless_line_takes_no_endless_memory(tmp_path, name, beginning, told):
    """A gigabyte without a line end is the same to every reader as these 256 MB: it is given up long before."""
    path = tmp_path / name
    with path.open("wb") as stream:
        stream.write(beginning)
        for _ in range(LARGE >> 20):
            stream.write(b"x" * (1 << 20))
    (tmp_path / "work").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path), str(tmp_path / "work")],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    said, megabytes = done.stdout.splitlines()
    assert told in said
    assert int(megabytes) < 150
