"""Current value x potential, contribution classes and wallet share: the method's examples."""

import pytest

from orchestration.errors import UserError
from orchestration.scoring.quadrant import QuadrantSettings, decide_quadrant
from scoring.tiered import QUADRANT, customer, tiers_of


def test_quadrants_cut_both_sides_at_the_median(engine):
    """Four customers: current value by profit, potential by readiness to recommend."""
    rows, _ = tiers_of(
        engine,
        [
            customer(profit, recommend_score=score)
            for profit, score in zip((40, 30, 20, 10), (10, 2, 9, 1), strict=True)
        ],
    )
    labels = [row["value_quadrant"] for row in rows]
    assert labels == ["high_value", "sub_value", "latent_value", "low_value"]


def test_absent_components_are_dropped_listed_and_their_weight_shared_out():
    """.6 and .2 become .75 and .25 without image value; wallet share and knowledge value have no feed."""
    decided = decide_quadrant({"purchase_value": 9, "service_cost": 3, "word_of_mouth": 2}, QUADRANT)
    assert decided.current == pytest.approx({"purchase_value": 0.75, "service_cost": 0.25})
    assert decided.potential == {"word_of_mouth": 1.0}
    assert decided.absent == ("image_value", "wallet_share", "recent_growth", "knowledge_value")


def test_a_side_without_any_component_is_low_for_everybody(engine):
    """Without surveys and with less than a year of history nothing is known of potential."""
    rows, decision = tiers_of(engine, [customer(2), customer(1)])
    assert [row["value_quadrant"] for row in rows] == ["sub_value", "low_value"]
    assert any("word_of_mouth" in note for note in decision.notes)


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
        QuadrantSettings(current={"purchases": 1}, potential={"word_of_mouth": 1})


def test_scores_are_weighted_percent_ranks_of_what_is_known(engine):
    """By hand: current .75 and .25 without service costs; potential 2/3 wallet and 1/3 word of mouth.

    Profits 30, 20, 10 rank 100, 50, 0; referrals 0, 0, 2 rank 0, 0, 100. The lower share of the wallet ranks higher.
    """
    rows, _ = tiers_of(
        engine,
        [
            customer(30, wallet_share=0.1),
            customer(20, wallet_share=0.5, recommend_score=9),
            customer(10, successful_referrals=2, recommend_score=3),
        ],
    )
    assert [row["current_value_score"] for row in rows] == [75, 37.5, 25]
    assert [row["potential_value_score"] for row in rows] == pytest.approx([100, 100 / 3, 0])


def test_who_never_bought_has_no_current_value(engine):
    """Whatever the image: there is nothing yet that could be valued."""
    rows, _ = tiers_of(engine, [customer(1), customer(order_days=0, successful_referrals=5)])
    assert [row["current_value_score"] for row in rows] == [0, None]


@pytest.mark.parametrize(
    ("share", "band"),
    [(0.1, "little"), (0.15, "some"), (0.4, "half"), (0.6, "most"), (0.0, "little"), (None, "unknown")],
)
def test_wallet_shares_fall_into_bands(engine, share, band):
    """100 of 1,000 is 10 %, which is little; a band begins at its share."""
    [row], _ = tiers_of(engine, [customer(1, wallet_share=share)])
    assert (row["wallet_share"], row["wallet_share_band"]) == (share, band)


def test_a_wallet_that_is_exceeded_is_told(engine):
    """An estimate below what is spent with us is wrong, and somebody should mend it."""
    [row], decision = tiers_of(engine, [customer(1, wallet_share=1.2)])
    assert (row["wallet_share"], row["wallet_share_band"]) == (1.2, "most")
    assert decision.notes[-1].endswith("than their wallet is said to hold: 1.")


@pytest.mark.parametrize("begins", [{"most": 0.6, "half": 0.4}, {"most": 0.4, "half": 0.6, "some": 0.1}])
def test_bands_that_leave_a_share_without_a_name_are_refused(engine, begins):
    """A band that is missing, or that begins above the one before it."""
    with pytest.raises(UserError, match="wallet_share_from"):
        tiers_of(engine, [customer(1)], wallet_share_from=begins)


def test_contribution_classes_by_hand(engine):
    """Twenty by profit: the first 5 % are one, the next 15 % three; then potential, and who is low on both sides."""
    profits = [*range(20, 1, -1), -1]
    scores = [10 if number == 4 else 0 for number in range(20)]
    rows, _ = tiers_of(
        engine, [customer(profit, recommend_score=score) for profit, score in zip(profits, scores, strict=True)]
    )
    classes = [row["contribution_class"] for row in rows]
    assert classes == ["strategic", *["large"] * 3, "potential", *["ordinary"] * 5, *["may_cause_loss"] * 10]


def test_nobody_is_said_to_cause_loss_for_want_of_data(engine):
    """Low means known to be low: without any answer only a loss that was made is one."""
    rows, _ = tiers_of(engine, [customer(profit) for profit in [*range(20, 1, -1), -1]])
    assert [row["contribution_class"] for row in rows[4:]] == ["ordinary"] * 15 + ["may_cause_loss"]


def test_the_best_of_those_who_lose_money_are_not_strategic(engine):
    """A rank alone would call the smallest loss strategic."""
    rows, _ = tiers_of(engine, [customer(-1), customer(-2)])
    assert {row["contribution_class"] for row in rows} == {"may_cause_loss"}
