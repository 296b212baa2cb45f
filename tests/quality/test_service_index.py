"""What is asked of the service quality index before it is published."""

import pytest

from orchestration.quality import service_index
from orchestration.scoring.hierarchy import AhpSettings, Hierarchy, weigh
from orchestration.scoring.judgements import Judgement
from orchestration.scoring.quality import Scale, decide_index

COLUMNS = {
    **dict.fromkeys(("dimension", "member", "period", "indicator"), "varchar"),
    **dict.fromkeys(("value", "score"), "double"),
}
INDEX = {
    **dict.fromkeys(("dimension", "member", "period"), "varchar"),
    **dict.fromkeys(("quality_index", "process_index", "performance_index", "coverage"), "double"),
}


def tree(*names):
    """A flat tree of equal weights."""
    judgements = [Judgement("Li", "service", "service", names[0], other, 1.0) for other in names[1:]]
    weights = weigh(Hierarchy("service", "service", {"service": names}), judgements, AhpSettings("row_over_column"))
    return decide_index(weights, dict.fromkeys(names, Scale(0, 100)), 0.5, None, None)


def outcomes(warehouse, decision, scored, feeds, **index):
    """The checks by name, where these indicators of the whole have a score in the last 365 days."""
    cell = {"dimension": "overall", "member": "all", "period": "last_365_days"}
    rows = [cell | {"indicator": name, "value": 80, "score": 80} for name in scored]
    warehouse.write("facts.service_indicators", rows, COLUMNS)
    warehouse.write("scores.quality_index_indicators", rows, COLUMNS)
    warehouse.write("scores.quality_index", [dict.fromkeys(INDEX) | cell | index], INDEX)
    return {outcome.name: outcome for outcome in service_index.quality_index(warehouse, decision, feeds)}


FOUR = ("manner", "satisfaction", "response_timeliness", "complaint_count")


@pytest.mark.parametrize(
    ("index", "passed"),
    [
        ({}, True),
        ({"quality_index": None}, True),
        ({"quality_index": 100.1}, False),
        ({"quality_index": float("nan")}, False),
        ({"process_index": -1}, False),
    ],
)
def test_an_index_is_within_its_scale(warehouse, index, passed):
    """A cell without data is null; no number is not one."""
    found = outcomes(warehouse, tree(*FOUR), FOUR, {"complaints", "surveys"}, **index)
    assert found["within_0_and_100"].passed == passed
    assert set(found) == set(service_index.QUALITY_INDEX)


@pytest.mark.parametrize(
    ("scored", "feeds", "passed", "told"),
    [
        (FOUR, {"complaints", "surveys"}, True, "100% of the fed weight"),
        (FOUR[:2], {"complaints", "surveys"}, True, "without data: response_timeliness, complaint_count"),
        (FOUR[:1], {"complaints", "surveys"}, False, "feed what they need"),
        ((), {"complaints", "surveys"}, False, "without data: manner, satisfaction, response_timeliness"),
        (FOUR[:2], {"surveys"}, True, "not configured: response_timeliness (complaints), complaint_count (complaints)"),
        (("complaint_count",), {"complaints"}, True, "50% of the fed weight"),
        ((), {"complaints"}, False, "without data: response_timeliness, complaint_count"),
        ((), set(), True, "no index is told"),
    ],
)
def test_what_is_fed_has_data_for_half_of_its_weight(warehouse, scored, feeds, passed, told):
    """A company is not held for a feed that it does not have; where one that it has is empty, it is told which."""
    found = outcomes(warehouse, tree(*FOUR), scored, feeds)["overall_is_covered"]
    assert found.passed == passed
    assert told in found.message


def test_too_little_fed_for_an_index_is_told_and_holds_nothing(warehouse):
    """Surveys alone are a third of the weight: the index is empty, and the reason stands in the check."""
    decision = tree("manner", "response_timeliness", "complaint_count")
    found = outcomes(warehouse, decision, ("manner",), {"surveys"})["overall_is_covered"]
    assert found.passed
    assert "so no index is told, for want of 50% of the weight" in found.message


@pytest.mark.parametrize("table", ["scores.quality_index_indicators", "scores.quality_index"])
def test_a_measured_cell_that_is_not_scored_is_found(warehouse, table):
    """All groups but the whole may be lost, and nothing that is left looks wrong."""
    decision = tree(*FOUR)
    assert outcomes(warehouse, decision, FOUR, {"complaints"})["each_measured_cell_has_its_row"].passed
    warehouse.create_table(table, f"select * from {table} where false")
    found = service_index.each_measured_cell_has_its_row(warehouse, decision)
    assert not found.passed
    assert found.rows_failing == 4
