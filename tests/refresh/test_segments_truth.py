"""Segments of the example company against its truth: the customers whose stories were planted are found.

truth/stories.csv: opinion leaders, and those who have just begun to look at another category.
"""

import duckdb
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def planted(published):
    told = pd.read_csv(published.home / "sample" / "truth" / "stories.csv")
    return told.groupby("story")["customer_id"].agg(set)


def members(published, scheme: str, segment: str) -> set[str]:
    with duckdb.connect(str(published.current / "marts.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select customer_id from marts.customer_segments where scheme = ? and segment = ?", [scheme, segment]
        ).fetchall()
    return {customer for (customer,) in rows}


def test_opinion_leaders_are_those_who_were_planted(published, planted):
    """0.5 % of 300, rounded up: in so small a company nobody else becomes one by chance."""
    assert len(planted["opinion_leader"]) == 2
    assert members(published, "opinion_leader", "leader") == planted["opinion_leader"]


def test_whoever_was_planted_as_researching_a_purchase_is_found(published, planted):
    """2 % of 300; chance may make others change their main category too."""
    assert len(planted["interest_vip"]) == 6
    assert members(published, "interest_vip", "vip") >= planted["interest_vip"]
