"""How much a limit grows with the days since the base release, and what passes for no other reason."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.quality.checks import CheckOutcome

MONTH_DAYS = 30


@dataclass(frozen=True)
class Held:
    """A hold since the base release: the first day of it, and the lowest limit that it was above."""

    day: dt.date
    limit: float


def grown(limit: float, days: int, at_most: float = float("inf")) -> float:
    """A limit per 30 days, at `days` since the base release.

    Within the first 30 days it does not shrink: a day's 1/30 of it would be less than the noise of one day's orders.
    """
    return min(limit * max(1.0, days / MONTH_DAYS), max(limit, at_most))


def passed_by_waiting(found: Sequence[CheckOutcome], holds: Mapping[str, Held]) -> list[str]:
    """Sentences on what was held, is still above the limit of then, and passes since that has grown."""
    return [
        f"{one.name} was held from {held.day} on above {held.limit:.3g}, and passes at {one.observed:.3g} only since "
        f"its limit has grown to {one.threshold:.3g}"
        for one in found
        if one.passed and one.observed is not None and (held := holds.get(one.name))
        if abs(one.observed) > held.limit
    ]
