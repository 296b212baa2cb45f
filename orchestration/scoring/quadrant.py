"""Current value x potential: which components make up each side, and where high begins.

Components that no customer has are dropped and listed, and the other weights, which experts give, grow in proportion.
Source: methods §3.5, after Chen.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestration.errors import UserError
from orchestration.scoring import components
from orchestration.scoring.components import Component
from orchestration.scoring.literals import sql_double

# Who never bought has no current value, whatever is known of it.
CURRENT = {
    "purchase_value": Component(
        meaning="profit before the cost of serving",
        value="case when has_orders then cast(profit + service_cost as double) end",
        is_observed="has_orders",
    ),
    "service_cost": Component(
        meaning="cost of serving per order day, less being better",
        value="case when has_orders then 0e0 - cast(service_cost as double) / cast(order_days as double) end",
        is_observed="has_orders and service_cost <> 0",
    ),
    "image_value": Component(
        meaning="what the customer's name does for ours: customers referred who have ordered",
        value="case when has_orders then cast(successful_referrals as double) end",
        is_observed="has_orders and successful_referrals > 0",
    ),
}
POTENTIAL = {
    # The less of the wallet we have, the more there is to win.
    "wallet_share": Component(
        meaning="what the customer still buys elsewhere: the lower our share of the wallet, the higher",
        value="0e0 - wallet_share",
        is_observed="wallet_share is not null",
    ),
    "word_of_mouth": Component(
        meaning="latest readiness to recommend, 0-10",
        value="cast(recommend_score as double)",
        is_observed="recommend_score is not null",
    ),
    # Below a year of history the recent year is the whole history, which says nothing about growth.
    "recent_growth": Component(
        meaning="revenue of the last 365 days over the mean of all years, once those are more than one",
        value=(
            "case when revenue > 0 and age_days > 365 then cast(revenue_last_365_days as double)"
            " / (cast(revenue as double) * 365e0 / cast(age_days as double)) end"
        ),
        is_observed="revenue > 0 and age_days > 365",
    ),
    "knowledge_value": Component(
        meaning="what we learn from the customer: suggestions made",
        value="cast(suggestions as double)",
        is_observed="suggestions > 0",
    ),
}
SIDES = {"current": CURRENT, "potential": POTENTIAL}


@dataclass(frozen=True)
class QuadrantSettings:
    """Weights of the components of each side, and the percentile (0-1) from which a side is high."""

    current: Mapping[str, float]
    potential: Mapping[str, float]
    percentile: float = 0.5

    def __post_init__(self):
        for side, known in SIDES.items():
            components.refuse_unfit(getattr(self, side), known, f"quadrant {side}")
        if not 0 < self.percentile < 1:
            raise UserError(f"percentile is {self.percentile}; it must lie between 0 and 1", where="quadrant")


@dataclass(frozen=True)
class Quadrant:
    """The decision: weights that sum to 1 on each side, the percentile, and the components without data."""

    current: dict[str, float]
    potential: dict[str, float]
    percentile: float
    absent: tuple[str, ...]


def observed_expressions() -> dict[str, str]:
    """SQL that counts the customers for whom each component was observed."""
    return components.observed_expressions(CURRENT | POTENTIAL)


def decide_quadrant(observed: Mapping[str, int], settings: QuadrantSettings) -> Quadrant:
    """Drop the components that no customer has, and renormalise the weights of the rest.

    Parameters
    ----------
    observed : mapping of component to customers for whom it was observed; a component not named counts 0.
    settings : QuadrantSettings

    Returns
    -------
    Quadrant
        A side without any component is empty, and is low for everybody.
    """
    weights, absent = {}, []
    for side in SIDES:
        asked = getattr(settings, side)
        present = {name: weight for name, weight in asked.items() if observed.get(name, 0) > 0}
        absent += [name for name in asked if name not in present]
        total = sum(present.values())
        weights[side] = {name: weight / total for name, weight in present.items()}
    return Quadrant(percentile=settings.percentile, absent=tuple(absent), **weights)


def component_columns(quadrant: Quadrant) -> str:
    """Select list of the raw components, in columns `current_0`, `current_1`, ..., `potential_0`, ..."""
    return "".join(components.raw_columns(side, SIDES[side], getattr(quadrant, side)) for side in SIDES)


def scaled_columns(quadrant: Quadrant) -> str:
    """Select list that scales each component to 0-100 among the customers who have it."""
    return "".join(components.scaled_columns(side, len(getattr(quadrant, side))) for side in SIDES)


def side_expression(quadrant: Quadrant, side: str) -> str:
    """SQL of a side's score, 0-100: the weighted mean of the components present, null without any."""
    return components.mean_expression(side, getattr(quadrant, side).values())


def high_expression(quadrant: Quadrant, side: str) -> str:
    """SQL of whether a side is high: at least the percentile of the others lies strictly below.

    Customers with and without orders are ranked among themselves. A side of which nothing is known counts 0.
    """
    cut = sql_double(quadrant.percentile)
    return f"percent_rank() over (partition by has_orders order by coalesce({side}_value_score, 0e0)) >= {cut}"


QUADRANT = """case
            when has_orders and is_current_high
                then case when is_potential_high then 'high_value' else 'sub_value' end
            when is_potential_high then 'latent_value'
            else 'low_value'
        end"""
