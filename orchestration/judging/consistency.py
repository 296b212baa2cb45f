"""Whether experts' answers agree with each other, in the words of the survey.

The arithmetic is in scoring/; here its findings become sentences that can be read out to the expert. The command that
reads surveys, the check of a refresh and `touchstone doctor` say the same.
"""

import math
from dataclasses import dataclass, replace

from orchestration.errors import UserError
from orchestration.judging.answers import ExpertAnswers
from orchestration.judging.words import SCALE, Wording
from orchestration.scoring.hierarchy import GROUP, AhpSettings, Change, Report, Weights, weigh


@dataclass(frozen=True)
class Verdict:
    """What is said to one expert; `is_consistent` when every parent passes; `weights` by this expert alone."""

    is_consistent: bool
    sentences: tuple[str, ...]
    weights: Weights


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
    own = [report for report in weights.reports if report.expert == answers.expert]
    for report in own:
        sentences += sentences_of(report, words, settings.limit)
    return Verdict(all(report.is_consistent for report in own), tuple(sentences), weights)


def contradictions(weights: Weights, words: Wording) -> list[str]:
    """What holds a refresh: each expert whose answers contradict each other, what to think over, and what then to do.

    The pooled answers are told where no expert's are refused: they follow from them.
    """
    refused = weights.inconsistent()
    by_experts = {report.parent for report in refused if report.expert != GROUP}
    told = []
    for report in refused:
        if report.expert == GROUP and report.parent in by_experts:
            continue
        who = "all experts together" if report.expert == GROUP else report.expert
        first, *advice = sentences_of(report, words, weights.settings.limit)
        told += [f"{who}, {first}", *advice]
    if told:
        told.append(
            "have these thought over, in their order, and correct the file; or have the survey answered anew: "
            f"touchstone judgements template {weights.hierarchy.name} --expert NAME"
        )
    return told


def sentences_of(report: Report, words: Wording, limit: float) -> list[str]:
    """Whether the answers of one matrix agree, and where not, the comparisons to think over; nothing of two items."""
    name = words.names[report.parent]
    if report.items < 3:
        return []
    if report.expert != GROUP and not report.is_checkable:
        return [
            f"warning: {name}: cannot be checked: {report.items - 1} answers on {report.items} items cannot contradict "
            "each other; one more would tell"
        ]
    told = f"{name}: consistency ratio {report.consistency_ratio:.3f}"
    if report.is_consistent:
        return [f"{told}, the answers agree with each other (at most {limit:g} is accepted)"]
    advice = [f"  {number}. {change_told(change, words)}" for number, change in enumerate(report.mends, 1)]
    return [f"{told}, the answers contradict each other: at most {limit:g} is accepted", *advice]


def change_told(change: Change, words: Wording) -> str:
    """One comparison to think over: where it is, what was said, and what the other answers imply."""
    said, implied = (in_words(times, change.item_a, change.item_b, words) for times in (change.said, change.implied))
    return (
        f"{change.place or 'pooled'}: the answer is, {said}; the other answers imply, {implied} "
        f"(consistency ratio then {change.consistency_ratio:.3f})"
    )


def in_words(times: float, item_a: str, item_b: str, words: Wording) -> str:
    """`Manner 服务态度 counts 3 times as much as Satisfaction 满意度 (moderately more important 稍微重要)`."""
    more, less = (item_a, item_b) if times >= 1 else (item_b, item_a)
    degree = max(times, 1 / times)
    whole = round(degree)
    # 0.333 in a file is a third.
    if whole not in SCALE or not math.isclose(degree, whole, rel_tol=0.005):
        return f"{words.names[more]} counts {degree:.4g} times as much as {words.names[less]}"
    meaning = " ".join(SCALE[whole])
    if whole == 1:
        return f"{words.names[item_a]} and {words.names[item_b]} are {meaning}"
    return f"{words.names[more]} counts {whole} times as much as {words.names[less]} ({meaning})"
