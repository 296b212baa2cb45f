"""What the report says of relationships is what the marts say, and nothing where they say nothing."""

import duckdb
import pytest
from candidate import fill, manifest_of

from orchestration.publishing import findings, relationship_sentences
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
        return {told.subject: told.sentence for told in relationship_sentences.told(marts, "CNY", NO_LABELS)}


def test_numbers_of_the_mart_become_sentences(warehouse):
    """Word of mouth, and the profit of the five profitable who are dissatisfied: 2 of 5 thousand are in the first."""
    told = sentences(warehouse)
    assert told["Word of mouth"] == "They tell 800 people good and 220 ill of us: +580 net."
    assert told["Profitable but dissatisfied"] == (
        "5 profitable customers are dissatisfied, with a profit of 5,000 CNY, 5.0% of all profit; 40% of it in 华东."
    )
    assert told["Silent customers"].startswith("10 of 48 customers")


def test_the_region_that_stands_out_is_named_with_what_hurts_there(warehouse):
    """120 of 400 orders late against 55 of 1,100; two dissatisfied of 20 against 3 of 80 may be chance."""
    assert sentences(warehouse)["Where it hurts"] == (
        "西南 & <West> has 30.0 late deliveries per 100 orders (5.0 elsewhere), 9.0 complaints per 100 orders "
        "(2.6 elsewhere) and 2.0 green-channel breaches per 100 orders (0.1 elsewhere): more than chance explains. "
        "It is also first in customers profitable but dissatisfied (10.0, elsewhere 3.8), which may be chance."
    )


def test_whom_to_call_first_is_told_by_the_query_that_lists_them_and_what_is_at_stake(warehouse):
    """A list nobody finds is not called; a report that is passed around names nobody."""
    warehouse.execute(
        "update marts.customer_relationship set is_profitable_but_dissatisfied = true where customer_id <= 'C00002'"
    )
    stake, query = sentences(warehouse)["Call them first"].removesuffix(";").split(" The list: ")
    everyone = warehouse.execute(
        "select customer_id, value.clv from marts.customer_relationship join marts.customer_value as value"
        " using (customer_id) where is_profitable_but_dissatisfied order by value.clv desc"
    ).fetchall()
    assert len(everyone) > 5
    assert stake == f"{sum(clv for _, clv in everyone):,.0f} CNY of lifetime value is at stake."
    assert warehouse.execute(query).fetchall() == everyone


def test_promises_are_told_by_region_the_worst_first(warehouse):
    """16 of 32 in the west are not 10 of 10 in the east; 9 of 18 breaches are the whole company's."""
    assert sentences(warehouse)["Promises to complainers"] == (
        "Of 60 complaints of the last 365 days, 75.0% were answered within the promise (least kept first: "
        "西南 & <West> 50.0% of 32, 华东 100.0% of 10). The green channel was breached in 9 of 18 complaints "
        "(most breached first: 华东 1 of 2, 西南 & <West> 8 of 16)."
    )


def test_who_leaves_is_told_by_satisfaction(warehouse):
    """By hand: of four customers two are dissatisfied, one of them silent; of no other level is any."""
    warehouse.execute(
        "create or replace table marts.customer_relationship as select 'c' || number as customer_id,"
        " if(number < 2, 'dissatisfied', 'neutral') as satisfaction_level, number = 0 as is_silent"
        " from range(4) as numbers (number)"
    )
    assert sentences(warehouse)["Who leaves"] == (
        "Fell silent, by satisfaction: Dissatisfied 50.0% of 2; Neutral 0.0% of 2."
    )


def test_without_a_feed_of_complaints_none_is_told(warehouse):
    """0 complaints would be read as good news, and NaN as a fault."""
    warehouse.execute(
        "update marts.relationship_summary set complaints = null, complaints_last_365_days = null,"
        " green_channel_complaints = null, green_channel_breaches = null, silent_without_complaint = null"
    )
    warehouse.execute("delete from marts.service_timings")
    told = sentences(warehouse)
    assert "Promises to complainers" not in told
    assert told["Silent customers"] == "10 of 48 customers with orders fell silent."
    assert told["Where it hurts"].startswith(
        "西南 & <West> has 30.0 late deliveries per 100 orders (5.0 elsewhere): more"
    )
    assert "nan" not in " ".join(told.values()).lower()


def test_the_score_of_recommendation_says_which_of_the_two_it_is(warehouse):
    """The quality indicator of the same name is of the answers of one period."""
    assert "each by all its answers, older ones faded" in sentences(warehouse)["Satisfaction"]


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
    warehouse.execute("update marts.customer_relationship set satisfaction_level = null")
    assert set(sentences(warehouse)) == {
        "Silent customers",
        "Promises to complainers",
        "Where it hurts",
        "Change of complaints",
    }


@pytest.mark.parametrize("mart", PICTURES)
def test_each_mart_has_its_picture_and_an_empty_one_has_none(warehouse, mart):
    """The page of an asset shows it as soon as there is something to draw."""
    with findings.Marts(warehouse, "marts") as marts:
        assert PICTURES[mart](marts, CONFIGURATION, NO_LABELS).startswith("<svg")
        for table in PICTURES:
            warehouse.execute(f"delete from marts.{table}")
        assert PICTURES[mart](marts, CONFIGURATION, NO_LABELS) is None
