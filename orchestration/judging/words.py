"""The words of the survey: the scale from 1 to 9 and the indicators, in English and Chinese.

Pure texts and their spellings; where they stand on a sheet is in judging/template.py.
"""

import csv
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestration.config.quality import QualityConfig
from orchestration.publishing.labels import Labels
from orchestration.scoring.hierarchy import Hierarchy
from orchestration.settings import PROJECT

LABEL_TEXTS = PROJECT / "dbt_project" / "seeds" / "label_texts.csv"
EQUAL = "Equally important 同样重要"
EQUAL_SPELLINGS = (EQUAL, "Equally important", "同样重要", "equal", "相同", "=")
# Saaty (1980), table 3-1; the Chinese words are those of the usual textbooks.
SCALE = {
    1: ("equally important", "同样重要"),
    2: ("between 1 and 3", "介于1与3之间"),
    3: ("moderately more important", "稍微重要"),
    4: ("between 3 and 5", "介于3与5之间"),
    5: ("strongly more important", "明显重要"),
    6: ("between 5 and 7", "介于5与7之间"),
    7: ("very strongly more important", "强烈重要"),
    8: ("between 7 and 9", "介于7与9之间"),
    9: ("extremely more important", "极端重要"),
}


def degree_option(degree: int) -> str:
    """One entry of the drop-down list: `3 moderately more important 稍微重要`."""
    return " ".join((str(degree), *SCALE[degree]))


def normal(text: str) -> str:
    """What a person takes for the same text: width, case and blanks do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def display_width(text: str) -> int:
    """How many digits wide a text is in print: a Chinese sign counts two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


DEGREES = {
    normal(spelling): degree
    for degree, words in SCALE.items()
    for spelling in (str(degree), *words, " ".join(words), degree_option(degree))
}


@dataclass(frozen=True)
class Wording:
    """What the nodes of a tree are called, and what they are.

    Attributes
    ----------
    names : mapping of node to str
        English and Chinese; no two nodes have the same.
    descriptions : mapping of node to str
        What is measured and in which unit, in both languages; of a parent, what it is made up of.
    spellings : mapping of node to tuple of str
        How a person may write it: the code, the label in either language, or both.
    """

    names: Mapping[str, str]
    descriptions: Mapping[str, str]
    spellings: Mapping[str, tuple[str, ...]]

    def node(self, text: str, among: Iterable[str]) -> str | None:
        """The node that is written so, or none."""
        wanted = normal(text)
        found = [node for node in among if wanted in map(normal, self.spellings[node])]
        return found[0] if len(found) == 1 else None


def wording(config: QualityConfig, hierarchy: Hierarchy) -> Wording:
    """The words for the configured tree; an indicator without a label is called by its name as words."""
    with LABEL_TEXTS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    labels = Labels({(row["field"], row["value"]): (row["label_en"], row["label_zh"]) for row in rows})
    nodes = [hierarchy.root, *(node for node, _, _ in hierarchy.nodes())]
    both = {node: labels.both("indicator", node) for node in nodes}
    times = Counter(map(normal, both.values()))
    names = {node: name if times[normal(name)] == 1 else f"{name} ({node})" for node, name in both.items()}
    descriptions = {}
    for node in nodes:
        if node in hierarchy.children:
            descriptions[node] = "made up of 包括: " + "; ".join(names[child] for child in hierarchy.children[node])
        elif node in config.indicators:
            indicator = config.indicators[node]
            descriptions[node] = f"{indicator.description} ({indicator.unit})\n{indicator.description_zh}".strip()
        else:
            descriptions[node] = ""
    spellings = {
        node: (
            *(node, names[node]),
            *filter(None, (labels.english("indicator", node), labels.chinese("indicator", node))),
        )
        for node in nodes
    }
    return Wording(names, descriptions, spellings)
