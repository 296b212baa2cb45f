"""What the report says of relationships is what the marts say, and nothing where they say nothing."""

import duckdb
import pytest
from candidate import fill, manifest_of

from orchestration.publishing import findings, relationship_findings
from orchestration.publishing.labels import NO_LABELS
from orchestration.publishing.relationship_report import PICTURES

CONFIGURATION = manifest_of()["configuration"]


@pytest.fixture
def warehouse():
    with duckdb.connect() as connection:
        fill(connection)
        yield connection


def sentences(warehouse) -> dict[str, str]:
    """What is told, by subject."""
    with findings.Marts(warehouse, "marts") as marts:
        return {told.subject: told.sentence for told in relationship_findings.told(marts, "CNY", NO_LABELS)}


def test_numbers_of_the_mart_become_sentences(warehouse):
    """Word of mouth, and the profit of the five profitable who are dissatisfied: 2 of 5 thousand are in the first."""
    told = sentences(warehouse)
    assert told["Word of mouth"] == "They tell 800 people good and 220 ill of us: +580 net."
    assert told["Profitable but dissatisfied"] == (
        "5 profitable customers are dissatisfied, with a profit of 5,000 CNY, 5.0% of all profit; 40% of it in 华东. "
        "Call them first."
    )
    assert told["Silent customers"].startswith("10 of 48 customers")


def test_the_region_that_stands_out_is_named_with_what_hurts_there(warehouse):
    """120 of 400 orders late against 55 of 1,100; two dissatisfied of 20 against 3 of 80 may be chance."""
    assert sentences(warehouse)["Where it hurts"] == (
        "西南 & <West> has 30.0 late deliveries per 100 orders (5.0 elsewhere), 9.0 complaints per 100 orders "
        "(2.6 elsewhere) and 2.0 green-channel breaches per 100 orders (0.1 elsewhere): more than chance explains. "
        "It is also first in customers profitable but dissatisfied (10.0, elsewhere 3.8), which may be chance."
    )


def test_where_all_regions_are_alike_none_is_named(warehouse):
    """Some region is always the highest."""
    warehouse.execute(
        "update marts.relationship_summary set late_deliveries_last_365_days = 20, complaints_last_365_days = 10,"
        " green_channel_breaches = 1, profitable_but_dissatisfied = 1, orders_last_365_days = 500,"
        " answering_customers = 40"
    )
    assert "Where it hurts" not in sentences(warehouse)


def test_only_changes_beyond_noise_are_told(warehouse):
    """A category without complaints before has no ratio, and is new."""
    assert sentences(warehouse)["Change of complaints"] == (
        "Per order, the three months up to 2026-06 against the twelve before: Billing is new; "
        "Outage more: 1.80 times (1.20 to 2.60); more than chance explains."
    )


def test_without_answers_nothing_is_said_of_satisfaction(warehouse):
    """A company that does not ask has orders and complaints all the same."""
    warehouse.execute(
        "update marts.relationship_summary set answering_customers = 0, recommendation_answering_customers = 0,"
        " satisfied_share = null, top_box_share = null, dissatisfied_share = null, nps = null, people_told_good = 0,"
        " people_told_bad = 0, profitable_but_dissatisfied = 0"
    )
    assert set(sentences(warehouse)) == {"Silent customers", "Where it hurts", "Change of complaints"}


@pytest.mark.parametrize("mart", PICTURES)
def test_each_mart_has_its_picture_and_an_empty_one_has_none(warehouse, mart):
    """The page of an asset shows it as soon as there is something to draw."""
    with findings.Marts(warehouse, "marts") as marts:
        assert PICTURES[mart](marts, CONFIGURATION, NO_LABELS).startswith("<svg")
        for table in PICTURES:
            warehouse.execute(f"delete from marts.{table}")
        assert PICTURES[mart](marts, CONFIGURATION, NO_LABELS) is None
