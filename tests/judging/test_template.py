"""The survey as it is handed out: complete, in two languages, guarded, and nothing in it but cells."""

import io
import zipfile
from itertools import combinations

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from judging.experts import CONFIG, EXPERT, ROWS, TREE, WORDS, made
from orchestration.errors import UserError
from orchestration.judging.tables import expert_name
from orchestration.judging.template import GUIDE, RECORD, SURVEY, printed_lines, template
from orchestration.judging.weighing import hierarchy_of
from orchestration.judging.words import EQUAL, SCALE, wording
from orchestration.settings import load_settings

ANSWER_CELLS = [f"{column}{row}" for row in ROWS for column in "DE"]


def offered(book: openpyxl.Workbook, cell: str) -> list[str]:
    """The list that a click on the cell opens."""
    (validation,) = [rule for rule in book[SURVEY].data_validations.dataValidation if cell in rule.sqref]
    assert validation.type == "list"
    sheet, cells = validation.formula1.split("!")
    left, top, right, bottom = range_boundaries(cells)
    return [book[sheet].cell(row, column).value for row in range(top, bottom + 1) for column in range(left, right + 1)]


def test_every_pair_of_the_shipped_tree_is_asked_once_in_both_languages():
    """4, 2 and 2 siblings make 6 + 1 + 1 pairs; an expert reads words, not codes."""
    config = load_settings().quality
    tree = hierarchy_of(config, config.hierarchy)
    book = openpyxl.load_workbook(io.BytesIO(template(tree, wording(config, tree), EXPERT)))
    rows = [row for row in book[SURVEY].iter_rows(min_row=9, values_only=True) if isinstance(row[0], int)]
    asked = {frozenset(text.splitlines()[0] for text in row[1:3]) for row in rows}
    process = (
        "Response timeliness 响应及时性",
        "Content effectiveness 内容有效性",
        "Manner 服务态度",
        "Problem resolution 问题解决",
    )
    assert len(rows) == 8
    assert asked == {
        *map(frozenset, combinations(process, 2)),
        frozenset(("Satisfaction 满意度", "Complaints per 100 orders 每百单投诉数")),
        frozenset(("Process 服务过程", "Performance 服务绩效")),
    }
    described = "complaints answered within the promise (percent)\n在承诺时限内答复的投诉占比（%）"
    assert f"Response timeliness 响应及时性\n{described}" in {row[1] for row in rows}


@pytest.mark.parametrize("row", ROWS)
def test_the_answers_are_offered_in_lists_and_nothing_else_is_taken(row):
    """Which of the two, or neither; 1 to 9 with words. The flag shows the refusal: by default nothing is refused."""
    book = made()
    _, item_a, item_b = ROWS[row]
    assert offered(book, f"D{row}") == [WORDS.names[item_a], WORDS.names[item_b], EQUAL]
    degrees = offered(book, f"E{row}")
    assert [int(text.split()[0]) for text in degrees] == list(range(1, 10))
    assert all(
        english in text and chinese in text for text, (english, chinese) in zip(degrees, SCALE.values(), strict=True)
    )
    assert all(rule.showErrorMessage for rule in book[SURVEY].data_validations.dataValidation)


def test_only_the_answers_can_be_written_and_no_password_is_needed():
    """A row that is moved or reworded would answer another question."""
    sheet = made()[SURVEY]
    unlocked = [cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked]
    assert unlocked == ANSWER_CELLS
    assert sheet.protection.sheet
    assert sheet.protection.password is None


def test_what_is_still_empty_is_seen():
    """Yellow while it is empty; each row says its state, and the top counts the rows that are done."""
    sheet = made()[SURVEY]
    coloured = {str(rule.sqref) for rule in sheet.conditional_formatting}
    assert coloured == set(ANSWER_CELLS)
    assert [sheet[f"F{row}"].value.startswith(f'=IF(LEN(D{row})=0,"to do') for row in ROWS] == [True] * 4
    assert sheet["B6"].value == '=COUNTIF(F9:F14,"✓")&" / 4"'


def test_the_workbook_holds_cells_and_nothing_that_runs_or_reaches_out():
    """It goes to outside experts by mail: no macros, no links, no connections."""
    with zipfile.ZipFile(io.BytesIO(template(TREE, WORDS, EXPERT))) as archive:
        names = archive.namelist()
        parts = {name.split("/")[1] for name in names if name.startswith("xl/")}
        assert parts <= {"workbook.xml", "_rels", "worksheets", "styles.xml", "theme", "sharedStrings.xml"}
        assert not any(b"External" in archive.read(name) for name in names if name.endswith(".rels"))


def test_it_prints_one_page_wide_with_the_headings_on_each_page():
    """Some will fill it in by hand."""
    sheet = made()[SURVEY]
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (
        "landscape",
        1,
        0,
    )
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$8:$8"


def test_the_guide_tells_the_scale_and_every_indicator_and_the_record_is_out_of_sight():
    """The words of the lists are explained where the expert can look them up."""
    book = made()
    text = "\n".join(str(cell.value) for row in book[GUIDE].iter_rows() for cell in row)
    assert all(word in text for words in SCALE.values() for word in words)
    assert all(WORDS.names[node] in text for node, _, _ in TREE.nodes())
    assert "多快答复 (小时)" in text
    assert book[RECORD].sheet_state == "veryHidden"
    assert book.active.title == SURVEY


def test_rows_are_as_high_as_their_texts_in_either_script():
    """LibreOffice prints rows as high as they are set: 91 letters take two lines of 90, and so do 46 Chinese signs."""
    assert [printed_lines(text, 100) for text in ("", "x" * 90, "x" * 91, "字" * 45, "字" * 46, "a\nb")] == [
        1,
        1,
        2,
        1,
        2,
        2,
    ]


def test_a_description_that_looks_like_a_formula_stays_text():
    """A spreadsheet would compute it."""
    indicator = CONFIG.indicators["速度"].model_copy(update={"description": "=1+1"})
    config = CONFIG.model_copy(update={"indicators": {"速度": indicator}})
    book = openpyxl.load_workbook(io.BytesIO(template(TREE, wording(config, TREE), EXPERT)))
    formulas = [cell.coordinate for row in book[GUIDE].iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas == []


def test_items_of_the_same_label_are_told_apart_by_their_codes():
    """`on_time` and `on time` read alike; a list that offers the same words twice cannot be answered."""
    config = CONFIG.model_copy(update={"trees": {"服务": {"on_time": {}, "on time": {}, "速度": {}}}})
    names = wording(config, hierarchy_of(config, config.hierarchy)).names
    assert names == {"服务": "服务", "on_time": "On time (on_time)", "on time": "On time (on time)", "速度": "速度"}


def test_the_name_of_the_expert_is_as_given():
    """No account, no machine, no date of birth: what stands there is what was typed."""
    assert made("Ann Ó Briain")[SURVEY]["B2"].value == "Ann Ó Briain"
    assert expert_name("  王芳 ", "") == "王芳"


@pytest.mark.parametrize("name", ["", "   ", "a/b", "..", "=cmd()", "+1", "@sum", "a\nb", "x" * 61, "(group)", 'a"b'])
def test_a_name_that_no_file_or_cell_should_bear_is_refused(name):
    """It names a file, stands in a cell, and must not be taken for the group's own line."""
    with pytest.raises(UserError, match="does not do as the name"):
        expert_name(name, "--expert")
