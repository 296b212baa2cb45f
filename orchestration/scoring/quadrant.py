"""Current value x potential: which components make up each side, and where high begins.

A component is scaled 0-100 by its percent rank among the customers who have it. A side is the weighted mean
of the components that the customer has. Components that no customer has are dropped and listed, and the other
weights grow in proportion. Source: methods §3.5, after Chen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestration.errors import UserError
from orchestration.scoring.literals import sql_double


@dataclass(frozen=True)
class Component:
    """One part of a side: SQL of a double where more is better, and SQL that is true where it was observed.

    An empty `value` says that no feed gives this component yet.
    """

    meaning: str
    value: str = ""
    is_observed: str = "false"


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
    "image_value": Component(meaning="what the customer's name does for ours"),
}
POTENTIAL = {
    "wallet_share": Component(meaning="what the customer still buys elsewhere"),
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
    "knowledge_value": Component(meaning="what we learn from the customer"),
}
SIDES = {"current": CURRENT, "potential": POTENTIAL}


def _default_current() -> dict:
    return {"purchase_value": 0.6, "service_cost": 0.2, "image_value": 0.2}


def _default_potential() -> dict:
    return {"wallet_share": 0.4, "word_of_mouth": 0.2, "recent_growth": 0.2, "knowledge_value": 0.2}


@dataclass(frozen=True)
class QuadrantSettings:
    """Weights of the components of each side, and the percentile (0-1) from which a side is high."""

    current: Mapping[str, float] = field(default_factory=_default_current)
    potential: Mapping[str, float] = field(default_factory=_default_potential)
    percentile: float = 0.5

    def __post_init__(self):
        for side, components in SIDES.items():
            for name, weight in getattr(self, side).items():
                if name not in components:
                    raise UserError(
                        f"unknown component {name!r}; accepted: {', '.join(components)}",
                        where=f"quadrant {side}",
                    )
                if not weight > 0:
                    raise UserError(
                        f"the weight of {name} is {weight}; it must be above 0",
                        where=f"quadrant {side}",
                        mend="leave the component out",
                    )
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
    """SQL that counts the customers for whom each measurable component was observed."""
    return {
        name: f"cast(count(case when {component.is_observed} then 1 end) as bigint)"
        for components in SIDES.values()
        for name, component in components.items()
        if component.value
    }


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
    return _columns(
        # Rounded, so that the last bit of a division cannot part two equal customers.
        f"round({SIDES[side][name].value}, 9) as {side}_{number}"
        for side in SIDES
        for number, name in enumerate(getattr(quadrant, side))
    )


def scaled_columns(quadrant: Quadrant) -> str:
    """Select list that scales each component to 0-100 among the customers who have it."""
    return _columns(
        f"case when {column} is not null then "
        f"100 * percent_rank() over (partition by {column} is null order by {column}) end as {column}"
        for side in SIDES
        for column in _names(quadrant, side)
    )


def side_expression(quadrant: Quadrant, side: str) -> str:
    """SQL of a side's score, 0-100: the weighted mean of the components present, 0 without any."""
    weights = [sql_double(weight) for weight in getattr(quadrant, side).values()]
    if not weights:
        return "0e0"
    pairs = list(zip(weights, _names(quadrant, side), strict=True))
    value = " + ".join(f"{weight} * coalesce({column}, 0e0)" for weight, column in pairs)
    present = " + ".join(f"case when {column} is null then 0e0 else {weight} end" for weight, column in pairs)
    return f"round(coalesce(({value}) / nullif({present}, 0e0), 0e0), 9)"


def quadrant_expression(quadrant: Quadrant) -> str:
    """SQL of the label; a side is high where at least the percentile of the others lies strictly below.

    Customers with and without orders are ranked among themselves; without orders there is no current value.
    """
    cut = sql_double(quadrant.percentile)
    current, potential = (
        f"percent_rank() over (partition by has_orders order by {side}_score) >= {cut}" for side in SIDES
    )
    return f"""case
            when has_orders and {current}
                then case when {potential} then 'high_value' else 'sub_value' end
            when {potential} then 'latent_value'
            else 'low_value'
        end"""


def _names(quadrant: Quadrant, side: str) -> list[str]:
    return [f"{side}_{number}" for number in range(len(getattr(quadrant, side)))]


def _columns(expressions) -> str:
    return "".join(f",\n        {expression}" for expression in expressions)
