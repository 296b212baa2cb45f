"""Key accounts: a ranking by revenue, and one by what revenue does not show; who stands high in either is one.

The second is a weighted mean of seven attributes, each scaled 0-100. An attribute that is not known of a customer is
left out of the mean, as in the quality index. Source: methods §3.3; which facts stand for an attribute is our choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from orchestration.scoring import components
from orchestration.scoring.components import Component
from orchestration.scoring.literals import sql_double

ATTRIBUTES = {
    "loyalty": Component(
        meaning="days from the first order to the last",
        value="case when has_orders then cast(recency_days as double) end",
        is_observed="has_orders and recency_days > 0",
    ),
    # Under two gaps there is nothing to be regular.
    "purchase_stability": Component(
        meaning="how even the gaps between orders are: their deviation over their mean, less being better",
        value="case when mean_gap_days > 0 then 0e0 - sd_gap_days / mean_gap_days end",
        is_observed="sd_gap_days is not null",
    ),
    # A count, not a share of the complaints: no complaint may put a customer behind one who never complained.
    "tolerance": Component(
        meaning="complaints after which the customer accepted the resolution and ordered again",
        value="cast(recovered_complaints as double)",
        is_observed="recovered_complaints > 0",
    ),
    "willingness_to_give_feedback": Component(
        meaning="survey answers and suggestions",
        value="cast(answers + suggestions as double)",
        is_observed="answers + suggestions > 0",
    ),
    "willingness_to_refer": Component(
        meaning="readiness to recommend, 0-10",
        value="cast(recommend_score as double)",
        is_observed="recommend_score is not null",
    ),
    "credit": Component(
        meaning="credit score of the register",
        value="cast(credit_score as double)",
        is_observed="credit_score is not null",
    ),
    "influence": Component(
        meaning="customers referred who have ordered",
        value="cast(successful_referrals as double)",
        is_observed="successful_referrals > 0",
    ),
}


@dataclass(frozen=True)
class KeyAccountSettings:
    """What a person decides about key accounts.

    Parameters
    ----------
    weights : mapping of attribute to float
        As experts weigh them.
    last_rank : int
        Last rank, of either ranking, that is a key account.
    minimum_coverage : float
        Share (0-1) of the weight that must be known of a customer to be ranked by attributes.
    """

    weights: Mapping[str, float]
    last_rank: int = 50
    minimum_coverage: float = 0.5

    def __post_init__(self):
        components.refuse_unfit(self.weights, ATTRIBUTES, "key account attributes")


@dataclass(frozen=True)
class KeyAccounts:
    """The decision: shares of the whole weight of the attributes that somebody has; the others are `absent`."""

    weights: dict[str, float]
    absent: tuple[str, ...]
    last_rank: int
    minimum_coverage: float
    class_shares: tuple[Fraction, Fraction]


def observed_expressions() -> dict[str, str]:
    """SQL that counts the customers for whom each attribute was observed."""
    return components.observed_expressions(ATTRIBUTES)


def decide_key_accounts(
    observed: Mapping[str, int], settings: KeyAccountSettings, class_shares: tuple[Fraction, Fraction]
) -> KeyAccounts:
    """Leave out what is known of nobody; its weight still counts as not known.

    Parameters
    ----------
    observed : mapping of attribute to customers for whom it was observed
    settings : KeyAccountSettings
    class_shares : pair of Fraction
        Cumulative shares of the key accounts' revenue at which classes A and B end.
    """
    total = sum(settings.weights.values())
    present = {name: weight / total for name, weight in settings.weights.items() if observed.get(name, 0) > 0}
    absent = tuple(name for name in settings.weights if name not in present)
    return KeyAccounts(present, absent, settings.last_rank, settings.minimum_coverage, class_shares)


def attribute_columns(decision: KeyAccounts) -> str:
    """Select list of the raw attributes, in columns `attribute_0`, ..."""
    return components.raw_columns("attribute", ATTRIBUTES, decision.weights)


def scaled_columns(decision: KeyAccounts) -> str:
    """Select list that scales them to 0-100."""
    return components.scaled_columns("attribute", len(decision.weights))


def score_expression(decision: KeyAccounts) -> str:
    """SQL of the attributes' score, 0-100; null without an order, or where too little is known to be ranked.

    Without this minimum a stranger with one good answer would stand above everybody.
    """
    weights = list(decision.weights.values())
    known = components.weight_expression("attribute", weights)
    return f"""case
            when has_orders and {known} >= {sql_double(decision.minimum_coverage)} - 1e-9
                then {components.mean_expression("attribute", weights)}
        end"""


RANK = """case
            when attribute_score is not null then row_number() over (
                partition by attribute_score is null order by attribute_score desc, revenue desc, customer_id
            )
        end"""


def membership_expression(decision: KeyAccounts) -> str:
    """SQL of whether either ranking says key account; who brought no money is none by revenue."""
    last = int(decision.last_rank)
    return f"(revenue_rank <= {last} and revenue > 0) or coalesce(attribute_rank <= {last}, false)"


def class_expression(decision: KeyAccounts) -> str:
    """SQL of the class among the key accounts, null for others: as ABC, by their revenue instead of profit.

    In whole multiples, so that a share that is reached exactly is not missed by a last bit.
    """
    total = "cast(sum(greatest(revenue, 0)) over (partition by is_key_account) as decimal(28, 4))"
    before = "cast(key_revenue_before as decimal(28, 4))"
    a, b = (f"{before} * {share.denominator} < {total} * {share.numerator}" for share in decision.class_shares)
    return f"""case
            when not is_key_account then cast(null as varchar)
            when {a} then 'A'
            when {b} then 'B'
            else 'C'
        end"""


REVENUE_BEFORE = """coalesce(sum(greatest(revenue, 0)) over (
            partition by is_key_account order by revenue_rank rows between unbounded preceding and 1 preceding
        ), 0)"""
