"""Square tables of ratios in a workbook, one a sheet, as an expert's judgements.

The first row and column name the items; which way round a ratio is read is stated by whoever reads the file.
"""

from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

from orchestration.errors import UserError
from orchestration.judging.answers import ExpertAnswers, Pair, pairs
from orchestration.judging.numbers import Ratio, number
from orchestration.judging.words import Wording
from orchestration.judging.workbook import Sheet, sheets, shown
from orchestration.scoring.hierarchy import Hierarchy
from orchestration.scoring.judgements import Judgement, check_orientation, importance


def read_square(
    path: Path, expert: str, hierarchy: Hierarchy, words: Wording, given: str, orientation: str
) -> ExpertAnswers:
    """Read every table of a workbook.

    Parameters
    ----------
    path : Path
    expert : str
    hierarchy : Hierarchy
    words : Wording
        For the spellings of items and parents.
    given : str
        The orientation of the tables.
    orientation : str
        In which the judgements are given back.

    Raises
    ------
    UserError
        The file cannot be opened, or a table is not one: every wrong cell is named.
    """
    check_orientation(given)
    tables: dict[str, Sheet] = {}
    for sheet in sheets(path).values():
        if sheet.extent == (0, 0):
            continue
        parent = parent_of(path, sheet, hierarchy, words)
        if parent in tables:
            raise UserError(
                f"{parent} has two tables", where=f"{path}, sheets {tables[parent].name!r} and {sheet.name!r}"
            )
        tables[parent] = sheet

    said: dict[Pair, float] = {}
    cells: dict[Pair, str] = {}
    problems: list[str] = []
    for parent, sheet in tables.items():
        # A table in which rows and columns are mixed up says nothing of single cells.
        items = items_of(path, sheet, parent, hierarchy, words)
        for (row, item_a), (column, item_b) in combinations_with_replacement(enumerate(items, 2), 2):
            try:
                ratio = entry(sheet, row, column)
            except ValueError as error:
                problems.append(str(error))
                continue
            if row == column:
                continue
            cells[parent, item_a, item_b] = sheet.place(row, column)
            if ratio is not None:
                said[parent, item_a, item_b] = importance(ratio, given)
    if problems:
        raise UserError(
            "\n".join(problems), where=str(path), mend="have these cells corrected, and read the file again"
        )
    judgements = tuple(
        Judgement(expert, hierarchy.name, *pair, importance(times, orientation)) for pair, times in said.items()
    )
    for pair in pairs(hierarchy):
        if pair[0] not in tables:
            cells[pair] = f"a table for {pair[0]}"
    return ExpertAnswers(expert, hierarchy, path.name, judgements, cells)


def parent_of(path: Path, sheet: Sheet, hierarchy: Hierarchy, words: Wording) -> str:
    """The parent whose children the table compares: its first cell, or the name of the sheet, says it."""
    corner = sheet.cell(1, 1)
    named = [words.node(text, hierarchy.children) for text in (str(corner or ""), sheet.name)]
    if None not in named and named[0] != named[1]:
        raise UserError(
            f"{sheet.place(1, 1)} says {named[0]}, the sheet is called {named[1]}", where=str(path), mend="keep one"
        )
    parent = named[0] or named[1]
    if parent is None:
        raise UserError(
            f"neither the sheet's name {sheet.name!r} nor {sheet.place(1, 1)} names a parent; "
            f"accepted: {', '.join(words.names[parent] for parent in hierarchy.children)}",
            where=str(path),
            mend="write the parent into the first cell of its table; remove sheets without a table",
        )
    return parent


def items_of(path: Path, sheet: Sheet, parent: str, hierarchy: Hierarchy, words: Wording) -> list[str]:
    """The items in the order of the table, which is the same across and down."""
    children = hierarchy.children[parent]
    accepted = ", ".join(words.names[child] for child in children)
    size = len(children)
    named: dict[tuple[int, int], str | None] = {}
    for position in range(2, size + 2):
        for cell in ((1, position), (position, 1)):
            named[cell] = words.node(str(sheet.cell(*cell) or ""), children)
    problems = [
        f"{sheet.place(*cell)}: {shown(sheet.cell(*cell))} is no item of {parent}"
        for cell, node in named.items()
        if node is None
    ]
    across = [named[1, position] for position in range(2, size + 2)]
    down = [named[position, 1] for position in range(2, size + 2)]
    if not problems:
        problems += [
            f"{sheet.place(position, 1)}: the row is {row}, the column in the same place {column}"
            for position, (row, column) in enumerate(zip(down, across, strict=True), 2)
            if row != column
        ]
        problems += [
            f"{sheet.place(1, position)}: {node} stands twice"
            for position, node in enumerate(across, 2)
            if across.index(node) < position - 2
        ]
    rows, columns = sheet.extent
    if not problems and (rows > size + 1 or columns > size + 1):
        problems.append(
            f"{sheet.place(rows, columns)}: the table of {parent} ends at {sheet.place(size + 1, size + 1)}"
        )
    if problems:
        raise UserError(
            "\n".join(problems), where=str(path), mend=f"{size} items down and across, in the same order: {accepted}"
        )
    return [node for node in across if node]


def entry(sheet: Sheet, row: int, column: int) -> float | None:
    """The ratio of the row's item and the column's, from either half; None where both are empty.

    Raises
    ------
    ValueError
        Naming the cell, for no ratio, one off the scale, a diagonal other than 1, and halves that contradict.
    """
    upper = ratio_of(sheet, row, column)
    if row == column:
        if upper is None or upper.value != 1:
            raise ValueError(f"{sheet.place(row, column)}: the diagonal is 1; found {shown(sheet.cell(row, column))}")
        return 1.0
    lower = ratio_of(sheet, column, row)
    if lower is None:
        return upper and upper.value
    if upper is None:
        return 1 / lower.value
    is_reciprocal = (
        abs(lower.value - 1 / upper.value) <= lower.slack or abs(upper.value - 1 / lower.value) <= upper.slack
    )
    if not is_reciprocal:
        raise ValueError(
            f"{sheet.place(column, row)}: {shown(sheet.cell(column, row))} contradicts "
            f"{shown(sheet.cell(row, column))} in {sheet.place(row, column)}; it would be {1 / upper.value:.4g}"
        )
    # The one with fewer decimals is what was meant, the other its rounded reciprocal.
    return upper.value if (upper.decimals or 0) <= (lower.decimals or 0) else 1 / lower.value


def ratio_of(sheet: Sheet, row: int, column: int) -> Ratio | None:
    """A cell as a ratio from 1/9 to 9; 0.33 or 0.333 is read as 1/3, and so on down to 1/9."""
    value: Any = sheet.cell(row, column)
    if value is None:
        return None
    place = sheet.place(row, column)
    found = number(value)
    if found is None:
        raise ValueError(f"{place}: {shown(value)} is not a ratio; write for example 3, 1/3 as text, or 0.333")
    if found.decimals and found.decimals >= 2 and found.value < 1:
        for whole in range(2, 10):
            if abs(found.value - 1 / whole) <= found.slack:
                return Ratio(1 / whole, None)
    if not 1 / 9 - 1e-9 <= found.value <= 9:
        raise ValueError(f"{place}: {shown(value)} is off the scale; accepted: 1/9 to 9")
    return found
