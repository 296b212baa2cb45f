"""Square tables of ratios: the stated orientation, either half, and every wrong cell by its name."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from judging.experts import EXPERT, TREE, WORDS, ratios
from orchestration.errors import UserError
from orchestration.judging.square import read_square

TOP = [["服务", "过程", "满意度"], ["过程", 1, 2], ["满意度", None, 1]]
# 4 : 2 : 1, the lower half left empty.
PROCESS = [["过程", "速度", "态度", "效果"], ["速度", 1, 2, 4], ["态度", None, 1, 2], ["效果", None, None, 1]]


def saved(path: Path, *tables: list[list], names: tuple[str, ...] = ()) -> Path:
    """A workbook with one table a sheet."""
    book = Workbook()
    book.remove(book.active)
    for number, table in enumerate(tables):
        sheet = book.create_sheet(names[number] if names else f"Sheet{number + 1}")
        for row in table:
            sheet.append(row)
    book.save(path)
    return path


def read(path: Path, given: str = "row_over_column", wanted: str = "row_over_column"):
    return read_square(path, EXPERT, TREE, WORDS, given, wanted)


def changed(cells: dict[tuple[int, int], object], table: list[list] = PROCESS) -> list[list]:
    """The table with other values, by row and column from 0."""
    copy = [list(row) for row in table]
    for (row, column), value in cells.items():
        copy[row][column] = value
    return copy


def process(path: Path, cells: dict[tuple[int, int], object]) -> dict[str, float]:
    """The ratios under process, with these cells in its table."""
    said = ratios(read(saved(path / "x.xlsx", TOP, changed(cells))))
    return {item_a + item_b: ratio for (parent, item_a, item_b), ratio in said.items() if parent == "过程"}


@pytest.mark.parametrize("given", ["row_over_column", "column_over_row"])
def test_the_orientation_is_the_stated_one(tmp_path, given):
    """Stated the other way round, the transposed table says the same."""
    turned = [[PROCESS[column][row] for column in range(4)] for row in range(4)]
    tables = (TOP, PROCESS) if given == "row_over_column" else (changed({(1, 2): 0.5}, TOP), turned)
    found = ratios(read(saved(tmp_path / "x.xlsx", *tables), given))
    assert found == {
        ("服务", "过程", "satisfaction"): 2,
        ("过程", "速度", "态度"): 2,
        ("过程", "速度", "效果"): 4,
        ("过程", "态度", "效果"): 2,
    }


def test_the_judgements_are_given_in_the_configured_orientation(tmp_path):
    """The folder of judgements has one orientation, whatever a table had."""
    found = ratios(read(saved(tmp_path / "x.xlsx", TOP, PROCESS), "row_over_column", "column_over_row"))
    assert found["过程", "速度", "效果"] == 1 / 4


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([*range(1, 10), *(f"1/{k}" for k in range(2, 10))]), min_size=3, max_size=3))
def test_any_ratios_of_the_scale_are_read_exactly(tmp_path_factory, said):
    """k as k and `1/k` as 1/k, to the last bit."""
    found = process(tmp_path_factory.mktemp("square"), dict(zip([(1, 2), (1, 3), (2, 3)], said, strict=True)))
    assert list(found.values()) == [1 / int(one[2:]) if isinstance(one, str) else one for one in said]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("１／３", 1 / 3),
        ("３", 3),
        ("1 / 3", 1 / 3),
        ("2/3", 2 / 3),
        (0.33, 1 / 3),
        ("0.333", 1 / 3),
        (0.17, 1 / 6),
        (0.13, 1 / 8),
        (0.11, 1 / 9),
        (1 / 7, 1 / 7),
        (1.5, 1.5),
        (0.667, 0.667),
        (0.138, 0.138),
    ],
)
def test_a_ratio_may_be_a_fraction_a_rounded_one_or_full_width(tmp_path, written, meant):
    """0.33 is 1/3 to two digits; 0.138 is no rounding of 1/7 = 0.143, and stays."""
    assert process(tmp_path, {(1, 2): written})["速度态度"] == meant


@pytest.mark.parametrize(
    ("cells", "meant"),
    [
        ({(1, 2): 3, (2, 1): 0.33}, 3),
        ({(1, 2): 0.333, (2, 1): 3}, 1 / 3),
        ({(1, 2): 1.5, (2, 1): 0.667}, 1.5),
        ({(1, 2): 0.667, (2, 1): 1.5}, 1 / 1.5),
        ({(1, 2): None, (2, 1): "1/5"}, 5),
    ],
)
def test_either_half_says_it_and_both_may_where_they_are_reciprocal(tmp_path, cells, meant):
    """The one with fewer digits is what was meant; the other was computed from it and rounded."""
    assert process(tmp_path, cells)["速度态度"] == pytest.approx(meant, rel=1e-15)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({(2, 1): 2}, r"Sheet2!B3: '2' contradicts '2' in Sheet2!C2; it would be 0\.5\n"),
        ({(2, 1): 0.4}, r"Sheet2!B3: '0\.4' contradicts"),
        ({(2, 2): 2}, r"Sheet2!C3: the diagonal is 1; found '2'"),
        ({(2, 2): None}, r"Sheet2!C3: the diagonal is 1; found nothing"),
        ({(1, 2): 12}, r"Sheet2!C2: '12' is off the scale; accepted: 1/9 to 9"),
        ({(1, 2): 0.1}, r"Sheet2!C2: '0\.1' is off the scale"),
        ({(1, 2): 0}, r"Sheet2!C2: '0' is not a ratio"),
        ({(1, 2): -3}, r"Sheet2!C2: '-3' is not a ratio"),
        ({(1, 2): "1/0"}, r"Sheet2!C2: '1/0' is not a ratio"),
        ({(1, 2): "three"}, r"Sheet2!C2: 'three' is not a ratio"),
        ({(1, 2): True}, r"Sheet2!C2: 'True' is not a ratio"),
        (
            {(1, 2): dt.date(2026, 1, 3)},
            r"Sheet2!C2: the date 2026-01-03 is not a ratio; a spreadsheet takes 1/3 for a date",
        ),
        ({(1, 2): "=1/3"}, r"Sheet2!C2: the formula '=1/3' without a value"),
        ({(0, 2): "价格"}, r"Sheet2!C1: '价格' is no item of 过程"),
        ({(3, 0): None}, r"Sheet2!A4: nothing is no item of 过程"),
        ({(1, 0): "态度", (2, 0): "速度"}, r"Sheet2!A2: the row is 态度, the column in the same place 速度"),
        ({(0, 1): "态度", (1, 0): "态度"}, r"Sheet2!C1: 态度 stands twice"),
    ],
)
def test_a_cell_that_does_not_belong_is_refused_by_its_name(tmp_path, cells, told):
    """File, sheet and cell, in words."""
    path = saved(tmp_path / "x.xlsx", TOP, changed(cells))
    with pytest.raises(UserError, match=told) as refused:
        read(path)
    assert refused.value.where == str(path)


def test_all_that_is_wrong_with_all_tables_is_told_at_once(tmp_path):
    """An expert is asked once: a wrong name, and a ratio of the same table and of another."""
    tables = changed({(1, 2): 12}, TOP), changed({(0, 2): "价格", (1, 3): "much"}), [["x"]]
    with pytest.raises(UserError) as refused:
        read(saved(tmp_path / "x.xlsx", *tables))
    assert [line.split(": ")[0] for line in refused.value.what.splitlines()[:3]] == [
        "Sheet1!C2",
        "Sheet2!C1",
        "Sheet2!D2",
    ]
    assert "Sheet3!A1 names a parent" in refused.value.what


def test_notes_beside_a_table_are_refused(tmp_path):
    """They may be a second table, and nothing is left out without a word."""
    with pytest.raises(UserError, match=r"Sheet2!E5: the table of 过程 ends at Sheet2!D4"):
        read(saved(tmp_path / "x.xlsx", TOP, [*PROCESS, [None] * 4 + ["note"]]))


def test_the_parent_is_the_first_cell_or_the_name_of_the_sheet(tmp_path):
    """Where neither is one, or both are and differ, nothing is guessed. Empty sheets do not count."""
    unnamed = changed({(0, 0): "item"})
    assert ratios(read(saved(tmp_path / "a.xlsx", TOP, unnamed, [], names=("t", "过程", "Sheet3"))))
    with pytest.raises(UserError, match="neither the sheet's name 'x' nor x!A1 names a parent; accepted: 服务, 过程"):
        read(saved(tmp_path / "b.xlsx", TOP, unnamed, names=("t", "x")))
    with pytest.raises(UserError, match="服务!A1 says 过程, the sheet is called 服务"):
        read(saved(tmp_path / "c.xlsx", PROCESS, names=("服务",)))
    with pytest.raises(UserError, match="过程 has two tables"):
        read(saved(tmp_path / "d.xlsx", PROCESS, PROCESS))


def test_a_parent_without_a_table_is_refused(tmp_path):
    """Nothing is said of its children."""
    with pytest.raises(UserError, match=r"under 服务 .* missing answer in a table for 服务"):
        read(saved(tmp_path / "x.xlsx", PROCESS)).refuse_unconnected(WORDS)
