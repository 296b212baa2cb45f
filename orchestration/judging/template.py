"""The survey as an Excel workbook that an expert fills in without training.

One list with each pair once, a guide beside it, and a hidden record of what was asked, which reading.py goes by.
The words are in words.py.
"""

import io
import math
from typing import TYPE_CHECKING, Any

from orchestration.judging.answers import Pair, pairs
from orchestration.judging.words import EQUAL, SCALE, Wording, degree_option, display_width
from orchestration.scoring.hierarchy import Hierarchy

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SURVEY, GUIDE, RECORD = "Survey 问卷", "Guide 说明", "touchstone"
FORMAT = "touchstone survey 1"
RECORD_COLUMNS = ("row", "parent", "item_a", "item_b", "text_a", "text_b", "name_a", "name_b", "equal")
RECORD_HEADER = 5
EXPERT_ROW, HEADER_ROW = 2, 8
FIRST, SECOND = "One 甲", "Other 乙"
HEADINGS = (
    ("No. 序号", 8),
    (FIRST, 40),
    (SECOND, 40),
    ("Which is more important?\n哪一项更重要？", 36),
    ("How much more?\n重要多少？", 40),
    ("State\n状态", 18),
)
GUIDE_WIDTHS = (12, 48, 90)
LINE = 16  # points
HOW_TO = (
    "In each row, choose in the yellow cells (1) which of the two is more important, or that they are equally "
    "important, and (2) how much more. A click on a cell shows an arrow with the list of answers.",
    "每行比较两项：先在黄色单元格中选择哪一项更重要（或同样重要），再选择重要多少。点击单元格后，用右侧箭头打开选项。",
    "Judge by your own experience; there is no right answer. Please answer every row. Words and an example: see the "
    f"sheet “{GUIDE}”. 请凭经验判断，没有标准答案，请尽量填完每一行；标度与示例见“{GUIDE}”页。",
)
MEANINGS = {
    1: ("Both contribute alike.", "两项的作用相同"),
    3: ("Experience slightly favours the one.", "经验上略偏重其中一项"),
    5: ("Experience clearly favours the one.", "经验上明显偏重其中一项"),
    7: ("The one prevails, as practice shows.", "其中一项占主导，实践中已显现"),
    9: ("As sure as one can be.", "偏重程度极端，毫无疑问"),
}
EXAMPLE = (
    "Example: for buying a car, “Safety 安全” and “Colour 颜色” are compared. Whoever chooses “Safety 安全” and "
    f"“{degree_option(5)}” says: safety counts five times as much as colour.",
    "示例：买车时比较“Safety 安全”与“Colour 颜色”。选择“Safety 安全”和"
    f"“{degree_option(5)}”，表示安全的重要性是颜色的 5 倍。",
    f"Whoever finds both alike chooses “{EQUAL}”; the second cell then stays empty. 若选“同样重要”，第二格留空即可。",
    "2, 4, 6 and 8 lie between their neighbours. 2、4、6、8 为相邻两级的中间值。",
)


def template(hierarchy: Hierarchy, words: Wording, expert: str) -> bytes:
    """The workbook (.xlsx) for one expert: each pair of siblings once, no macros, no links.

    Parameters
    ----------
    hierarchy : Hierarchy
    words : Wording
    expert : str
        The name as it will stand among the judgements.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.properties.creator = "Touchstone"
    survey, guide, record = book.active, book.create_sheet(GUIDE), book.create_sheet(RECORD)
    survey.title = SURVEY
    rows = write_questions(survey, hierarchy, words, expert)
    write_guide(guide, hierarchy, words)
    write_record(record, hierarchy, words, expert, rows)
    add_lists(survey, rows)
    for sheet in (survey, guide):
        finish(sheet)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def put(sheet: "Worksheet", row: int, column: int, text: Any, **style: Any) -> None:
    """A text is never taken for a formula, whatever it begins with; formulas are set by `formula`."""
    from openpyxl.styles import Alignment, Font, PatternFill

    cell = sheet.cell(row, column, text)
    if isinstance(text, str):
        cell.data_type = "s"
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal=style.get("horizontal"))
    cell.font = Font(bold=style.get("bold", False), size=style.get("size", 11), color=style.get("color"))
    if "fill" in style:
        cell.fill = PatternFill("solid", fgColor=style["fill"])


def formula(sheet: "Worksheet", row: int, column: int, text: str) -> None:
    put(sheet, row, column, None, bold=True)
    sheet.cell(row, column).value = f"={text}"


def across(sheet: "Worksheet", row: int, text: str, height: float, **style: Any) -> None:
    """A text over the whole width of the list."""
    put(sheet, row, 1, text, **style)
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(HEADINGS))
    sheet.row_dimensions[row].height = height


def write_questions(sheet: "Worksheet", hierarchy: Hierarchy, words: Wording, expert: str) -> dict[Pair, int]:
    """The visible list; the row of each pair."""
    from openpyxl.styles import Border, Protection, Side

    name = words.names[hierarchy.root]
    across(sheet, 1, f"{name}: what matters more? 两两比较问卷", 28, bold=True, size=16)
    put(sheet, EXPERT_ROW, 1, "Expert\n专家", bold=True)
    put(sheet, EXPERT_ROW, 2, expert, bold=True)
    sheet.row_dimensions[EXPERT_ROW].height = 32
    for row, text in enumerate(HOW_TO, 3):
        across(sheet, row, text, 32)
    for column, (heading, width) in enumerate(HEADINGS, 1):
        put(sheet, HEADER_ROW, column, heading, bold=True, color="FFFFFF", fill="44546A", horizontal="center")
        sheet.column_dimensions[chr(64 + column)].width = width
    sheet.row_dimensions[HEADER_ROW].height = 32

    rows: dict[Pair, int] = {}
    row, line, parent_now = HEADER_ROW, Side(style="thin", color="BFBFBF"), None
    for number, (parent, item_a, item_b) in enumerate(pairs(hierarchy), 1):
        row += 1
        if parent != parent_now:
            told = f"{words.names[parent]}: what matters more for it? 就此而言，哪一项更重要？"
            across(sheet, row, told, 24, bold=True, fill="D9E1F2")
            parent_now, row = parent, row + 1
        rows[parent, item_a, item_b] = row
        put(sheet, row, 1, number, horizontal="center")
        put(sheet, row, 2, item_text(words, item_a))
        put(sheet, row, 3, item_text(words, item_b))
        answered = f'IF(LEN(E{row})>0,"✓","how much? 多少？")'
        formula(sheet, row, 6, f'IF(LEN(D{row})=0,"to do 待填",IF(D{row}="{EQUAL}","✓",{answered}))')
        for column in (4, 5):
            put(sheet, row, column, None)
            sheet.cell(row, column).protection = Protection(locked=False)
        for column in range(1, len(HEADINGS) + 1):
            sheet.cell(row, column).border = Border(line, line, line, line)
        lines = max(printed_lines(item_text(words, item), HEADINGS[1][1]) for item in (item_a, item_b))
        sheet.row_dimensions[row].height = max(48, LINE * lines)
    put(sheet, 6, 1, "Done\n已完成", bold=True)
    formula(sheet, 6, 2, f'COUNTIF(F{HEADER_ROW + 1}:F{max(row, HEADER_ROW + 1)},"✓")&" / {len(rows)}"')
    sheet.row_dimensions[6].height = 32
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    return rows


def item_text(words: Wording, item: str) -> str:
    """An item as the list shows it: its name, and below what it is."""
    return f"{words.names[item]}\n{words.descriptions[item]}".strip()


def printed_lines(text: str, width: float) -> int:
    """How many lines a text takes in a column so many digits wide; some programs do not find the height themselves.

    A Chinese sign is as wide as two digits. A tenth is left free, for words that break early.
    """
    return sum(max(1, math.ceil(display_width(line) / (0.9 * width))) for line in text.splitlines() or [""])


def write_guide(sheet: "Worksheet", hierarchy: Hierarchy, words: Wording) -> None:
    """The scale with its words and an example, and every indicator with its description."""
    lines: list[tuple[Any, str, str]] = [("Scale 标度", "Words 含义", "Meaning 说明")]
    lines += [(degree, " ".join(SCALE[degree]), " ".join(MEANINGS.get(degree, ()))) for degree in SCALE]
    lines += [("", "", ""), ("", "Indicator 指标", "What it is 说明")]
    lines += [("", words.names[node], words.descriptions[node]) for node, _, _ in hierarchy.nodes()]
    for column, width in zip("ABC", GUIDE_WIDTHS, strict=True):
        sheet.column_dimensions[column].width = width
    for row, cells in enumerate(lines, 1):
        for column, text in enumerate(cells, 1):
            put(sheet, row, column, text, bold="说明" in cells[2] or column == 1, horizontal="left")
        lines_of_row = max(printed_lines(text, width) for text, width in zip(cells[1:], GUIDE_WIDTHS[1:], strict=True))
        sheet.row_dimensions[row].height = LINE * lines_of_row
    for row, text in enumerate(EXAMPLE, len(lines) + 2):
        put(sheet, row, 1, text)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=3)
        sheet.row_dimensions[row].height = 32


def write_record(sheet: "Worksheet", hierarchy: Hierarchy, words: Wording, expert: str, rows: dict[Pair, int]) -> None:
    """What was asked, where, and in which words; also the lists of answers that the cells offer."""
    head = [(FORMAT,), ("hierarchy", hierarchy.name), ("expert", expert), ("questions", len(rows)), RECORD_COLUMNS]
    questions = [
        (
            *(row, parent, item_a, item_b, item_text(words, item_a), item_text(words, item_b)),
            *(words.names[item_a], words.names[item_b], EQUAL),
        )
        for (parent, item_a, item_b), row in rows.items()
    ]
    for row, cells in enumerate([*head, *questions], 1):
        for column, text in enumerate(cells, 1):
            put(sheet, row, column, text)
    for degree in SCALE:
        put(sheet, degree, len(RECORD_COLUMNS) + 2, degree_option(degree))
    sheet.sheet_state = "veryHidden"


def add_lists(sheet: "Worksheet", rows: dict[Pair, int]) -> None:
    """Drop-down lists in the answer cells, which are yellow while they are empty."""
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import PatternFill
    from openpyxl.worksheet.datavalidation import DataValidation

    yellow = PatternFill("solid", bgColor="FFF2CC")
    degrees = DataValidation("list", formula1=f"{RECORD}!$K$1:$K${len(SCALE)}", allow_blank=True)
    tell(degrees, "How much more? 重要多少？", "Choose 1 to 9 from the list. 请从列表中选择 1 至 9。")
    sheet.add_data_validation(degrees)
    for offset, row in enumerate(rows.values(), RECORD_HEADER + 1):
        which = DataValidation("list", formula1=f"{RECORD}!$G${offset}:$I${offset}", allow_blank=True)
        tell(which, "Which? 哪一项？", "Choose one of the two, or equally important. 请选择其中一项，或“同样重要”。")
        sheet.add_data_validation(which)
        which.add(f"D{row}")
        degrees.add(f"E{row}")
        sheet.conditional_formatting.add(f"D{row}", FormulaRule([f"LEN($D{row})=0"], fill=yellow))
        needs_degree = f'AND(LEN($E{row})=0,$D{row}<>"{EQUAL}")'
        sheet.conditional_formatting.add(f"E{row}", FormulaRule([needs_degree], fill=yellow))


def tell(validation: Any, title: str, text: str) -> None:
    """The same words as a hint and as a refusal; without the flags a spreadsheet shows neither."""
    validation.promptTitle = validation.errorTitle = title
    validation.prompt = validation.error = text
    validation.showInputMessage = validation.showErrorMessage = True


def finish(sheet: "Worksheet") -> None:
    """Ready for print, landscape and one page wide; only answer cells can be written, and no password is needed."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False  # False allows it
