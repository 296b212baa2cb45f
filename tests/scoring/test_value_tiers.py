"""Tiers, ABC, key accounts, RFM and the quadrant: the method's examples, and partitions under ties."""

import itertools
import math
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.scoring.quadrant import QuadrantSettings, decide_quadrant
from orchestration.scoring.rfm import rfm_segments
from orchestration.scoring.tiers import (
    TierSettings,
    abc_cuts,
    decide_tiers,
    pyramid_cuts,
    read_summary,
    tier_summary_sql,
    value_tiers_sql,
)

SEGMENTS = [
    {"name": "champions", "recency": [4, 5], "frequency": [4, 5], "monetary": [4, 5]},
    {"name": "lapsed", "recency": [1, 2], "frequency": [1, 5], "monetary": [1, 5]},
    {"name": "others", "recency": [1, 5], "frequency": [1, 5], "monetary": [1, 5]},
]
SHARES = {"platinum": "0.01", "gold": "0.04", "iron": "0.15"}


def tiers_of(engine, customers, answers=(), **asked):
    """Decide and apply on these customers; each may carry its `clv`. Rows by customer, in the given order."""
    named = [{"customer_id": f"c{number:03}"} | row for number, row in enumerate(customers)]
    engine.customers(named)
    engine.fill("scores.clv", {"customer_id": "varchar", "clv": "decimal(18, 2)"}, named)
    engine.fill("facts.customer_surveys", {"customer_id": "varchar", "recommend_score": "double"}, list(answers))
    wanted = TierSettings(rfm_segments=rfm_segments(SEGMENTS), **asked)
    decision = decide_tiers(read_summary(engine.rows(tier_summary_sql())[0]), wanted)
    rows = {row["customer_id"]: row for row in engine.rows(value_tiers_sql(decision))}
    return [rows[row["customer_id"]] for row in named], decision


def customer(profit=0, revenue=None, clv=0, order_days=1, quiet=0, **more):
    revenue = profit if revenue is None else revenue
    return {
        "order_days": order_days,
        "profit": profit,
        "revenue": revenue,
        "clv": clv,
        "days_since_last_order": quiet,
        "age_days": quiet,
        "service_cost": 0,
    } | more


@pytest.mark.parametrize(
    ("customers", "sizes"),
    [
        (1000, (10, 40, 150, 800)),
        (99, (1, 4, 15, 79)),
        (1, (1, 0, 0, 0)),
        (0, (0, 0, 0, 0)),
        (2, (1, 0, 0, 1)),  # ceilings 1, 1, 1
        (100, (1, 4, 15, 80)),
        (101, (2, 4, 15, 80)),  # 1.01 -> 2, 5.05 -> 6, 20.2 -> 21
    ],
)
def test_pyramid_is_cut_at_cumulative_ceilings(customers, sizes):
    """1 %, 4 % and 15 % of customers, rounded up where they do not come out even."""
    cuts = pyramid_cuts(customers, SHARES)
    ends = [0, cuts["platinum"], cuts["gold"], cuts["iron"], customers]
    assert tuple(end - start for start, end in itertools.pairwise(ends)) == sizes


def test_shares_are_read_as_written_not_as_the_nearest_double():
    """0.07 * 100 is 7.000000000000001 in doubles, whose ceiling is 8."""
    assert math.ceil(0.07 * 100) == 8
    assert pyramid_cuts(100, {"platinum": 0.07, "gold": 0.07, "iron": 0.15})["platinum"] == 7


@pytest.mark.parametrize("shares", [SHARES | {"lead": "0.8"}, SHARES | {"iron": "1"}, SHARES | {"gold": "x"}])
def test_shares_that_cannot_be_cut_are_refused(shares):
    """Beyond 1, not a number, or of a tier that takes what is left."""
    with pytest.raises(UserError):
        pyramid_cuts(10, shares)


def test_the_customer_who_crosses_eighty_percent_is_in_a(engine):
    """Profits 50, 25, 10, 10, 5: before the third 75 < 80, so A has three; before the fifth 95, so C has one."""
    rows, _ = tiers_of(engine, [customer(profit) for profit in (50, 25, 10, 10, 5)])
    assert [row["abc_class"] for row in rows] == ["A", "A", "A", "B", "C"]


def test_the_customer_who_reaches_eighty_percent_exactly_ends_a(engine):
    """Profits 80, 15, 5: 80 is reached by the first alone, 95 by the second."""
    rows, _ = tiers_of(engine, [customer(profit) for profit in (80, 15, 5)])
    assert [row["abc_class"] for row in rows] == ["A", "B", "C"]


@pytest.mark.parametrize("profits", [(0, 0), (-5, -1), (10, -10)])
def test_without_positive_total_profit_nobody_is_a_or_b(engine, profits):
    """A share of a loss means nothing, and the manifest is told so."""
    rows, decision = tiers_of(engine, [customer(profit) for profit in profits])
    assert {row["abc_class"] for row in rows} == {"C"}
    assert {row["cumulative_profit_share"] for row in rows} == {None}
    assert "not positive" in decision.notes[0]
    assert abc_cuts(Decimal(0), ("0.8", "0.95")) is None


def test_the_profit_curve_may_pass_one(engine):
    """Profits 70, 50, -1, -2, -2, -3 x 5: total 100, so the top 20 % of customers give 120 %."""
    profits = [70, 50, -1, -2, -2, -3, -3, -3, -3, -3]
    rows, _ = tiers_of(engine, [customer(profit) for profit in profits])
    by_rank = {row["profit_rank"]: row["cumulative_profit_share"] for row in rows}
    assert [by_rank[rank] for rank in (1, 2, 3, 10)] == [0.7, 1.2, 1.19, 1.0]


def test_rank_fifty_is_a_key_account_and_fifty_one_is_not(engine):
    """All revenues alike: the fixed order decides, and it decides the same every time."""
    rows, _ = tiers_of(engine, [customer(revenue=10) for _ in range(51)])
    assert [row["is_key_account"] for row in rows] == [True] * 50 + [False]
    assert [row["revenue_rank"] for row in rows] == list(range(1, 52))


def test_a_customer_without_revenue_is_no_key_account(engine):
    """A small company has fewer than fifty customers; those who bought nothing are not key."""
    rows, _ = tiers_of(engine, [customer(revenue=1), customer(revenue=0), customer(revenue=-3)])
    assert [row["is_key_account"] for row in rows] == [True, False, False]


def test_ties_go_by_clv_then_revenue_then_id(engine):
    """The same input in any order of rows must give the same tiers."""
    rows, _ = tiers_of(
        engine,
        [customer(clv=5, revenue=1), customer(clv=5, revenue=9), customer(clv=5, revenue=1), customer(clv=7)],
    )
    assert [row["clv_rank"] for row in rows] == [3, 2, 4, 1]


def test_rfm_scores_are_percent_ranks_in_fifths(engine):
    """Six customers have percent ranks 0, .2, .4, .6, .8, 1: scores 1, 2, 3, 4, 5, and 6 capped at 5."""
    rows, _ = tiers_of(engine, [customer(revenue=n, order_days=n, quiet=100 - n) for n in (1, 2, 3, 4, 5, 6)])
    for score in ("recency_score", "frequency_score", "monetary_score"):
        assert [row[score] for row in rows] == [1, 2, 3, 4, 5, 5]
    assert [row["rfm_segment"] for row in rows] == ["lapsed", "lapsed", "others"] + ["champions"] * 3


def test_equal_values_score_alike(engine):
    """Five one-time buyers and one repeater: cutting into equal fifths would part equals at random."""
    rows, _ = tiers_of(engine, [customer(order_days=1)] * 5 + [customer(order_days=2)])
    assert [row["frequency_score"] for row in rows] == [1, 1, 1, 1, 1, 5]


def test_customers_without_orders_have_no_rfm_scores_and_do_not_push_others_up(engine):
    """Ten who never bought must not make the only buyer a five."""
    rows, _ = tiers_of(engine, [customer(9, quiet=1)] + [{"clv": 0}] * 10)
    assert (rows[0]["monetary_score"], rows[0]["rfm_segment"]) == (1, "lapsed")
    assert {(row["recency_score"], row["rfm_segment"]) for row in rows[1:]} == {(None, "no_orders")}


@pytest.mark.parametrize(
    "table",
    [
        [],
        SEGMENTS[:2],
        [SEGMENTS[2], SEGMENTS[2]],
        [SEGMENTS[0] | {"recency": [5, 4]}, SEGMENTS[2]],
        [SEGMENTS[0] | {"recency": [0, 4]}, SEGMENTS[2]],
        [SEGMENTS[0] | {"colour": "red"}, SEGMENTS[2]],
        [SEGMENTS[0] | {"name": "it's"}, SEGMENTS[2]],
    ],
)
def test_a_segment_table_that_leaves_someone_out_is_refused(table):
    """Empty, no entry that catches all, a name twice, a range upside down or outside 1-5, strange keys."""
    with pytest.raises(UserError):
        rfm_segments(table)


def test_quadrants_cut_both_sides_at_the_median(engine):
    """Four customers: current value by profit, potential by readiness to recommend."""
    rows, _ = tiers_of(
        engine,
        [customer(40), customer(30), customer(20), customer(10)],
        [{"customer_id": f"c00{n}", "recommend_score": score} for n, score in enumerate((10, 2, 9, 1))],
    )
    labels = [row["value_quadrant"] for row in rows]
    assert labels == ["high_value", "sub_value", "latent_value", "low_value"]


def test_absent_components_are_dropped_listed_and_their_weight_shared_out():
    """.6 and .2 become .75 and .25 without image value; wallet share and knowledge value have no feed."""
    decided = decide_quadrant({"purchase_value": 9, "service_cost": 3, "word_of_mouth": 2}, QuadrantSettings())
    assert decided.current == pytest.approx({"purchase_value": 0.75, "service_cost": 0.25})
    assert decided.potential == {"word_of_mouth": 1.0}
    assert decided.absent == ("image_value", "wallet_share", "recent_growth", "knowledge_value")


def test_a_side_without_any_component_is_low_for_everybody(engine):
    """Without surveys and with less than a year of history nothing is known of potential."""
    rows, decision = tiers_of(engine, [customer(2), customer(1)])
    assert [row["value_quadrant"] for row in rows] == ["sub_value", "low_value"]
    assert "word_of_mouth" in decision.notes[-1]


def test_growth_compares_the_last_year_with_the_mean_year(engine):
    """1,000 over two years: 800 of it in the last is growth 1.6, 200 is .4; service costs weigh on value."""
    grown = {"age_days": 730, "revenue": 1000, "revenue_last_365_days": 800, "service_cost": 1}
    faded = grown | {"revenue_last_365_days": 200, "service_cost": 90}
    rows, decision = tiers_of(engine, [customer(9) | faded, customer(9) | grown])
    assert [row["value_quadrant"] for row in rows] == ["sub_value", "latent_value"]
    assert set(decision.quadrant.current) == {"purchase_value", "service_cost"}


def test_unknown_components_are_refused_with_the_accepted_ones():
    """A misspelt weight must not vanish."""
    with pytest.raises(UserError, match="purchase_value"):
        QuadrantSettings(current={"purchases": 1})


def test_columns_are_those_of_scores_value_tiers(engine):
    """Marts read these names and types."""
    tiers_of(engine, [])
    decision = decide_tiers(read_summary(engine.rows(tier_summary_sql())[0]), TierSettings(rfm_segments(SEGMENTS)))
    assert engine.types(value_tiers_sql(decision)) == {
        "customer_id": "VARCHAR",
        "clv_rank": "BIGINT",
        "value_tier": "VARCHAR",
        "is_held_by_margin": "BOOLEAN",
        "profit_rank": "BIGINT",
        "cumulative_profit_share": "DOUBLE",
        "abc_class": "VARCHAR",
        "revenue_rank": "BIGINT",
        "is_key_account": "BOOLEAN",
        "recency_score": "INTEGER",
        "frequency_score": "INTEGER",
        "monetary_score": "INTEGER",
        "rfm_segment": "VARCHAR",
        "value_quadrant": "VARCHAR",
    }


few = st.sampled_from([-3, -1, 0, 0, 1, 1, 5])


# The engine may stay: every example replaces all of its tables.
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.integers(1, 40), st.sampled_from([1, 2, 99, 100, 101])).flatmap(
        lambda n: st.lists(st.tuples(few, few, few), min_size=n, max_size=n)
    )
)
def test_every_customer_is_in_one_tier_and_the_sizes_are_the_ceilings(engine, customers):
    """Whatever the ties, and whatever the losses: sizes follow from the number of customers alone."""
    rows, _ = tiers_of(engine, [customer(profit, revenue, clv) for profit, revenue, clv in customers])
    n = len(customers)
    tiers = [row["value_tier"] for row in sorted(rows, key=lambda row: row["clv_rank"])]
    ends = (-(-n // 100), -(-5 * n // 100), -(-20 * n // 100))
    names = (("platinum", ends[0]), ("gold", ends[1] - ends[0]), ("iron", ends[2] - ends[1]), ("lead", n - ends[2]))
    assert tiers == [name for name, size in names for _ in range(size)]
    for rank in ("clv_rank", "profit_rank", "revenue_rank"):
        assert sorted(row[rank] for row in rows) == list(range(1, n + 1))
    assert len(rows) == n
    classes = "".join(row["abc_class"] for row in sorted(rows, key=lambda row: row["profit_rank"]))
    assert classes == "".join(sorted(classes))
    assert ("A" in classes) == (sum(profit for profit, _, _ in customers) > 0)
