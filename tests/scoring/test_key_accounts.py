"""Key accounts by revenue and by attributes: the method's examples."""

import pytest

from orchestration.errors import UserError
from orchestration.scoring.key_accounts import KeyAccountSettings
from scoring.tiered import customer, tiers_of


def test_rank_fifty_is_a_key_account_and_fifty_one_is_not(engine):
    """All revenues alike: the fixed order decides, and it decides the same every time."""
    rows, _ = tiers_of(engine, [customer(revenue=10) for _ in range(51)])
    assert [row["is_key_account"] for row in rows] == [True] * 50 + [False]
    assert [row["key_account_rank_revenue"] for row in rows] == list(range(1, 52))


def test_a_customer_without_revenue_is_no_key_account(engine):
    """A small company has fewer than fifty customers; those who bought nothing are not key."""
    rows, _ = tiers_of(engine, [customer(revenue=1), customer(revenue=0), customer(revenue=-3)])
    assert [row["is_key_account"] for row in rows] == [True, False, False]


def by_attributes(last_rank=50, **weights):
    return {"key_accounts": KeyAccountSettings(weights, last_rank)}


def ranks(rows):
    return [row["key_account_rank_non_monetary"] for row in rows]


def test_either_ranking_makes_a_key_account(engine):
    """One by revenue, one by credit. Of their 110 the first gives the first 80 %, the second ends at 100 %."""
    rows, _ = tiers_of(
        engine,
        [
            customer(revenue=100, credit_score=500),
            customer(revenue=10, credit_score=700),
            customer(revenue=5, credit_score=600),
        ],
        **by_attributes(1, credit=1),
    )
    assert ranks(rows) == [3, 1, 2]
    assert [row["is_key_account"] for row in rows] == [True, True, False]
    assert [row["key_account_class"] for row in rows] == ["A", "B", None]


def test_key_accounts_are_split_by_their_own_revenue(engine):
    """50, 30, 15 and 5: A ends where 80 of 100 is reached exactly, B at 95; the fifth is no key account."""
    rows, _ = tiers_of(
        engine, [customer(revenue=revenue) for revenue in (50, 30, 15, 5, 4)], **by_attributes(4, credit=1)
    )
    assert [row["key_account_class"] for row in rows] == ["A", "A", "B", "C", None]


def test_rank_fifty_by_attributes_is_in_and_fifty_one_is_out(engine):
    """All alike and without revenue: only the attributes can make them key accounts, and the id decides."""
    rows, _ = tiers_of(engine, [customer(credit_score=600) for _ in range(51)], **by_attributes(credit=1))
    assert ranks(rows) == list(range(1, 52))
    assert [row["is_key_account"] for row in rows] == [True] * 50 + [False]


BETTER_AND_WORSE = {
    "loyalty": ({"recency_days": 400}, {"recency_days": 10}),
    "purchase_stability": ({"mean_gap_days": 10, "sd_gap_days": 1}, {"mean_gap_days": 20, "sd_gap_days": 4}),
    "tolerance": ({"recovered_complaints": 1}, {"recovered_complaints": 0}),
    "willingness_to_give_feedback": ({"answers": 1, "suggestions": 2}, {"answers": 2}),
    "willingness_to_refer": ({"recommend_score": 9}, {"recommend_score": 6}),
    "credit": ({"credit_score": 700}, {"credit_score": 650}),
    "influence": ({"successful_referrals": 2}, {"successful_referrals": 1}),
}


@pytest.mark.parametrize("attribute", BETTER_AND_WORSE)
def test_each_attribute_ranks_by_its_facts(engine, attribute):
    """Long, even, reconciled, talkative, recommending, creditworthy and influential customers stand first."""
    better, worse = BETTER_AND_WORSE[attribute]
    rows, decision = tiers_of(engine, [customer(**worse), customer(**better)], **by_attributes(**{attribute: 1}))
    assert ranks(rows) == [2, 1]
    assert decision.key_accounts.absent == ()


def test_what_is_not_known_of_a_customer_is_left_out_of_the_mean(engine):
    """By hand: .6 x 50 + .4 x 0 = 30 for the first, 100 for the one without a credit score, .6 x 0 + .4 x 100 = 40."""
    rows, _ = tiers_of(
        engine,
        [
            customer(recency_days=20, credit_score=600),
            customer(recency_days=30),
            customer(recency_days=10, credit_score=700),
        ],
        **by_attributes(loyalty=0.6, credit=0.4),
    )
    assert ranks(rows) == [3, 1, 2]


def test_a_stranger_with_one_answer_is_not_ranked(engine):
    """Less than half of the weight is known; and who never ordered is no account at all."""
    rows, _ = tiers_of(
        engine,
        [
            customer(recency_days=5, recommend_score=1),
            customer(recommend_score=10),
            customer(order_days=0, recency_days=5, recommend_score=10),
        ],
        **by_attributes(loyalty=0.6, willingness_to_refer=0.4),
    )
    assert ranks(rows) == [1, None, None]


def test_attributes_that_nobody_has_are_told_and_may_leave_no_ranking(engine):
    """With orders alone .4 of the weight is known of anybody: key accounts are then those by revenue."""
    rows, decision = tiers_of(engine, [customer(revenue=1, recency_days=5)], **by_attributes(loyalty=0.4, credit=0.6))
    assert ranks(rows) == [None]
    assert rows[0]["is_key_account"]
    assert decision.key_accounts.absent == ("credit",)
    assert "by revenue alone" in decision.notes[-1]


def test_unknown_attributes_are_refused_with_the_accepted_ones():
    """A misspelt weight must not vanish."""
    with pytest.raises(UserError, match="purchase_stability"):
        KeyAccountSettings({"stability": 1})
