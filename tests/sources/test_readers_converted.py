"""Sheets, JSON lines and archives: what is converted keeps every value, and its place in the original."""

import datetime as dt
import gzip
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from orchestration.errors import UserError
from orchestration.sources import archives
from sources.reads import read


@pytest.fixture
def reading(tmp_path):
    def of(content: bytes, name: str, **spec):
        path = tmp_path / name
        path.write_bytes(content)
        return read(path, tmp_path / "work", **spec)

    return of


def workbook(rows, cells=None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place, value in (cells or {}).items():
        book.active[place] = value
        if isinstance(value, str) and value.startswith("=text"):
            book.active[place].data_type = "s"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_sheets_cells_become_the_text_a_person_reads(reading):
    """5 and not 5.0, all digits of a long number, ISO dates, the error that the cell shows."""
    cells = [
        1234567890123456,
        5.0,
        0.1 + 0.2,
        True,
        dt.datetime(2026, 6, 30),
        dt.datetime(2026, 6, 30, 8, 15),
        "#N/A",
        "0030",
    ]
    (found,) = reading(workbook([list("abcdefgh"), cells]), "a.xlsx")
    assert found.rows == [("1234567890123456", "5", "0.3", "true", "2026-06-30", "2026-06-30 08:15:00", "#N/A", "0030")]


def test_a_formula_is_never_run_and_never_lost(reading):
    """A cell that begins with = is text; a formula without a stored value shows itself, not an empty cell."""
    content = workbook([["a", "b"]], {"A2": "=text|' /C calc'!A0", "B2": "=1+1", "B4": "=2+2"})
    (found,) = reading(content, "a.xlsx")
    assert found.rows == [("=text|' /C calc'!A0", "=1+1"), (None, "=2+2")]


def test_a_table_that_begins_further_right_keeps_its_columns(reading):
    """A formula without a value and an error stand in their own column, wherever the table was put."""
    cells = {"C1": "a", "D1": "b", "C2": "x", "D2": "=1+1", "C3": "=2+2", "D3": "y", "C4": "#N/A", "D4": "z"}
    (found,) = reading(workbook([], cells), "a.xlsx")
    assert found.file.columns == ("a", "b")
    assert found.rows == [("x", "=1+1"), ("=2+2", "y"), ("#N/A", "z")]


def test_a_column_of_formulas_at_the_left_edge_is_a_column(reading):
    """The library knows nothing of it, nor where it stands."""
    (found,) = reading(workbook([], {"B1": "=1+1", "C1": "x", "C2": "y"}), "a.xlsx", header_row=0)
    assert found.rows == [("=1+1", "x"), (None, "y")]


def test_a_sheets_rows_keep_their_numbers(reading):
    """Blank rows are left out, and the row in the sheet is still told."""
    (found,) = reading(workbook([[], ["a"], [], ["x"], [], ["y"]]), "a.xlsx", header_row=2)
    assert found.rows == [("x",), ("y",)]
    assert found.file.line_numbers([1, 2]) == ({1: 4, 2: 6}, {})


def test_a_sheet_without_a_header_row_is_read_from_its_first_row(reading):
    """Its first row is somebody's order; the widest row tells the columns."""
    (found,) = reading(workbook([["x"], [], ["y", 2]]), "a.xlsx", header_row=0)
    assert found.file.columns == ("column1", "column2")
    assert found.rows == [("x", None), ("y", "2")]
    assert found.file.line_numbers([1, 2]) == ({1: 1, 2: 3}, {})


@pytest.mark.parametrize("sheet", ["七月", 3])
def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(reading, sheet):
    """A renamed sheet must not be replaced by the first one."""
    with pytest.raises(UserError, match="it has: Sheet"):
        reading(workbook([["a"]]), "a.xlsx", sheet=sheet)


def test_a_value_beside_the_table_is_refused(reading):
    """It belongs to no column, and would be lost."""
    with pytest.raises(UserError, match="a value in column 3 of row 2"):
        reading(workbook([["a", "b"], [1, 2, "note"]]), "a.xlsx")


def test_a_sheet_beyond_memory_ends_nothing_but_itself(reading):
    """Two cells at its far corners are 17 billion; the library ends its process there."""
    with pytest.raises(UserError, match="takes more than 3 GB"):
        reading(workbook([["a"]], {"XFD1048576": 1}), "a.xlsx")


def test_numbers_of_json_keep_their_digits(reading):
    """A float would change the cents of a large amount; nested values are JSON text."""
    (found,) = reading(b'{"a": 12345678901234567890.10, "b": {"c": [1.50, null]}}\n', "a.jsonl")
    assert found.rows == [("12345678901234567890.10", '{"c":[1.50,null]}')]


def test_keys_of_all_lines_are_columns(reading):
    """A key that comes late is a column all the same; case makes no second one."""
    (found,) = reading('{"a": 1}\n\n{"A": null, "名": "x"}\n'.encode(), "a.jsonl")
    assert found.file.columns == ("a", "名")
    assert found.rows == [("1", None), (None, "x")]
    assert found.file.line_numbers([1, 2]) == ({1: 1, 2: 3}, {})


def test_lines_that_are_no_object_are_kept_as_they_stand(reading):
    """Each with its number, its text and what is wrong."""
    lines = [b'{"a": 1}', b"[1]", b"nope", b'{"a": 1, "A": 2}', b'{"a": NaN}', b'{"a": "\xff"}', b'{"a": "\\ud800"}']
    (found,) = reading(b"\n".join(lines), "a.jsonl", encoding="utf-8")
    assert found.rows == [("1",)]
    assert [(line, raw) for line, raw, _ in found.rejects] == [
        (2, "[1]"),
        (3, "nope"),
        (4, '{"a": 1, "A": 2}'),
        (5, '{"a": NaN}'),
        (6, '{"a": "\\xff"}'),
        (7, '{"a": "\\ud800"}'),
    ]
    assert all(error for _, _, error in found.rejects)


def test_members_of_a_zip_are_tables_of_their_own(reading):
    """Chosen by name, read in the order of their names, called by archive and member."""
    content = zipped({"b/2.csv": b"a\n2\n", "1.csv": b"a\n1\n", "readme.txt": b"x", "__MACOSX/._1.csv": b"x"})
    found = reading(content, "a.zip", members="*.csv")
    assert [table.rows for table in found] == [[("1",)], [("2",)]]
    assert [table.file.name.rpartition("a.zip")[2] for table in found] == ["/1.csv", "/b/2.csv"]


def test_a_members_name_says_nothing_of_where_it_is_written(reading, tmp_path):
    """../../ and /etc are names like any other."""
    before = {path for path in tmp_path.parent.rglob("*")}
    reading(zipped({"../../evil.csv": b"a\n1\n", "/etc/evil.csv": b"a\n2\n"}), "a.zip")
    new = {path for path in tmp_path.parent.rglob("*")} - before
    assert all((tmp_path / "work") in (path, *path.parents) or path == tmp_path / "a.zip" for path in new)
    assert not Path("/etc/evil.csv").exists()


def test_names_of_chinese_windows_are_read(reading):
    """Its archives hold GBK and say nothing of it."""
    content = zipped({"aaaa.csv": b"a\n1\n"}).replace(b"aaaa.csv", "订单".encode("gbk") + b".csv")
    (found,) = reading(content, "a.zip", members="订单*")
    assert found.file.name.endswith("/订单.csv")


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (gzip.compress(b"a,b\n" * 1000)[:-9], "a.csv.gz", "is cut off"),
        (gzip.compress(b"a,b\n" * 1000)[:20] + b"xx", "a.csv.gz", "is (cut off|damaged)"),
        (b"a,b\n", "a.csv.gz", "is no gzip file"),
        (zipped({"a.csv": b"a,b\n" * 1000})[:-30], "a.zip", "is (cut off|damaged)"),
        (zipped({"a.csv.gz": gzip.compress(b"a")}), "a.zip", "an archive within an archive"),
        (zipped({"a.txt": b"a"}), "a.zip", r"holds no file \*.csv"),
        (b"<!DOCTYPE html><html>", "a.csv", "a web page"),
        (b"<html><table>", "a.xls", "a web page"),
    ],
    ids=["half gzip", "bent gzip", "no gzip", "half zip", "nested", "no member", "page", "table of a page"],
)
def test_what_cannot_be_opened_is_told_in_words(reading, content, name, told):
    """Half a file must not be a small file."""
    with pytest.raises(UserError, match=told):
        reading(content, name, members="*.csv" if "no file" in told else "*")


def test_an_encrypted_member_is_told(reading):
    """The flag is set by hand: Python writes no encrypted archives."""
    content = bytearray(zipped({"a.csv": b"a\n"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UserError, match="is encrypted"):
        reading(bytes(content), "a.zip")


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped({"a.csv": content})], ids=["gzip", "zip"])
def test_what_grows_beyond_an_honest_export_is_refused(reading, monkeypatch, pack):
    """A small file must not fill the disk; the limit stands at 100 MB, here at 1."""
    monkeypatch.setattr(archives, "FREE_RATIO_BYTES", 1 << 20)
    with pytest.raises(UserError, match="grows more than 200 times"):
        reading(pack(b"1,2\n" * 2_000_000), "a.gz" if pack is gzip.compress else "a.zip")


def test_unpacking_leaves_room_on_the_disk(reading, monkeypatch):
    """A full disk stops everything else on the machine, too."""
    monkeypatch.setattr(archives, "KEPT_FREE", 1 << 60)
    with pytest.raises(UserError, match="the disk is too full"):
        reading(gzip.compress(b"a\n1\n"), "a.csv.gz")


@pytest.mark.parametrize(("stated", "name"), [("excel", "a.csv"), ("csv", "a.xlsx"), ("json_lines", "a.xlsx")])
def test_a_format_that_the_content_is_not_is_refused(reading, stated, name):
    """The setting is wrong, or the file is: a person must say which."""
    content = workbook([["a"]]) if name == "a.xlsx" else b"a\n1\n"
    with pytest.raises(UserError, match=f"says `format: {stated}`|sources.yml") as refused:
        reading(content, name, format=stated)
    assert f"format: {stated}" in refused.value.mend
