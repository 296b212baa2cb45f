"""The pyramid, ABC, the profit curve and RFM: the method's examples, and partitions of every scheme under ties."""

import itertools
import math
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.scoring.cuts import abc_cuts, rank_cuts
from orchestration.scoring.rfm import rfm_segments
from orchestration.scoring.tiers import PYRAMID, value_tiers_sql
from scoring.tiered import SEGMENTS, customer, decided, tiers_of

SHARES = {"platinum": "0.01", "gold": "0.04", "iron": "0.15"}


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
    cuts = rank_cuts(customers, SHARES, PYRAMID[:-1], "shares")
    ends = [0, cuts["platinum"], cuts["gold"], cuts["iron"], customers]
    assert tuple(end - start for start, end in itertools.pairwise(ends)) == sizes


def test_shares_are_read_as_written_not_as_the_nearest_double():
    """0.07 * 100 is 7.000000000000001 in doubles, whose ceiling is 8."""
    assert math.ceil(0.07 * 100) == 8
    assert rank_cuts(100, {"platinum": 0.07, "gold": 0.07, "iron": 0.15}, PYRAMID[:-1], "shares")["platinum"] == 7


@pytest.mark.parametrize("shares", [SHARES | {"lead": "0.8"}, SHARES | {"iron": "1"}, SHARES | {"gold": "x"}])
def test_shares_that_cannot_be_cut_are_refused(shares):
    """Beyond 1, not a number, or of a tier that takes what is left."""
    with pytest.raises(UserError):
        rank_cuts(10, shares, PYRAMID[:-1], "shares")


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


def test_columns_are_those_of_scores_value_tiers(engine):
    """Marts read these names and types."""
    tiers_of(engine, [])
    assert engine.types(value_tiers_sql(decided(engine))) == {
        "customer_id": "VARCHAR",
        "clv_rank": "BIGINT",
        "value_tier": "VARCHAR",
        "is_held_by_margin": "BOOLEAN",
        "profit_rank": "BIGINT",
        "cumulative_profit_share": "DOUBLE",
        "abc_class": "VARCHAR",
        "is_key_account": "BOOLEAN",
        "key_account_rank_revenue": "BIGINT",
        "key_account_rank_non_monetary": "BIGINT",
        "key_account_class": "VARCHAR",
        "contribution_class": "VARCHAR",
        "wallet_share": "DOUBLE",
        "wallet_share_band": "VARCHAR",
        "recency_score": "INTEGER",
        "frequency_score": "INTEGER",
        "monetary_score": "INTEGER",
        "rfm_segment": "VARCHAR",
        "current_value_score": "DOUBLE",
        "potential_value_score": "DOUBLE",
        "value_quadrant": "VARCHAR",
    }


few = st.sampled_from([-3, -1, 0, 0, 1, 1, 5])
anybody = st.fixed_dictionaries(
    {"profit": few, "revenue": few, "clv": few},
    optional={
        "order_days": st.sampled_from([0, 1, 1, 3]),
        "quiet": st.integers(0, 3),
        "service_cost": st.sampled_from([0, 2]),
        "recommend_score": st.sampled_from([None, 0, 9]),
        "wallet_share": st.sampled_from([None, 0.0, 0.15, 0.4, 1.2]),
        "suggestions": st.integers(0, 1),
        "credit_score": st.sampled_from([None, 600]),
    },
)
SIZES = [1, 2, 99, 100, 101]


def companies(of=anybody):
    """Lists of customers, of the sizes at which ceilings turn, and of any other up to 40."""
    return st.one_of(st.integers(1, 40), st.sampled_from(SIZES)).flatmap(
        lambda size: st.lists(of, min_size=size, max_size=size)
    )


def is_partitioned(rows, customers):
    """Each customer in exactly one segment of every scheme, and the sizes follow from ranks and numbers alone."""
    n = len(customers)
    assert len(rows) == n
    for rank in ("clv_rank", "profit_rank", "key_account_rank_revenue"):
        assert sorted(row[rank] for row in rows) == list(range(1, n + 1))

    tiers = [row["value_tier"] for row in sorted(rows, key=lambda row: row["clv_rank"])]
    ends = (-(-n // 100), -(-5 * n // 100), -(-20 * n // 100))
    names = (("platinum", ends[0]), ("gold", ends[1] - ends[0]), ("iron", ends[2] - ends[1]), ("lead", n - ends[2]))
    assert tiers == [name for name, size in names for _ in range(size)]

    by_profit = sorted(rows, key=lambda row: row["profit_rank"])
    classes = "".join(row["abc_class"] for row in by_profit)
    assert classes == "".join(sorted(classes))
    assert ("A" in classes) == (sum(each["profit"] for each in customers) > 0)

    gains = sum(each["profit"] > 0 for each in customers)
    contributions = [row["contribution_class"] for row in by_profit]
    strategic, large = min(gains, -(-5 * n // 100)), min(gains, -(-20 * n // 100))
    assert contributions[:large] == ["strategic"] * strategic + ["large"] * (large - strategic)
    assert set(contributions[large:]) <= {"ordinary", "potential", "may_cause_loss"}
    losing = sum(each["profit"] < 0 for each in customers)
    assert contributions[n - losing :] == ["may_cause_loss"] * losing

    ranked = sorted(rank for row in rows if (rank := row["key_account_rank_non_monetary"]) is not None)
    assert ranked == list(range(1, len(ranked) + 1))
    by_revenue = sum(each["revenue"] > 0 for each in customers)
    for row in rows:
        first = row["key_account_rank_revenue"] <= min(50, by_revenue)
        assert row["is_key_account"] == (first or (row["key_account_rank_non_monetary"] or 51) <= 50)
        assert (row["key_account_class"] in ("A", "B", "C")) == row["is_key_account"]
        assert row["wallet_share_band"] in ("most", "half", "some", "little", "unknown")
        assert row["value_quadrant"] in ("high_value", "sub_value", "latent_value", "low_value")
        assert row["rfm_segment"] in ("champions", "lapsed", "others", "no_orders")


# The engine may stay: every example replaces all of its tables.
ON_ONE_ENGINE = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ON_ONE_ENGINE
@given(companies())
def test_every_customer_is_in_one_segment_of_each_scheme(engine, customers):
    """Whatever the ties, and whatever is known of whom."""
    rows, _ = tiers_of(engine, [customer(**each) for each in customers])
    is_partitioned(rows, customers)
    for row, each in zip(rows, customers, strict=True):
        assert (row["rfm_segment"] == "no_orders") == (each.get("order_days") == 0)
        assert (row["current_value_score"] is None) == (each.get("order_days") == 0)
        assert (row["wallet_share_band"] == "unknown") == (each.get("wallet_share") is None)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("profit", [7, -7])
def test_customers_who_are_all_alike_are_shared_out_all_the_same(engine, size, profit):
    """All equal, and all losing: only the id is left to decide, and a rerun decides alike."""
    alike = [{"profit": profit, "revenue": 1, "clv": 1}] * size
    rows, _ = tiers_of(engine, [customer(**each) for each in alike])
    is_partitioned(rows, alike)
    assert rows == tiers_of(engine, [customer(**each) for each in alike])[0]
    assert {(row["value_quadrant"], row["rfm_segment"]) for row in rows} == {("low_value", "lapsed")}
