"""How much a limit grows with the days since the base release, so that a hold can clear by itself."""

MONTH_DAYS = 30


def grown(limit: float, days: int, at_most: float = float("inf")) -> float:
    """A limit per 30 days, at `days` since the base release.

    Within the first 30 days it does not shrink: a day's 1/30 of it would be less than the noise of one day's orders.
    """
    return min(limit * max(1.0, days / MONTH_DAYS), max(limit, at_most))
