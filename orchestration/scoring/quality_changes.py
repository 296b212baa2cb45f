"""What changed in service quality between two cells, indicator by indicator, and whether it is more than noise.

Two cells are compared on the indicators that both have, under the later one's weights. `change` and the contributions
are of the published values, which small samples draw towards the whole's. Noise is judged on the change as measured,
`raw_change`: drawn values of one group that moved alone are held back by those that did not, so no interval around
their difference holds the truth as often as it says.

Of an indicator the interval is the normal one; of the index a parametric bootstrap: each raw value is drawn again and
again around itself by its standard error, scored and compared, and the draws are moved so that their median is the raw
change, which scores clipped at 0 or 100 would push aside. Values are drawn independently: where two indicators rest on
the same complaints, or one cell is within the other, the interval of the index is a little too narrow or too wide.
Source: methods §6.7, §6.8; Efron and Tibshirani, An Introduction to the Bootstrap (1993), ch. 13.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from orchestration.scoring.quality import Scale

INDEX = "index"
CONFIDENCE = 0.95
HALF_WIDTH = 1.959963984540054  # standard errors from the middle of a normal law to either end of 95 % of it
# The ends of a 95 % interval then stand on 50 draws each: they move by about 4 % of its width from seed to seed.
DRAWS = 2000
SEED = 20

COLUMNS = {
    **dict.fromkeys(("dimension", "member", "period", "period_before", "indicator"), "string"),
    **dict.fromkeys(
        ("value", "value_before", "change", "contribution", "raw_change", "change_low", "change_high"), "float64"
    ),
    "is_more_than_noise": "boolean",
}


@dataclass(frozen=True)
class Measured:
    """One indicator of a cell: published and raw value, and the raw one's error, in its unit; weight and scale."""

    value: float
    raw_value: float
    raw_standard_error: float
    weight: float
    scale: Scale

    def draws(self, key: str) -> np.ndarray:
        """The raw value as it might have come, shape (DRAWS,); the same for the same key, whatever else is drawn."""
        random = np.random.default_rng([SEED, *key.encode()])
        return self.raw_value + self.raw_standard_error * random.standard_normal(DRAWS)


@dataclass(frozen=True)
class Cell:
    """One dimension, member and period, with what was measured by indicator; `has_index` unless too little was."""

    dimension: str
    member: str
    period: str
    measured: Mapping[str, Measured]
    has_index: bool

    def draws(self, indicator: str) -> np.ndarray:
        return self.measured[indicator].draws(f"{self.dimension}|{self.member}|{self.period}|{indicator}")


@dataclass(frozen=True)
class Change:
    """From one cell to another.

    For an indicator `value`, `value_before`, `change`, `raw_change`, `low` and `high` are in its unit, and
    `contribution` in points of the index; for the index, over the indicators that both cells have, all are points.
    None in a comparison where a cell has no index. `low` and `high` are the interval of `raw_change`.
    """

    indicator: str
    value: float | None
    value_before: float | None
    change: float | None
    contribution: float | None
    raw_change: float | None
    low: float | None
    high: float | None

    @property
    def is_more_than_noise(self) -> bool | None:
        """Whether the interval leaves out zero."""
        return None if self.low is None else self.low > 0 or self.high < 0

    def row(self) -> dict:
        """Its columns of scores.quality_changes."""
        return {
            "indicator": self.indicator,
            "value": self.value,
            "value_before": self.value_before,
            "change": self.change,
            "contribution": self.contribution,
            "raw_change": self.raw_change,
            "change_low": self.low,
            "change_high": self.high,
            "is_more_than_noise": self.is_more_than_noise,
        }


def compare(after: Cell, before: Cell) -> list[Change]:
    """Each indicator that both cells have, and the index last; the contributions add up to the change of the index.

    Returns
    -------
    list of Change
        In the order of `after`. The index has no numbers where either cell has none, or they share no indicator.
    """
    shared = [name for name in after.measured if name in before.measured]
    total = math.fsum(after.measured[name].weight for name in shared)
    is_told = after.has_index and before.has_index and total > 0
    changes = []
    index = index_before = raw_index_change = 0.0
    drawn_index = np.zeros(DRAWS)
    for name in shared:
        now, then = after.measured[name], before.measured[name]
        raw_change = now.raw_value - then.raw_value
        reach = HALF_WIDTH * math.hypot(now.raw_standard_error, then.raw_standard_error)
        contribution = None
        if is_told:
            weight = now.weight / total
            points, points_before = (weight * _score(one.value, now.scale) for one in (now, then))
            contribution = round(float(points - points_before), 12)
            index, index_before = index + points, index_before + points_before
            raw_index_change += weight * (_score(now.raw_value, now.scale) - _score(then.raw_value, now.scale))
            drawn_index += weight * (_score(after.draws(name), now.scale) - _score(before.draws(name), now.scale))
        changes.append(
            Change(
                name,
                now.value,
                then.value,
                now.value - then.value,
                contribution,
                raw_change,
                raw_change - reach,
                raw_change + reach,
            )
        )
    if not is_told:
        return [*changes, Change(INDEX, *[None] * 7)]
    change = math.fsum(one.contribution for one in changes)
    low, high = _interval(drawn_index - np.median(drawn_index) + raw_index_change)
    return [
        *changes,
        Change(INDEX, float(index), float(index_before), change, change, float(raw_index_change), low, high),
    ]


def cells(frame: pd.DataFrame) -> list[Cell]:
    """The cells of a frame with the columns of scores.quality_index_indicators, rows of a cell together."""
    found = []
    for (dimension, member, period), rows in frame.groupby(["dimension", "member", "period"], sort=False):
        scored = rows[rows["score"].notna()]
        measured = {
            row.indicator: Measured(
                row.value, row.raw_value, row.raw_standard_error, row.weight, Scale(row.floor_value, row.target_value)
            )
            for row in scored.itertuples(index=False)
        }
        found.append(Cell(dimension, member, period, measured, bool(scored["contribution"].notna().any())))
    return found


def consecutive_changes(frame: pd.DataFrame) -> pd.DataFrame:
    """scores.quality_changes: each month against the month before, each quarter against the quarter before.

    Parameters
    ----------
    frame : DataFrame
        As for `cells`.
    """
    by_key = {(cell.dimension, cell.member, cell.period): cell for cell in cells(frame)}
    rows = []
    for (dimension, member, period), after in by_key.items():
        before = by_key.get((dimension, member, period_before(period)))
        if before is not None:
            cell = {"dimension": dimension, "member": member, "period": period, "period_before": before.period}
            rows += [cell | change.row() for change in compare(after, before)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def period_before(period: str) -> str | None:
    """2026-01 follows 2025-12, 2026-Q1 follows 2025-Q4; other periods follow none."""
    for pattern, last, form in ((r"(\d{4})-(\d\d)", 12, "{}-{:02}"), (r"(\d{4})-Q([1-4])", 4, "{}-Q{}")):
        if found := re.fullmatch(pattern, period):
            year, number = int(found[1]), int(found[2])
            return form.format(year, number - 1) if number > 1 else form.format(year - 1, last)
    return None


def _score(value, scale: Scale):
    return np.clip(100 * (value - scale.floor) / (scale.target - scale.floor), 0, 100)


def _interval(drawn: np.ndarray) -> tuple[float, float]:
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(drawn, [tail, 100 - tail])
    return float(low), float(high)
