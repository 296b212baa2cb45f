"""The example company's planted story: 西南 delivers late, and that is where it hurts.

truth/README.md: 36 % of the deliveries there are late and 6 % elsewhere, complaints follow late deliveries and are
answered 2.4 times as slowly; the dissatisfaction that drives answers is higher by .12.
"""

import duckdb
import pytest

PLANTED = "西南"
RANKED = "select member from marts.relationship_summary where dimension = 'region' order by {} desc limit 1"


@pytest.fixture(scope="module")
def marts(published):
    with duckdb.connect(str(published.current / "marts.duckdb"), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize(
    "hurt",
    [
        "late_deliveries_per_100_orders",
        "complaints_per_100_orders",
        "green_channel_breaches_per_100_orders",
        "dissatisfied_share",
        # In money: 300 customers have seven who are profitable but dissatisfied, too few for a rate by region.
        "profit_of_profitable_but_dissatisfied",
    ],
)
def test_the_region_with_late_deliveries_is_first_in_what_follows_from_them(marts, hurt):
    """Its complaints, its breaches, and the profit of its dissatisfied customers."""
    assert marts.execute(RANKED.format(hurt)).fetchone() == (PLANTED,)


def test_the_report_names_the_region_and_what_hurts_there(published):
    """In a sentence, for a manager who reads no table."""
    page = (published.current / "report.html").read_text("utf-8")
    (sentence,) = (
        line for line in page.splitlines() if "more than chance explains" in line and "Where it hurts" in line
    )
    assert f"{PLANTED} has " in sentence
    assert "late deliveries per 100 orders" in sentence
    assert "complaints per 100 orders" in sentence


def test_the_report_names_no_customer(published, marts):
    """Who they are stands in the marts, for those who may see it."""
    page = (published.current / "report.html").read_text("utf-8")
    customers = [customer for (customer,) in marts.execute("select customer_id from marts.customer_value").fetchall()]
    assert len(customers) == 300
    assert not [customer for customer in customers if customer in page]
