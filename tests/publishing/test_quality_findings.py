"""What the report tells of service quality is told with how much stands behind it."""

import duckdb
import pytest
from candidate import fill

from orchestration.publishing import findings, quality_findings

# Standard errors of the candidate's regions are 2 in each indicator, so 2 * sqrt(sum of squared weights 0.1862) = 0.86
# in the index, and 1.96 * 0.86 * sqrt(2) = 2.4 points between two of them.
NOISE = 2.4


@pytest.fixture
def warehouse():
    """An open warehouse with all marts."""
    with duckdb.connect() as connection:
        fill(connection)
        yield connection


def regions(warehouse, **indices: float) -> dict[str, int]:
    """The rank by region after setting all indicators of some regions to a value."""
    for member, index in indices.items():
        warehouse.execute(
            "update marts.service_quality_indicators set value = $1, raw_value = $1, score = $1 where member = $2",
            [index, member],
        )
        warehouse.execute("update marts.service_quality set quality_index = $1 where member = $2", [index, member])
    with findings.Marts(warehouse, "marts") as marts:
        found = quality_findings.index_by_region(marts)
    return dict(zip(found["member"], found["rank"], strict=True))


def test_regions_that_differ_by_less_than_noise_share_a_rank(warehouse):
    """78.2 and 77.0 may be the same; both are better than 71.0, which is third."""
    ranks = regions(warehouse, 华东=78.2, 华南=78.2 - NOISE / 2, 华北=71.0)
    assert (ranks["华东"], ranks["华南"], ranks["华北"]) == (1, 1, 3)


def test_regions_that_differ_by_more_than_noise_have_ranks_of_their_own(warehouse):
    """The candidate's five regions are 3.3 points apart and more."""
    assert list(regions(warehouse).values()) == [1, 2, 3, 4, 5]


def test_a_region_says_its_smallest_sample(warehouse):
    """An index is as firm as the thinnest of what it is made of."""
    with findings.Marts(warehouse, "marts") as marts:
        found = quality_findings.index_by_region(marts).set_index("member")
    assert (found.loc["华南", "sample_size"], found.loc["华南", "is_small"]) == (12, True)
    assert (found.loc["华东", "sample_size"], found.loc["华东", "is_small"]) == (40, False)


def test_a_month_is_thin_where_a_sample_is_small_or_less_than_half_the_usual(warehouse):
    """600 in a year are 50 a month: 24 is less than half of it, 12 is marked as small, 50 is neither."""
    with findings.Marts(warehouse, "marts") as marts:
        months = quality_findings.index_by_month(marts)
    assert list(months["month"][months["is_thin"]]) == ["2026-02", "2026-04"]


def test_a_feed_is_missing_where_indicators_rest_on_it_and_nothing_came():
    """Costs and interactions are asked for by other marts."""
    assert quality_findings.missing_feeds(["orders"]) == ["complaints", "surveys"]
    assert quality_findings.missing_feeds(["orders", "complaints", "surveys"]) == []
