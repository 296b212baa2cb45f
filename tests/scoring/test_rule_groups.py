"""Rule groups: who is in a group, by hand, and what may not be written."""

import datetime as dt
import re

import duckdb
import pytest
from pydantic import ValidationError

from orchestration.config.customer_facts import FACTS
from orchestration.config.rule_groups import RULE_OF, OpinionLeaderConfig, RuleGroup
from orchestration.config.schemes import RULES
from orchestration.scoring.rule_groups import COUNTED, RELATIONS, in_words, members_sql, relation_of
from orchestration.scoring.schemes import FED
from orchestration.settings import PROJECT

AS_OF = dt.date(2026, 6, 30)
# Three customers: `rich` has everything, `poor` little, `blank` is in no table but that of the customers.
TABLES = """
create schema facts;
create schema scores;
create table facts.customers as from (values
    ('rich', '华东', null::varchar, 9.0, 100.0), ('poor', null, null, null, null), ('blank', null, null, null, null)
) as rows (customer_id, region, industry, credit_score, prepaid_balance);
create table facts.customer_attributes as select 'rich' as customer_id, 1 as successful_referrals;
create table facts.customer_orders as from (values
    ('rich', 1000.00::decimal(18, 4), 800.00, 300.00, 4, 9, 10, 1), ('poor', 5.00, 5.00, -1.00, 1, 1, 400, 0),
    ('blank', 0, 0, 0, 0, 0, null, 0)
) as rows (customer_id, revenue, revenue_last_365_days, profit, orders_last_365_days, order_days, days_since_last_order,
    late_deliveries_last_365_days);
create table facts.customer_payments as
    select 'poor' as customer_id, 5.00::decimal(18, 4) as overdue_amount, 1 as overdue_orders,
        2 as late_payments_last_365_days;
create table facts.customer_complaints as
    select 'poor' as customer_id, 3 as complaints_last_365_days, 1 as safety_complaints_last_365_days,
        2 as unanswered_complaints, 2 as suggestions;
create table facts.complaints as from (values
    ('poor', timestamp '2025-07-01', 'outage', false), ('poor', timestamp '2025-06-30', 'outage', false),
    ('poor', timestamp '2026-06-30 23:00', 'billing', false), ('poor', timestamp '2026-06-01', 'outage', true)
) as rows (customer_id, opened_at, category, is_suggestion);
create table facts.customer_surveys as select 'poor' as customer_id, 0.25 as satisfaction_scaled;
create table facts.customer_activity as from (values ('rich', 50.0, 12), ('poor', 0.0, 0), ('blank', 0.0, 0))
    as rows (customer_id, e_value, events_last_365_days);
create table scores.clv as from (values ('rich', 500.00, 0.9, 3.0), ('poor', 1.00, 0.1, 0.1), ('blank', 0, null, null))
    as rows (customer_id, clv, p_alive, expected_orders);
create table scores.value_tiers as from (values
    ('rich', 'gold', 'A', 'strategic', 0.5, 'high_value', 'champions', true),
    ('poor', 'lead', 'C', 'ordinary', null, 'low_value', 'others', false)
) as rows (customer_id, value_tier, abc_class, contribution_class, wallet_share, value_quadrant, rfm_segment,
    is_key_account);
create table scores.silence as from (values ('rich', false), ('poor', true), ('blank', null))
    as rows (customer_id, is_silent);
"""


@pytest.fixture(scope="module")
def company():
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


def members(company, **group) -> set[str]:
    """The customers of one group."""
    sql = members_sql({("rule_group", "g"): RuleGroup.model_validate(group)}, AS_OF)
    return {customer for customer, *_ in company.execute(sql).fetchall()}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"fact": "revenue", "at_least": 1000}, {"rich"}),
        ({"fact": "revenue", "above": 1000}, set()),
        ({"fact": "revenue", "at_most": 5}, {"poor", "blank"}),
        ({"fact": "revenue", "below": 5}, {"blank"}),
        ({"fact": "revenue", "above": 0, "below": 1000}, {"poor"}),
        ({"fact": "order_days", "equals": 9}, {"rich"}),
        ({"fact": "value_tier", "is": "gold"}, {"rich"}),
        ({"fact": "value_tier", "is": ["gold", "lead"]}, {"rich", "poor"}),
        ({"fact": "region", "is": "华东"}, {"rich"}),
        ({"fact": "is_silent", "is": True}, {"poor"}),
        ({"fact": "is_silent", "is": False}, {"rich"}),
    ],
)
def test_condition_holds_a_fact_against_what_is_given(company, condition, expected):
    """Ends are in or out as the word says; who has no value meets nothing."""
    assert members(company, all=[condition]) == expected


@pytest.mark.parametrize("fact", ["overdue_amount", "complaints_last_365_days", "successful_referrals"])
def test_who_was_never_counted_has_none(company, fact):
    """Nobody complains less than a customer without any complaint."""
    assert "blank" in members(company, all=[{"fact": fact, "equals": 0}])


def test_unknown_number_is_not_a_small_one(company):
    """A customer who never ordered did not order yesterday."""
    assert members(company, all=[{"fact": "days_since_last_order", "at_most": 9999}]) == {"rich", "poor"}


def test_all_and_any_are_both_needed(company):
    """`all` narrows; of `any` one is enough."""
    poor, rich = {"fact": "is_silent", "is": True}, {"fact": "is_key_account", "is": True}
    assert members(company, all=[poor, rich]) == set()
    assert members(company, any=[poor, rich]) == {"poor", "rich"}
    assert members(company, all=[poor], any=[poor, rich]) == {"poor"}


def test_complaints_of_categories_are_those_of_the_last_365_days(company):
    """2025-07-01 is the first day of the 365 that end with 2026-06-30; a suggestion is no complaint."""
    outages = {"fact": "complaints_last_365_days", "categories": ["outage"]}
    either = {"fact": "complaints_last_365_days", "categories": ["outage", "billing"]}
    assert members(company, all=[outages | {"equals": 1}, either | {"equals": 2}]) == {"poor"}


def test_customer_may_be_in_several_groups_or_none(company):
    """A row a group; who is in none has no row."""
    first = RuleGroup.model_validate({"all": [{"fact": "clv", "above": 0}]})
    second = RuleGroup.model_validate({"all": [{"fact": "clv", "above": 100}]})
    sql = members_sql({("rule_group", "a"): first, ("rule_group", "b"): second}, AS_OF)
    assert sorted(company.execute(sql).fetchall()) == [
        ("poor", "rule_group", "a"),
        ("rich", "rule_group", "a"),
        ("rich", "rule_group", "b"),
    ]
    assert company.execute(members_sql({}, AS_OF)).fetchall() == []


def test_every_fact_can_be_asked(company):
    """A fact whose column is not there would stop the refresh of whoever uses it first."""
    asked = {"number": {"at_least": 0}, "text": {"is": "x"}, "yes_no": {"is": True}}
    known = {name: {"is": list(RULES[rule].segments)} for name, rule in RULE_OF.items()}
    conditions = [{"fact": name, **known.get(name, asked[fact.kind])} for name, fact in FACTS.items()]
    assert members(company, any=conditions) == {"rich", "poor", "blank"}
    used = {relation_of(condition) for condition in RuleGroup.model_validate({"any": conditions}).conditions}
    assert used == {"customers", *RELATIONS}
    assert {"complaints_of", *RELATIONS} >= set(COUNTED)


def test_every_need_of_a_fact_can_be_looked_up():
    """What cannot be looked up could not be switched off."""
    assert {need for fact in FACTS.values() for need in fact.needs} <= set(FED)


@pytest.mark.parametrize(
    ("config", "leads"),
    [
        ({}, True),
        ({"loyalty_above": 6.7}, False),
        ({"suggestions": 3}, False),
        ({"successful_referrals": 2}, False),
        ({"regions": ["华东", "North"]}, True),
        ({"regions": ["North"]}, False),
    ],
)
def test_opinion_leader_meets_all_four(config, leads):
    """Of four customers the third by expected orders has a loyalty of 10 x 2/3; two suggestions, one referral."""
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        connection.execute(
            "insert into scores.clv values ('x', 0, null, 9.0);"
            "update facts.customer_complaints set customer_id = 'rich'"
        )
        group = OpinionLeaderConfig(**config).as_group()
        found = connection.execute(members_sql({("opinion_leader", "leader"): group}, AS_OF)).fetchall()
    assert found == ([("rich", "opinion_leader", "leader")] if leads else [])


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ({"all": [{"fact": "turnover", "above": 1}]}, "unknown fact; accepted: revenue, "),
        ({"all": [{"fact": "revenue", "is": "high"}]}, "revenue is a number: compare it by at_least"),
        ({"all": [{"fact": "revenue"}]}, "revenue is a number"),
        ({"all": [{"fact": "value_tier", "above": 1}]}, "value_tier is a text: write `is: <text>`"),
        ({"all": [{"fact": "is_silent", "is": "yes"}]}, "is_silent is yes or no"),
        ({"all": [{"fact": "revenue", "above": 1, "categories": ["a"]}]}, "`categories` belongs to the fact"),
        ({"all": []}, "there is no condition"),
        ({"all": [{"fact": "revenue", "more_than": 1}]}, "more_than"),
    ],
)
def test_condition_that_says_nothing_is_refused(group, told):
    """A condition that nobody can meet would be an empty group, and no error."""
    with pytest.raises(ValidationError, match=told.replace("(", r"\(")):
        RuleGroup.model_validate(group)


def test_rule_is_told_in_words():
    """The report says what a group is, not how it is written down."""
    group = {
        "all": [{"fact": "complaints_last_365_days", "categories": ["outage", "停电"], "at_least": 2}],
        "any": [{"fact": "value_tier", "is": ["gold"]}, {"fact": "is_silent", "is": False}],
    }
    told = "complaints_last_365_days of outage/停电 at least 2 and (value_tier is gold or not is_silent)"
    assert in_words(RuleGroup.model_validate(group)) == told


def documented(heading: str) -> dict[str, str]:
    """Rows of the table under a heading of the page by each name in their first cell."""
    page = (PROJECT / "docs" / "segments.md").read_text("utf-8")
    [section] = [part for part in page.split("\n## ") if part.removeprefix("# ").startswith(f"{heading}\n")]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return {name: row for row in rows for name in re.findall("`(.*?)`", row.split("|")[1])}


def test_every_scheme_is_documented():
    """With its rule; and with what it needs, where that is not always fed."""
    schemes, off = documented("Segments"), documented("What is off when")
    assert set(schemes) == {rule.scheme for rule in RULES.values()}
    for name, rule in RULES.items():
        assert f"| `{name}` |" in schemes[rule.scheme]
        assert all(f"`{need}`" in off[rule.scheme] for need in rule.needs)


def test_every_fact_is_documented():
    """An analyst writes a group by the table of the page, not by the code."""
    rows = documented("Rule groups")
    assert set(rows) == set(FACTS)
    for name, fact in FACTS.items():
        assert all(text in rows[name] for text in (fact.unit, fact.meaning, *fact.needs)), name
