"""The matrix and the RFM map say what the customers are, and stay small whatever their number."""

import xml.etree.ElementTree as ElementTree

import duckdb
import pytest

from orchestration.publishing.labels import Labels
from orchestration.publishing.value_findings import matrix_sql, rfm_sql
from orchestration.publishing.value_pictures import matrix, rfm_map

LABELS = Labels({("value_quadrant", "high_value"): ("High value", "高价值客户")})


@pytest.fixture
def asked():
    with duckdb.connect() as connection:
        yield lambda question: connection.execute(question).df()


def words(svg: str) -> list[str]:
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]


def test_customers_are_binned_with_both_ends_of_the_scale(asked):
    """Twenty bins a side: 4.9 is in the first, 5 in the second, and 100 in the last; who is not known is left out."""
    customers = """(
            values ('low_value', 4.9, 5), ('low_value', 0, 9.9), ('high_value', 100, 100), ('low_value', 1, null)
        ) as customers (value_quadrant, current_value_score, potential_value_score)"""
    found = asked(matrix_sql(customers)).to_dict("records")
    assert [(row["current_value"], row["potential_value"], row["customers"]) for row in found] == [
        (97.5, 97.5, 1),
        (2.5, 7.5, 2),
    ]
    assert (found[1]["current_from"], found[1]["potential_from"]) == (0, 5)
    assert {row["not_shown"] for row in found} == {1}


def test_the_matrix_names_each_quadrant_with_its_customers(asked):
    """In both languages, an empty one with 0."""
    bins = asked(
        "select 'high_value' as value_quadrant, 97.5 as current_value, 92.5 as potential_value, 1200 as customers,"
        " 55.0 as current_from, 60.0 as potential_from, 0 as not_shown"
    )
    assert {"High value", "高价值客户 1,200", "Low value", "0"} <= set(words(matrix(bins, LABELS)))


def test_the_matrix_says_who_is_not_shown(asked):
    """Quadrants that add up to less than all customers look wrong, unless somebody says why."""
    bins = asked(
        "select 'high_value' as value_quadrant, 97.5 as current_value, 92.5 as potential_value, 1 as customers,"
        " 55.0 as current_from, 60.0 as potential_from, 1099 as not_shown"
    )
    note = "1,099 not shown: a value is unknown 价值未知，未显示"
    assert note in words(matrix(bins))
    assert note not in words(matrix(bins.assign(not_shown=0)))


def test_a_matrix_of_every_bin_is_small(asked):
    """A million customers fill 400 bins and no more; the page is read on a phone."""
    bins = asked("""
        select 'low_value' as value_quadrant, i % 20 * 5 + 2.5 as current_value, i // 20 * 5 + 2.5 as potential_value,
            2500 + i as customers, 0.0 as current_from, 0.0 as potential_from,
            0 as not_shown
        from range(400) as numbers (i)
    """)
    assert len(matrix(bins)) < 60_000


def test_the_map_shows_customers_and_their_mean_value(asked):
    """Two customers of 10 and 20 are worth 15 on average; who never ordered has no scores and no cell."""
    customers = """(values (5, 1, 10.00), (5, 1, 20.00), (1, 5, 1234.00), (null, null, 0.00))
        as customers (recency_score, frequency_score, clv)"""
    cells = asked(rfm_sql(customers))
    assert cells.to_dict("records") == [
        {"recency_score": 1, "frequency_score": 5, "customers": 1, "mean_clv": 1234.0},
        {"recency_score": 5, "frequency_score": 1, "customers": 2, "mean_clv": 15.0},
    ]
    assert {"2", "15", "1", "1,234"} <= set(words(rfm_map(cells)))
