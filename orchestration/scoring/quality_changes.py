"""What changed in service quality between two cells, indicator by indicator, and whether it is more than noise.

Two cells are compared on the indicators that both have, under the later one's weights. The interval is a parametric
bootstrap: each value is drawn again and again around itself by its standard error, scored, and compared. Values are
drawn independently: where two indicators rest on the same complaints, or one cell is within the other, the interval
of the index is a little too narrow or too wide. Source: methods §6.7, §6.8; Efron and Tibshirani, An Introduction to
the Bootstrap (1993), ch. 13.
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
# The ends of a 95 % interval then stand on 50 draws each: they move by about 4 % of its width from seed to seed.
DRAWS = 2000
SEED = 20

COLUMNS = {
    **dict.fromkeys(("dimension", "member", "period", "period_before", "indicator"), "string"),
    **dict.fromkeys(("value", "value_before", "change", "contribution", "change_low", "change_high"), "float64"),
    "is_more_than_noise": "boolean",
}


@dataclass(frozen=True)
class Measured:
    """One indicator of a cell: its value and standard error in its unit, its weight in the cell, its scale."""

    value: float
    standard_error: float
    weight: float
    scale: Scale

    def draws(self, key: str) -> np.ndarray:
        """The value as it might have come, shape (DRAWS,); the same for the same key, whatever else is drawn."""
        random = np.random.default_rng([SEED, *key.encode()])
        return self.value + self.standard_error * random.standard_normal(DRAWS)


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

    For an indicator `value`, `value_before`, `change`, `low` and `high` are in its unit, and `contribution` in points
    of the index; for the index, over the indicators that both cells have, all are points. None in a comparison where
    a cell has no index.
    """

    indicator: str
    value: float | None
    value_before: float | None
    change: float | None
    contribution: float | None
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
    index = index_before = 0.0
    drawn_index = np.zeros(DRAWS)
    for name in shared:
        now, then = after.measured[name], before.measured[name]
        drawn, drawn_before = after.draws(name), before.draws(name)
        low, high = _interval(drawn - drawn_before)
        contribution = None
        if is_told:
            weight = now.weight / total
            points, points_before = (weight * _score(one.value, now.scale) for one in (now, then))
            contribution = round(float(points - points_before), 12)
            index, index_before = index + points, index_before + points_before
            drawn_index += weight * (_score(drawn, now.scale) - _score(drawn_before, now.scale))
        changes.append(Change(name, now.value, then.value, now.value - then.value, contribution, low, high))
    if not is_told:
        return [*changes, Change(INDEX, None, None, None, None, None, None)]
    change = math.fsum(one.contribution for one in changes)
    return [*changes, Change(INDEX, float(index), float(index_before), change, change, *_interval(drawn_index))]


def cells(frame: pd.DataFrame) -> list[Cell]:
    """The cells of a frame with the columns of scores.quality_index_indicators, rows of a cell together."""
    found = []
    for (dimension, member, period), rows in frame.groupby(["dimension", "member", "period"], sort=False):
        scored = rows[rows["score"].notna()]
        measured = {
            row.indicator: Measured(row.value, row.standard_error, row.weight, Scale(row.floor_value, row.target_value))
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
