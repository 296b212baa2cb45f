"""Square tables of ratios in a workbook, one a sheet, as an expert's judgements.

The first row and column name the items; which way round a ratio is read is stated by whoever reads the file.
"""

import datetime as dt
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
    said: dict[Pair, float] = {}
    cells: dict[Pair, str] = {}
    problems: list[str] = []
    for sheet in sheets(path).values():
        if sheet.extent == (0, 0):
            continue
        try:
            parent = parent_of(sheet, hierarchy, words)
        except ValueError as error:
            problems.append(str(error))
            continue
        if parent in tables:
            problems.append(
                f"{words.names[parent]} has two tables: the sheets {tables[parent].name!r} and {sheet.name!r}"
            )
            continue
        tables[parent] = sheet
        across, wrong_headings = items_of(sheet, parent, hierarchy, words)
        problems += wrong_headings
        for (row, item_a), (column, item_b) in combinations_with_replacement(enumerate(across, 2), 2):
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
        Judgement(expert, hierarchy.name, *pair, importance(times, orientation), place=cells[pair])
        for pair, times in said.items()
    )
    for pair in pairs(hierarchy):
        if pair[0] not in tables:
            cells[pair] = f"a table for {words.names[pair[0]]}"
    return ExpertAnswers(expert, hierarchy, str(path), judgements, cells)


def parent_of(sheet: Sheet, hierarchy: Hierarchy, words: Wording) -> str:
    """The parent whose children the table compares: its first cell, or the name of the sheet, says it.

    Raises
    ------
    ValueError
        Where neither does, or the two differ.
    """
    corner = sheet.cell(1, 1)
    named = [words.node(text, hierarchy.children) for text in (str(corner or ""), sheet.name)]
    if None not in named and named[0] != named[1]:
        raise ValueError(
            f"{sheet.place(1, 1)} says {words.names[named[0]]}, the sheet is called {words.names[named[1]]}: keep one"
        )
    parent = named[0] or named[1]
    if parent is None:
        raise ValueError(
            f"neither the sheet's name {sheet.name!r} nor {sheet.place(1, 1)} names a parent; accepted: "
            f"{', '.join(words.names[parent] for parent in hierarchy.children)} (a sheet without a table is to go)"
        )
    return parent


def items_of(sheet: Sheet, parent: str, hierarchy: Hierarchy, words: Wording) -> tuple[list[str], list[str]]:
    """The items in the order of the table, which is the same across and down; and what is wrong with the headings.

    Wrong names only stand for places, and the ratios can still be looked at. No items are given back where rows and
    columns are mixed up: such a table says nothing of single cells.
    """
    children = hierarchy.children[parent]
    size, name = len(children), words.names[parent]
    accepted = ", ".join(words.names[child] for child in children)
    positions = range(2, size + 2)
    named = {
        cell: words.node(str(sheet.cell(*cell) or ""), children)
        for position in positions
        for cell in ((1, position), (position, 1))
    }
    problems = [
        f"{sheet.place(*cell)}: {shown(sheet.cell(*cell))} is no item of {name}; accepted: {accepted}"
        for cell, node in named.items()
        if node is None
    ]
    across, down = [named[1, position] for position in positions], [named[position, 1] for position in positions]
    for position, row, column in zip(positions, down, across, strict=True):
        if None not in (row, column) and row != column:
            problems.append(
                f"{sheet.place(position, 1)}: the row is {words.names[row]}, the column in the same place "
                f"{words.names[column]}; {size} items stand down and across, in the same order"
            )
        if column and across.index(column) < position - 2:
            problems.append(f"{sheet.place(1, position)}: {words.names[column]} stands twice; accepted: {accepted}")
    rows, columns = sheet.extent
    if rows > size + 1 or columns > size + 1:
        problems.append(f"{sheet.place(rows, columns)}: the table of {name} ends at {sheet.place(size + 1, size + 1)}")
    is_mixed_up = any(None not in (row, column) and row != column for row, column in zip(down, across, strict=True))
    return [] if is_mixed_up else [node or "" for node in across], problems


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
        is_date = isinstance(value, dt.date | dt.time | dt.timedelta)
        way_out = "a spreadsheet takes 1/3 for a date: write =1/3, or 0.333" if is_date else "write 3, =1/3 or 0.333"
        raise ValueError(f"{place}: {shown(value)} is not a ratio; {way_out}")
    if found.decimals and found.decimals >= 2 and found.value < 1:
        for whole in range(2, 10):
            if abs(found.value - 1 / whole) <= found.slack:
                return Ratio(1 / whole, None)
    if not 1 / 9 - 1e-9 <= found.value <= 9:
        raise ValueError(f"{place}: {shown(value)} is off the scale; accepted: 1/9 to 9")
    return found
