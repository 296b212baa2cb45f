"""What is told to an expert: agreement by the ratio, and advice that helps when it is followed to the letter."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration.config.quality import QualityConfig
from orchestration.judging.answers import ExpertAnswers, pairs
from orchestration.judging.consistency import contradictions, verdict
from orchestration.judging.weighing import hierarchy_of
from orchestration.judging.words import wording
from orchestration.scoring.hierarchy import AhpSettings, weigh
from orchestration.scoring.judgements import Judgement, importance

CONFIG = QualityConfig.model_construct(hierarchy="顶", trees={"顶": {item: {} for item in "甲乙丙丁"}}, indicators={})
TREE = hierarchy_of(CONFIG, "顶")
WORDS = wording(CONFIG, TREE)
PAIRS = pairs(TREE)
# 8 : 4 : 2 : 1
TRUTH = dict(zip(PAIRS, (2, 4, 8, 2, 4, 2), strict=True))


def told(times: dict, orientation: str = "row_over_column"):
    """The verdict on an expert who says so much of the first over the second."""
    cells = {pair: f"S!D{number}" for number, pair in enumerate(PAIRS, 10)}
    said = tuple(
        Judgement("ann", TREE.name, *pair, importance(ratio, orientation), place=cells[pair])
        for pair, ratio in times.items()
    )
    return verdict(ExpertAnswers("ann", TREE, "x.xlsx", said, cells), WORDS, AhpSettings(orientation))


def test_answers_that_agree_are_told_so():
    """CR is 0 where each ratio is the product of the others."""
    found = told(TRUTH)
    assert found.is_consistent
    assert found.sentences == (
        "顶: consistency ratio 0.000, the answers agree with each other (at most 0.1 is accepted)",
    )


def test_answers_too_few_to_contradict_each_other_are_not_praised():
    """Three answers on four items fit together whatever they say; a fourth closes a circle."""
    chain = {pair: TRUTH[pair] for pair in PAIRS if pair[1] == "甲"}
    found = told(chain)
    assert found.is_consistent
    assert found.sentences[-1] == (
        "warning: 顶: cannot be checked: 3 answers on 4 items cannot contradict each other; one more would tell"
    )
    assert "the answers agree" in told(chain | {("顶", "乙", "丙"): 2}).sentences[-1]


@pytest.mark.parametrize("orientation", ["row_over_column", "column_over_row"])
def test_a_slip_is_told_first_with_its_cell_and_the_truth_in_the_words_of_the_survey(orientation):
    """甲 over 丁 is 8; said the other way round, that is the one to mend, whichever way the files are read."""
    found = told(TRUTH | {("顶", "甲", "丁"): 1 / 8}, orientation)
    assert not found.is_consistent
    assert found.sentences[1] == (
        "  1. S!D12: the answer is, 丁 counts 8 times as much as 甲 (between 7 and 9 介于7与9之间); "
        "the other answers imply, 甲 counts 8 times as much as 丁 (between 7 and 9 介于7与9之间) "
        "(consistency ratio then 0.000)"
    )
    assert len(found.sentences) == 2


CIRCLE = TRUTH | {("顶", "甲", "丁"): 1 / 8}


def held(aggregation: str = "judgements", **times_of: dict) -> list[str]:
    """What a refresh says of experts who said so."""
    said = [
        Judgement(expert, TREE.name, *pair, ratio, place=f"{expert}.csv, line {line}")
        for expert, times in times_of.items()
        for line, (pair, ratio) in enumerate(times.items(), 2)
    ]
    return contradictions(weigh(TREE, said, AhpSettings("row_over_column", aggregation=aggregation)), WORDS)


def test_a_held_refresh_says_what_the_survey_says_with_the_file_and_how_to_go_on():
    """One who disagrees is named, with the line to think over; the pooled answers follow from it and are left out."""
    alone = told(CIRCLE).sentences
    assert held(ann=CIRCLE, bea=TRUTH) == [
        f"ann, {alone[0]}",
        alone[1].replace("S!D12", "ann.csv, line 4"),
        "have these thought over, in their order, and correct the file; or have the survey answered anew: "
        "touchstone judgements template 顶 --expert NAME",
    ]
    assert held(ann=TRUTH, bea=TRUTH) == []


def test_a_group_that_contradicts_itself_where_no_expert_does_is_told():
    """Ann says that 甲 counts eight times as much as 丁, by way of the others, and Bea an eighth; neither errs."""
    ann = {("顶", "甲", "乙"): 2, ("顶", "乙", "丙"): 2, ("顶", "丙", "丁"): 2}
    bea = {("顶", "甲", "乙"): 2, ("顶", "甲", "丙"): 1 / 8, ("顶", "甲", "丁"): 1 / 8}
    first, *advice, _ = held(ann=ann, bea=bea)
    assert first.startswith("all experts together, 顶: consistency ratio")
    assert advice[0].startswith("  1. pooled: the answer is, ")


SAID = re.compile(r"imply, (\S) (?:counts (\S+) times as much as|and) (\S).* \(consistency ratio then (\S+)\)")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([*range(1, 10), *(1 / k for k in range(2, 10))]), min_size=6, max_size=6))
def test_advice_is_what_can_be_written_and_leads_where_it_says(ratios):
    """Each names another cell and an answer of the scale; in order, each ratio is as told, and the last passes."""
    times = dict(zip(PAIRS, ratios, strict=True))
    found = told(times)
    assume(not found.is_consistent)
    advice = found.sentences[1:]
    assert advice
    assert len({sentence.split(":")[0] for sentence in advice}) == len(advice)
    for sentence in advice:
        more, degree, less, ratio = SAID.search(sentence).groups()
        degree = float(degree or 1)
        assert degree in range(1, 10)
        pair = ("顶", more, less) if ("顶", more, less) in times else ("顶", less, more)
        times[pair] = degree if pair[1] == more else 1 / degree
        reached = float(re.search(r"ratio (\S+),", told(times).sentences[0])[1])
        assert reached == pytest.approx(float(ratio), abs=1.1e-3)
        assert told(times).is_consistent == (sentence == advice[-1])
