"""Simulated buyers whose habits and last order are known, as facts.customer_orders would have them on a day."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


class Buyers:
    """Gamma gaps of a shape and a usual gap of each buyer's own, ended after any order by the same chance.

    The usual gap is the mean, log-normal over the buyers with a deviation of `spread`. Each starts on a random day of
    `days`, and the orders that would follow later are known too: so the living of any day are known.
    """

    def __init__(self, count: int, shapes: Sequence[float], median_gap: float, *, stops=0.05, spread=0.7, days=730):
        draws = np.random.default_rng([count, int(median_gap), len(shapes)])
        self.shape = draws.choice(shapes, count)
        self.usual = median_gap * np.exp(spread * draws.normal(size=count))
        starts, orders = draws.uniform(0, days, count), draws.geometric(stops, count)
        self.dates = [
            np.unique(np.floor(start + np.append(0, draws.gamma(shape, usual / shape, more - 1).cumsum())).astype(int))
            for start, shape, usual, more in zip(starts, self.shape, self.usual, orders, strict=True)
        ]

    def on(self, day: int | None = None) -> pd.DataFrame:
        """Those who have ordered by this day, or all at their last order, with `is_alive` and `number` as the truth."""
        rows = []
        for number, dates in enumerate(self.dates):
            known = dates if day is None else dates[: np.searchsorted(dates, day, side="right")]
            if len(known):
                gaps, alive = np.diff(known), len(known) < len(dates)
                quiet = 0 if day is None else day - known[-1]
                rows.append((number, *history(gaps), quiet, alive))
        names = ["number", "frequency", "recency_days", "mean_gap_days", "mean_log_gap_days"]
        told = pd.DataFrame(rows, columns=[*names, "days_since_last_order", "is_alive"])
        return told.assign(customer_id=told["number"].astype(str), order_days=told["frequency"] + 1)


def history(gaps: Sequence[int]) -> tuple[int, int, float | None, float | None]:
    """Number, sum, mean and mean logarithm of the gaps."""
    if not len(gaps):
        return 0, 0, None, None
    return len(gaps), int(np.sum(gaps)), float(np.mean(gaps)), float(np.log(gaps).mean())
