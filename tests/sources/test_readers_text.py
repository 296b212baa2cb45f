"""Text: its encoding, the lines its records stand in, and bytes that are no text."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from sources.reads import read


@pytest.fixture
def reading(tmp_path):
    def of(content: str | bytes, name: str = "a.csv", **spec):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        (only,) = read(path, tmp_path / "work", **spec)
        return only

    return of


def test_utf8_is_read_where_it_lies(reading, tmp_path):
    """Ten gigabytes are not copied for nothing."""
    assert reading("名,a\n1,2\n").file.path == tmp_path / "a.csv"


def test_an_encoding_is_found_far_from_the_beginning(reading):
    """The first Chinese name may stand in row 100 000."""
    rows = "".join(f"{number},plain\n" for number in range(150_000))
    assert reading(f"id,name\n{rows}x,张三\n".encode("gbk")).rows[-1] == ("x", "张三")


def test_a_few_broken_lines_do_not_change_the_encoding(reading):
    """One cell in GBK within a file of UTF-8 is a fault of its row."""
    lines = ["名,城"] + ["张三,北京"] * 5
    found = reading("\n".join(lines).encode() + b"\n\xb1\xb1,x\n")
    assert found.rows == [("张三", "北京")] * 5
    assert list(found.file.raw(found.positions).values()) == [r"\xb1\xb1,x"]


def test_a_damaged_cell_among_plain_ones_costs_its_row(reading):
    """Nothing tells the encoding of one odd byte in a hundred lines, and they need not wait for it."""
    found = reading(b"a,b\n" + b"1,2\n" * 200 + b"\xff,x\n")
    assert len(found.rows) == 200
    assert list(found.file.raw(found.positions).values()) == [r"\xff,x"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("Kunde;Stadt\n1;a\nMüller;Köln\n".encode("latin-1"), "byte 0xFC, number 2 of line 3"),
        ("姓名,城市\n張三,臺北\n".encode("big5"), "byte 0xA9, number 1 of line 1"),
    ],
    ids=["latin-1", "big5"],
)
def test_an_unknown_encoding_is_refused_with_its_byte(reading, content, place):
    """Read as something else it would be a table of nonsense."""
    with pytest.raises(UserError, match=place):
        reading(content)


@pytest.mark.parametrize(("encoding", "name"), [("latin-1", "Müller"), ("big5", "臺北"), ("cp1252", "5 €")])
def test_a_stated_encoding_is_read(reading, encoding, name):
    """Any that Python knows."""
    assert reading(f"a,b\n{name},1\n".encode(encoding), encoding=encoding).rows == [(name, "1")]


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13"])
def test_an_encoding_that_is_none_is_refused(reading, encoding):
    """A misspelling must not fall back to a guess."""
    with pytest.raises(UserError, match="is not known"):
        reading("a,b\n", encoding=encoding)


def test_bytes_that_are_no_text_stay_readable(reading):
    """Who mends the row sees which bytes they were, and the rest of the record in full."""
    found = reading("名,城\n张三,北京\n".encode("gbk") + b'3,\xff\n4,"\xb1\xb1\n\x80"\n5,x\n')
    assert found.rows == [("张三", "北京"), ("5", "x")]
    assert list(found.file.raw(found.positions).values()) == [r"3,\xff", '4,"北\n\\x80"']


def test_a_header_row_beyond_the_file_is_told(reading):
    """The number is a setting, and the message names it."""
    with pytest.raises(UserError, match="there is no line 5"):
        reading("a,b\n1,2\n", header_row=5)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_without_a_header_row_every_line_is_a_row(reading, encoding):
    """The first line is somebody's order as much as the second."""
    found = reading("张三,1\n李四,2\n".encode(encoding), header_row=0, delimiter=",")
    assert found.file.columns == ("column1", "column2")
    assert found.rows == [("张三", "1"), ("李四", "2")]


def test_without_a_header_row_gzip_is_opened_and_utf8_read_where_it_lies(reading, tmp_path):
    """No copy is made for the sake of names."""
    assert reading(gzip.compress(b"1;2\n"), "a.txt.gz", header_row=0, delimiter=";").rows == [("1", "2")]
    assert reading("1;2\n", header_row=0, delimiter=";").file.path == tmp_path / "a.csv"


def test_a_sign_that_does_not_occur_makes_one_column_of_a_line(reading):
    """What stands at places, or between runs of spaces, is parted by an expression."""
    found = reading("0001  19970101 , 2\n0002  19970112 , 1\n", header_row=0, delimiter="|")
    assert found.rows == [("0001  19970101 , 2",), ("0002  19970112 , 1",)]


def test_a_damaged_first_line_costs_itself_only(reading):
    """Where there is no header row it is a row like others: kept as it was, with what is wrong."""
    found = reading(b"\xff,x\n" + b"1,2\n" * 200, header_row=0, delimiter=",")
    assert len(found.rows) == 200
    assert found.file.line_numbers([1, 200], found.broken) == ({1: 2, 200: 201}, {1: 1})
    assert list(found.file.raw(found.positions).values()) == [r"\xff,x"]


def test_without_a_header_row_the_delimiter_must_be_named(reading):
    """Of 1,50;2,75 either sign makes as many columns as the other makes of the next line."""
    with pytest.raises(UserError, match="nothing tells what parts the columns") as told:
        reading("1,50;2,75\n", header_row=0)
    assert "`header_row: 0` without `delimiter`" in str(told.value)


def test_without_a_header_row_blank_lines_are_no_file(reading):
    """How many columns there are is told by a line."""
    with pytest.raises(UserError, match="holds no row"):
        reading("\n\n", header_row=0, delimiter=",")


LINE = st.sampled_from(["plain,1", "", '"two\nlines",1', '"three\n\nlines","q""q"', "short", 'mid"quote,1', '"a,b" ,1'])


@settings(max_examples=30, deadline=None)
@given(
    lines=st.lists(LINE, max_size=12), end=st.sampled_from(["\n", "\r\n", "\r"]), header_row=st.sampled_from([0, 1, 2])
)
def test_a_record_is_found_at_its_line(tmp_path_factory, lines, end, header_row):
    """Counted by hand: each item starts a line, and holds as many as it has line ends."""
    folder = tmp_path_factory.mktemp("lines")
    # Without a header row the first line tells how many columns there are.
    lines = lines if header_row else ["first,line", *lines]
    expected, broken, at = [], [], header_row + 1
    for item in lines:
        if item:
            (broken if item == "short" else expected).append(at + item.count("\n"))
        at += 1 + item.count("\n")
    above = ["", "a,b\n", "title\na,b\n"][header_row]
    content = above + "".join(item + "\n" for item in lines)
    path = folder / "a.csv"
    path.write_bytes(content.replace("\n", end).encode())
    (found,) = read(path, folder / "work", header_row=header_row, delimiter=",")
    numbers, of_broken = found.file.line_numbers(range(1, len(found.rows) + 1), found.broken)
    ends = {"two\nlines": 1, "three\n\nlines": 2}
    heights = [
        next((n for text, n in ends.items() if (row[0] or "").replace(end, "\n") == text), 0) for row in found.rows
    ]
    assert [line + height for line, height in zip(numbers.values(), heights, strict=True)] == expected
    assert list(of_broken.values()) == broken


def test_lines_are_found_far_into_a_large_file(reading):
    """Several blocks, several threads of the engine: 1 quoted line end, 1 blank and 1 broken line lie before."""
    filler = "x" * 60
    rows = [f"{number},{filler}" for number in range(100_000)]
    rows[10] = '10,"x\ny"'
    rows[20] = "\n20,x"
    rows[50_000] = "short"
    found = reading("a,b\n" + "\n".join(rows) + "\n")
    numbers, broken = found.file.line_numbers([10, 11, 12, 50_001, 99_999], found.broken)
    assert numbers == {10: 11, 11: 12, 12: 14, 50_001: 50_005, 99_999: 100_003}
    assert list(broken.values()) == [50_004]
