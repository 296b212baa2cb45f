"""Damage to the published service quality that a check must notice: each kind once, by the check that should."""

from __future__ import annotations

import duckdb
import pytest
from refreshes import Refresh, copy_home

INDEX = "assert_quality_index_follows_from_its_indicators"
CHANGES = "assert_quality_changes_follow_from_the_indicators"


@pytest.fixture(scope="module")
def warehouse(clean_refresh: Refresh, tmp_path_factory: pytest.TempPathFactory):
    """A copy that each test breaks and takes back."""
    home = copy_home(clean_refresh.home, tmp_path_factory.mktemp("quality") / "home")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        yield connection


def found(warehouse, refresh: Refresh, check: str, statement: str) -> list[tuple]:
    warehouse.execute("begin")
    try:
        warehouse.execute(statement)
        return warehouse.execute(refresh.nodes("test")[check].node.compiled_code).fetchall()
    finally:
        warehouse.execute("rollback")


@pytest.mark.parametrize(
    ("check", "statement"),
    [
        (INDEX, "update marts.service_quality set quality_index = null"),
        (INDEX, "update marts.service_quality set quality_index = quality_index + 5e-7"),
        (INDEX, "update marts.service_quality set quality_index = 'nan'"),
        (INDEX, "update marts.service_quality set process_index = process_index + 10"),
        (INDEX, "update marts.service_quality set performance_index = null"),
        (INDEX, "update marts.service_quality set coverage = 0.9 where coverage = 1"),
        (INDEX, "delete from marts.service_quality where dimension <> 'overall'"),
        (INDEX, "delete from marts.service_quality_indicators where dimension <> 'overall'"),
        (INDEX, "update marts.service_quality_indicators set value = value + 20"),
        (INDEX, "update marts.service_quality_indicators set weight = weight * 2"),
        (INDEX, "update marts.service_quality_indicators set contribution = null"),
        (
            INDEX,
            "update marts.quality_weights set global_weight = case indicator when 'manner' then 0.4 else 0.3 end"
            " where indicator in ('manner', 'satisfaction')",
        ),
        (CHANGES, "update marts.service_quality_changes set change = -change where indicator <> 'index'"),
        (CHANGES, "update marts.service_quality_changes set is_more_than_noise = not is_more_than_noise"),
        (CHANGES, "update marts.service_quality_changes set change = change + 3 where indicator = 'index'"),
        (CHANGES, "update marts.service_quality_changes set contribution = contribution + 1 where indicator = 'index'"),
        (CHANGES, "update marts.service_quality_changes set raw_change = raw_change + 1e-6"),
        (
            CHANGES,
            "update marts.service_quality_changes set change_low = change_low + 50, change_high = change_high + 50",
        ),
        (
            CHANGES,
            "update marts.service_quality_changes set change_low = change_low + 30, change_high = change_high + 30"
            " where indicator = 'index'",
        ),
        (CHANGES, "update marts.service_quality_changes set change_high = 'nan' where indicator = 'index'"),
        (CHANGES, "update marts.service_quality_changes set change_low = 'nan', change_high = 'nan'"),
        (CHANGES, "delete from marts.service_quality_changes"),
        (CHANGES, "delete from marts.service_quality_changes where indicator = 'satisfaction'"),
    ],
)
def test_damage_to_what_is_told_is_noticed(clean_refresh, warehouse, check, statement):
    """What readers see is recomputed from its parts, by other statements than those that made it."""
    assert found(warehouse, clean_refresh, check, "select 1") == []
    assert found(warehouse, clean_refresh, check, statement)


def test_an_answer_off_its_scale_is_noticed(clean_refresh, warehouse):
    """The scaled score is empty then, and cannot tell; a six on a scale to five can."""
    check = "survey_answers_score_is_on_its_scale"
    assert found(warehouse, clean_refresh, check, "update facts.survey_answers set score = scale_max + 1")
