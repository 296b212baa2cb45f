"""Whether one expert's answers agree with each other, in the words of the survey.

The arithmetic is in scoring/; here its findings become sentences that can be read out to the expert.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from orchestration.errors import UserError
from orchestration.judging.answers import ExpertAnswers
from orchestration.judging.words import SCALE, Wording
from orchestration.scoring.ahp.consistency import consistency, mends
from orchestration.scoring.hierarchy import AhpSettings, weigh
from orchestration.scoring.judgements import comparison_matrix

WORST = 3


@dataclass(frozen=True)
class Verdict:
    """What is said to one expert; `is_consistent` when every parent passes."""

    is_consistent: bool
    sentences: tuple[str, ...]


def verdict(answers: ExpertAnswers, words: Wording, settings: AhpSettings) -> Verdict:
    """Judge one expert's answers under each parent by the limit on the consistency ratio.

    Raises
    ------
    UserError
        For answers that cannot be weighed.
    """
    # Alone, an expert needs no weight among others.
    alone = replace(settings, expert_weights=None)
    try:
        weights = weigh(answers.hierarchy, answers.judgements, alone)
    except UserError as error:
        raise UserError(error.what, where=f"{answers.source}: {error.where}", mend=error.mend) from None
    sentences = [
        f"warning: no answer in {answers.cells[pair]}: {words.names[pair[1]]} with {words.names[pair[2]]}; "
        "the other answers complete it"
        for pair in answers.unanswered
    ]
    for report in weights.reports:
        if report.expert != answers.expert or report.items < 3:
            continue
        if not report.is_checkable:
            sentences.append(
                f"warning: {words.names[report.parent]}: cannot be checked: {report.items - 1} answers on "
                f"{report.items} items cannot contradict each other; one more would tell"
            )
            continue
        told = f"{words.names[report.parent]}: consistency ratio {report.consistency_ratio:.3f}"
        if report.is_consistent:
            sentences.append(f"{told}, the answers agree with each other (at most {settings.limit:g} is accepted)")
        else:
            sentences.append(f"{told}, the answers contradict each other: at most {settings.limit:g} is accepted")
            sentences += advice(answers, report.parent, words, alone)
    is_consistent = all(report.is_consistent for report in weights.reports if report.expert == answers.expert)
    return Verdict(is_consistent, tuple(sentences))


def advice(answers: ExpertAnswers, parent: str, words: Wording, settings: AhpSettings) -> list[str]:
    """Up to three comparisons to think over, the worst first, each with the answer on the scale that the others imply.

    Each is applied before the next is looked for; what is told is what an expert can write, so the ratio that it
    leads to is that of the rounded answer.
    """
    items = answers.hierarchy.children[parent]
    given = [said for said in answers.judgements if said.parent == parent]
    asked = {frozenset((said.item_a, said.item_b)): (said.item_a, said.item_b) for said in given}
    matrix = np.array(comparison_matrix(items, given, settings.orientation))
    told: list[str] = []
    while len(told) < WORST and asked:
        for mend in mends(matrix, settings.random_index, settings.limit):
            pair = asked.pop(frozenset((items[mend.row], items[mend.column])), None)
            if pair:
                break
        else:
            break
        a, b = (items.index(item) for item in pair)
        before, after = float(matrix[a, b]), on_scale(mend.mended if a == mend.row else 1 / mend.mended)
        if math.isclose(before, after):
            continue
        matrix[a, b], matrix[b, a] = after, 1 / after
        ratio = consistency(matrix, settings.random_index).consistency_ratio
        said, implied = (in_words(times, *pair, words) for times in (before, after))
        told.append(
            f"  {len(told) + 1}. {answers.cells[parent, *pair]}: you said, {said}; your other answers imply, {implied} "
            f"(consistency ratio then {ratio:.3f})"
        )
    return told


def on_scale(times: float) -> float:
    """The nearest answer that the scale has, by ratio."""
    degrees = [*SCALE, *(1 / degree for degree in SCALE)]
    return min(degrees, key=lambda degree: abs(math.log(degree / times)))


def in_words(times: float, item_a: str, item_b: str, words: Wording) -> str:
    """`Manner 服务态度 counts 3 times as much as Satisfaction 满意度 (moderately more important 稍微重要)`."""
    more, less = (item_a, item_b) if times >= 1 else (item_b, item_a)
    degree = max(times, 1 / times)
    whole = round(degree)
    is_whole = math.isclose(degree, whole)
    if is_whole and whole == 1:
        return f"{words.names[item_a]} and {words.names[item_b]} are {' '.join(SCALE[1])}"
    meaning = f" ({' '.join(SCALE[whole])})" if is_whole else ""
    return f"{words.names[more]} counts {degree:.4g} times as much as {words.names[less]}{meaning}"
