"""Hysteresis: who is near a cut stays where they were, and no tier is larger or smaller for it."""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.scoring.hysteresis import Band, decide_bands
from scoring.tiered import customer, tiers_of

TIERS = ("platinum", "gold", "iron", "lead")
HISTORY = {
    "customer_id": "varchar",
    "scheme": "varchar",
    "segment": "varchar",
    "valid_from": "date",
    "valid_to": "date",
}


def interval(rank, segment, **more):
    return {"customer_id": f"c{rank - 1:03}", "scheme": "value_tier", "segment": segment} | more


def placed(engine, customers, held, hysteresis, shares=None):
    """The rows of so many customers, c000 the most valuable, in the order of their rank."""
    engine.connection.execute("create schema if not exists previous")
    engine.fill("previous.segment_history", HISTORY, held)
    shares = shares or {"platinum": "0.1", "gold": "0.4", "iron": "0.2"}
    ranked = [customer(clv=customers - place) for place in range(customers)]
    rows, _ = tiers_of(engine, ranked, shares=shares, hysteresis=hysteresis)
    return sorted(rows, key=lambda row: row["clv_rank"])


def test_bands_are_a_share_of_the_rank_and_at_most_half_of_a_tier_beside():
    """Cuts 100, 500, 700 of 1,000, a tenth: 10, 50 and 70 ranks. A half would meet: 50, then half of 200 for both."""
    cuts = {"platinum": 100, "gold": 500, "iron": 700}
    above = [("platinum",), ("platinum", "gold"), ("platinum", "gold", "iron")]

    tenth = decide_bands(cuts, 1000, Fraction(1, 10))
    half = decide_bands(cuts, 1000, Fraction(1, 2))

    assert tenth == (Band(91, 110, above[0]), Band(451, 550, above[1]), Band(631, 770, above[2]))
    assert half == (Band(51, 150, above[0]), Band(401, 600, above[1]), Band(601, 800, above[2]))


@pytest.mark.parametrize(("cut", "customers", "share"), [(9, 100, "0.1"), (1, 100, "0.5"), (50, 100, "0")])
def test_a_margin_below_one_rank_is_none(cut, customers, share):
    """A tier of nine with a tenth, a tier of one, and no hysteresis."""
    assert decide_bands({"platinum": cut}, customers, Fraction(share)) == ()


def test_within_the_margin_everyone_stays_and_beyond_it_nobody_does(engine):
    """Twenty customers, gold down to rank 10, a fifth: ranks 9 to 12 keep their side, 13 does not, 8 is in anyhow."""
    held = [interval(11, "gold"), interval(12, "gold"), interval(13, "gold"), interval(9, "iron"), interval(8, "lead")]
    rows = placed(engine, 20, held, "0.2")

    assert [row["value_tier"] for row in rows[2:14]] == ["gold"] * 6 + ["iron"] * 2 + ["gold"] * 2 + ["iron"] * 2
    assert [row["clv_rank"] for row in rows if row["is_held_by_margin"]] == [9, 10, 11, 12]


def test_without_enough_holders_the_seats_go_by_rank(engine):
    """Only rank 12 held gold: it and rank 9 take the two seats of the band."""
    rows = placed(engine, 20, [interval(12, "platinum")], "0.2")

    assert [row["value_tier"] for row in rows[7:12]] == ["gold", "gold", "iron", "iron", "gold"]


def test_only_what_is_open_in_the_pyramid_holds(engine):
    """A tier of last year, or an A customer of ABC, is no seat."""
    held = [interval(11, "gold", valid_to="2026-01-31"), interval(12, "gold", scheme="abc")]

    assert not any(row["is_held_by_margin"] for row in placed(engine, 20, held, "0.2"))


def test_without_hysteresis_the_past_is_not_even_read(engine):
    """It is off by default: the tier is the rank's, also at the first refresh of all."""
    rows = placed(engine, 20, [interval(11, "gold")], "0")

    assert [row["value_tier"] for row in rows] == ["platinum"] * 2 + ["gold"] * 8 + ["iron"] * 4 + ["lead"] * 6
    assert not any(row["is_held_by_margin"] for row in rows)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.one_of(st.integers(1, 60), st.sampled_from([99, 100, 101])).flatmap(
        lambda n: st.lists(st.sampled_from([*TIERS, "unplaced", None]), min_size=n, max_size=n)
    ),
    hysteresis=st.sampled_from(["0", "0.1", "0.34", "1"]),
    shares=st.sampled_from(
        [("0.01", "0.04", "0.15"), ("0.1", "0.4", "0.2"), ("0.3", "0", "0.7"), ("0.5", "0.01", "0.1")]
    ),
)
def test_sizes_are_the_ceilings_and_moves_are_the_margins_whoever_was_where(engine, before, hysteresis, shares):
    """For each cut: as many above as ever, nobody from below the band, all from above it, and none displaced."""
    customers = len(before)
    held = [interval(rank, tier) for rank, tier in enumerate(before, start=1) if tier]
    rows = placed(engine, customers, held, hysteresis, dict(zip(TIERS, shares, strict=False)))

    assert [row["clv_rank"] for row in rows] == list(range(1, customers + 1))
    for above in range(1, 4):
        cut = -(-customers * sum(map(Fraction, shares[:above])) // 1)
        margin = Fraction(hysteresis) * cut
        ranks_above = {row["clv_rank"] for row in rows if row["value_tier"] in TIERS[:above]}
        assert len(ranks_above) == cut
        assert all(rank <= cut + margin for rank in ranks_above)
        assert set(range(1, int(cut - margin) + 1)) <= ranks_above
        was_above = {rank for rank, tier in enumerate(before, start=1) if tier in TIERS[:above]}
        assert {rank for rank in was_above if rank <= cut} <= ranks_above
        assert {rank for rank in ranks_above if rank > cut} <= was_above
    plain = [row for row in rows if not row["is_held_by_margin"]]
    assert hysteresis != "0" or len(plain) == customers
