"""A filled survey (judging/template.py) as an expert's judgements, or every cell that has to be mended.

Sheets are opened in workbook.py; what the answers amount to is in answers.py and consistency.py.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.errors import UserError
from orchestration.judging.answers import ExpertAnswers, pairs
from orchestration.judging.numbers import has_raised_digits
from orchestration.judging.tables import expert_name
from orchestration.judging.template import (
    EXPERT_ROW,
    FIRST,
    FORMAT,
    RECORD,
    RECORD_COLUMNS,
    RECORD_HEADER,
    SECOND,
    SURVEY,
)
from orchestration.judging.words import DEGREES, EQUAL_SPELLINGS, SCALE, Wording, normal
from orchestration.judging.workbook import Sheet, sheets, shown
from orchestration.scoring.hierarchy import Hierarchy
from orchestration.scoring.judgements import Judgement, importance


@dataclass(frozen=True)
class Question:
    """One row of the survey, as it was written."""

    row: int
    parent: str
    item_a: str
    item_b: str
    text_a: str
    text_b: str
    name_a: str
    name_b: str
    equal: str

    @property
    def pair(self) -> tuple[str, str, str]:
        return self.parent, self.item_a, self.item_b


class Wrong(ValueError):
    """An entry that cannot be taken, in words, with its column."""

    def __init__(self, column: int, told: str):
        super().__init__(told)
        self.column = column


def read_survey(path: Path, hierarchy: Hierarchy, words: Wording, orientation: str) -> ExpertAnswers:
    """Read one filled survey.

    Parameters
    ----------
    path : Path
    hierarchy : Hierarchy
        As it is configured now; the survey must have asked just its pairs.
    words : Wording
        For the spellings in which an answer may be written.
    orientation : str
        In which the judgements are given back.

    Raises
    ------
    UserError
        The file cannot be opened, is no survey, was made for another tree, or has entries that cannot be taken:
        all of them are named, each with sheet and cell.
    """
    record, sheet = opened(path)
    questions = recorded(path, record)
    expert = expert_name(str(record.cell(3, 2)), f"{path}, {record.place(3, 2)}")
    refuse_other_tree(path, record, questions, hierarchy)

    judgements, problems = [], changed_texts(sheet, expert, questions)
    for question in questions:
        try:
            times = answer(sheet, question, words)
        except Wrong as wrong:
            problems.append(f"{sheet.place(question.row, wrong.column)}: {wrong}")
            continue
        if times is not None:
            ratio = importance(times, orientation)
            place = sheet.place(question.row, 4)
            judgements.append(Judgement(expert, hierarchy.name, *question.pair, ratio, place=place))
    if problems:
        raise UserError(
            "\n".join(problems), where=str(path), mend="have these cells corrected, and read the file again"
        )
    cells = {question.pair: sheet.place(question.row, 4) for question in questions}
    return ExpertAnswers(expert, hierarchy, str(path), tuple(judgements), cells)


def opened(path: Path) -> tuple[Sheet, Sheet]:
    """The hidden record of what was asked, and the survey.

    Raises
    ------
    UserError
        The file cannot be opened, or is no survey.
    """
    book = sheets(path)
    if RECORD not in book or SURVEY not in book or book[RECORD].cell(1, 1) != FORMAT:
        raise UserError(
            f"this is not a survey: it lacks the sheet {SURVEY if SURVEY not in book else RECORD!r} as it was made",
            where=str(path),
            mend="take the file that `touchstone judgements template` made; a square table of ratios is read with "
            "--orientation and --expert",
        )
    return book[RECORD], book[SURVEY]


def surveyed_hierarchy(path: Path) -> str:
    """The name of the hierarchy that a survey is of."""
    record, _ = opened(path)
    return str(record.cell(2, 2))


def recorded(path: Path, record: Sheet) -> list[Question]:
    """What the survey asked."""
    try:
        rows = range(RECORD_HEADER + 1, RECORD_HEADER + 1 + int(record.cell(4, 2)))
        return [
            Question(
                int(record.cell(row, 1)),
                *(str(record.cell(row, column + 1)) for column in range(1, len(RECORD_COLUMNS))),
            )
            for row in rows
        ]
    except (TypeError, ValueError):
        raise UserError(
            "the hidden record of what was asked has been changed",
            where=f"{path}, sheet {RECORD!r}",
            mend="copy the answers into a new file of `touchstone judgements template`",
        ) from None


def refuse_other_tree(path: Path, record: Sheet, questions: list[Question], hierarchy: Hierarchy) -> None:
    """A survey of another hierarchy, or of the tree before it was changed, does not tell its weights."""
    mend = f"make a new one: touchstone judgements template {hierarchy.name} --expert NAME"
    if (asked_of := record.cell(2, 2)) != hierarchy.name:
        raise UserError(
            f"the survey is of the hierarchy {asked_of!r}; configured is {hierarchy.name!r}", where=str(path), mend=mend
        )
    asked, wanted = {question.pair for question in questions}, set(pairs(hierarchy))
    if asked != wanted:
        parts = [
            f"{told}: " + "; ".join(f"{item_a} with {item_b} under {parent}" for parent, item_a, item_b in sorted(some))
            for told, some in (("no longer asked", asked - wanted), ("not asked then", wanted - asked))
            if some
        ]
        raise UserError(
            "the configured hierarchy has changed since the survey was made. " + ". ".join(parts),
            where=str(path),
            mend=mend,
        )


def changed_texts(sheet: Sheet, expert: str, questions: list[Question]) -> list[str]:
    """Cells whose printed text is no longer what was asked: a moved row would answer another question."""
    expected = {(EXPERT_ROW, 2): expert}
    for question in questions:
        expected |= {(question.row, 2): question.text_a, (question.row, 3): question.text_b}
    return [
        f"{sheet.place(*cell)}: the text was changed from {text.splitlines()[0]!r} to {shown(sheet.cell(*cell))}"
        for cell, text in expected.items()
        if normal(str(sheet.cell(*cell))) != normal(text)
    ]


def answer(sheet: Sheet, question: Question, words: Wording) -> float | None:
    """How many times more important a is than b; None where neither cell is filled.

    Raises
    ------
    Wrong
        For an entry that is half, unknown, off the scale, or contradicts the one beside it.
    """
    which, degree = choice(sheet.cell(question.row, 4), question, words), degree_of(sheet.cell(question.row, 5))
    if which is None and degree is None:
        return None
    if which is None:
        raise Wrong(4, f"missing answer: which is more important, {question.name_a} or {question.name_b}, or neither?")
    if which == 0:
        if degree not in (None, 1):
            raise Wrong(5, f"contradiction: equally important, and yet {degree} times; clear one of the two")
        return 1.0
    if degree is None:
        raise Wrong(5, "missing answer: how much more important, 2 to 9?")
    if degree == 1:
        raise Wrong(5, "contradiction: one is chosen as more important, and 1 says equally; correct one of the two")
    return float(degree) if which > 0 else 1 / degree


def choice(value: Any, question: Question, words: Wording) -> int | None:
    """1 for the first, -1 for the second, 0 for equal."""
    if value is None:
        return None
    if isinstance(value, str):
        wanted = normal(value)
        if wanted in map(normal, (question.equal, *EQUAL_SPELLINGS)):
            return 0
        if wanted in (normal(question.name_a), normal(question.name_b)):
            return 1 if wanted == normal(question.name_a) else -1
        node = words.node(value, (question.item_a, question.item_b))
        if node:
            return 1 if node == question.item_a else -1
        # As the columns are headed; an item that is called so comes first.
        for which, heading in ((1, FIRST), (-1, SECOND)):
            if wanted in map(normal, (heading, *heading.split())):
                return which
    accepted = f"{question.name_a!r}, {question.name_b!r} or {question.equal!r}"
    raise Wrong(4, f"{unknown(value)}; accepted: {accepted}")


def degree_of(value: Any) -> int | None:
    """1 to 9, from a number, full-width digits, or the words of the scale."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value in SCALE:
            return int(value)
        raise Wrong(5, f"{shown(value)} is off the scale; accepted: whole numbers from 1 to 9")
    if isinstance(value, str) and not has_raised_digits(value):
        if (found := DEGREES.get(normal(value))) is not None:
            return found
        if is_number(value):
            raise Wrong(5, f"{shown(value)} is off the scale; accepted: whole numbers from 1 to 9")
    raise Wrong(5, f"{unknown(value)}; accepted: 1 to 9, or the words of the list")


def is_number(text: str) -> bool:
    try:
        float(normal(text))
    except ValueError:
        return False
    return True


def unknown(value: Any) -> str:
    return f"{'unknown answer' if isinstance(value, str | int | float) else 'the cell holds'} {shown(value)}"
