"""Components of a value: each scaled 0-100 by its percent rank, and a weighted mean of those that a customer has.

What the components are is decided by who uses them: the value quadrant and the key accounts. Source: methods §3.3, 3.5.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestration.errors import UserError
from orchestration.scoring.literals import sql_double


@dataclass(frozen=True)
class Component:
    """SQL of a double where more is better (null where it is not known), and SQL that is true where it was observed."""

    meaning: str
    value: str
    is_observed: str


def refuse_unfit(weights: Mapping[str, float], known: Iterable[str], where: str) -> None:
    """Refuse a weight of something unknown, or one that is not above 0.

    Raises
    ------
    UserError
    """
    known = tuple(known)
    for name, weight in weights.items():
        if name not in known:
            raise UserError(f"unknown component {name!r}; accepted: {', '.join(known)}", where=where)
        if not weight > 0:
            raise UserError(
                f"the weight of {name} is {weight}; it must be above 0", where=where, mend="leave the component out"
            )


def observed_expressions(components: Mapping[str, Component]) -> dict[str, str]:
    """SQL that counts the customers for whom each component was observed."""
    return {
        name: f"cast(count(case when {component.is_observed} then 1 end) as bigint)"
        for name, component in components.items()
    }


def raw_columns(prefix: str, components: Mapping[str, Component], used: Iterable[str]) -> str:
    """Select list of the values, in columns `prefix_0`, `prefix_1`, ..."""
    # Rounded, so that the last bit of a division cannot part two equal customers.
    return "".join(
        f",\n        round({components[name].value}, 9) as {prefix}_{number}" for number, name in enumerate(used)
    )


def scaled_columns(prefix: str, count: int) -> str:
    """Select list that scales each of the `count` columns to 0-100 among the customers who have it."""
    return "".join(
        f",\n        case when {column} is not null then "
        f"100 * percent_rank() over (partition by {column} is null order by {column}) end as {column}"
        for column in (f"{prefix}_{number}" for number in range(count))
    )


def mean_expression(prefix: str, weights: Iterable[float]) -> str:
    """SQL of the weighted mean, 0-100, of the components that a customer has; null without any."""
    pairs = _pairs(prefix, weights)
    if not pairs:
        return "cast(null as double)"
    value = " + ".join(f"{weight} * coalesce({column}, 0e0)" for weight, column in pairs)
    return f"round(({value}) / nullif({weight_expression(prefix, weights)}, 0e0), 9)"


def weight_expression(prefix: str, weights: Iterable[float]) -> str:
    """SQL of the weight of the components that a customer has."""
    present = (f"case when {column} is null then 0e0 else {weight} end" for weight, column in _pairs(prefix, weights))
    return f"({' + '.join(present) or '0e0'})"


def _pairs(prefix: str, weights: Iterable[float]) -> list[tuple[str, str]]:
    return [(sql_double(weight), f"{prefix}_{number}") for number, weight in enumerate(weights)]
