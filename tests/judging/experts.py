"""A small tree with Chinese names, and an expert who fills its survey as a person would, by a spreadsheet library."""

import io
from functools import cache
from pathlib import Path

import openpyxl

from orchestration.config.quality import Indicator, QualityConfig
from orchestration.judging.answers import ExpertAnswers
from orchestration.judging.reading import read_survey
from orchestration.judging.template import SURVEY, template
from orchestration.judging.weighing import hierarchy_of
from orchestration.judging.words import Wording, wording
from orchestration.scoring.hierarchy import Hierarchy

# Not checked: these indicators are nothing that is measured.
CONFIG = QualityConfig.model_construct(
    hierarchy="服务",
    trees={"服务": {"过程": {"速度": {}, "态度": {}, "效果": {}}, "satisfaction": {}}},
    indicators={"速度": Indicator(description="多快答复", unit="小时", floor=48, target=1)},
)
TREE: Hierarchy = hierarchy_of(CONFIG, "服务")
WORDS: Wording = wording(CONFIG, TREE)
EXPERT = "王芳"
# Rows 10, and 12 to 14: headings of the two groups stand in 9 and 11.
ROWS = {
    10: ("服务", "过程", "satisfaction"),
    12: ("过程", "速度", "态度"),
    13: ("过程", "速度", "效果"),
    14: ("过程", "态度", "效果"),
}
# Process twice satisfaction; 4 : 2 : 1 under it.
GOOD = {"D10": "过程", "E10": 2, "D12": "速度", "E12": 2, "D13": "速度", "E13": 4, "D14": "态度", "E14": 2}


def made(expert: str = EXPERT) -> openpyxl.Workbook:
    """The survey, opened."""
    return openpyxl.load_workbook(io.BytesIO(written(expert)))


@cache
def written(expert: str) -> bytes:
    """Once for all tests that fill it: writing takes most of their time."""
    return template(TREE, WORDS, expert)


def filled(path: Path, cells: dict, book: openpyxl.Workbook | None = None) -> Path:
    """The survey with these cells written, saved."""
    book = book or made()
    for cell, value in cells.items():
        book[SURVEY][cell] = value
    book.save(path)
    return path


def read(path: Path, orientation: str = "row_over_column") -> ExpertAnswers:
    """As the command reads it."""
    return read_survey(path, TREE, WORDS, orientation)


def ratios(answers: ExpertAnswers) -> dict[tuple[str, str, str], float]:
    """The ratio of each pair that was answered."""
    return {(said.parent, said.item_a, said.item_b): said.ratio for said in answers.judgements}
