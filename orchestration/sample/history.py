"""The time that a sample company covers: its days, its seasons, and moments within them.

A position is a time in days since the first midnight; a season-year is one year's worth of business.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

DAY = 86_400
HOUR = 3_600

# January to December: Spring Festival empties February, air conditioning fills the summer.
MONTH_FACTORS = np.array([0.92, 0.70, 0.98, 0.96, 1.00, 1.12, 1.24, 1.20, 1.00, 0.90, 1.04, 1.10])
# Monday to Sunday.
WEEKDAY_FACTORS = np.array([1.25, 1.22, 1.20, 1.18, 1.15, 0.62, 0.38])


@dataclass(frozen=True)
class History:
    """The days up to and including `end`.

    Parameters
    ----------
    end : datetime.date
        The last day, whole.
    days : int
        How many days there are.
    """

    end: date
    days: int = 730
    first: np.datetime64 = field(init=False)
    close: np.datetime64 = field(init=False)
    season_years_until: np.ndarray = field(init=False, repr=False)

    def __post_init__(self):
        close = (np.datetime64(self.end, "D") + 1).astype("datetime64[s]")
        first = close - np.timedelta64(self.days * DAY, "s")
        dates = first.astype("datetime64[D]") + np.arange(self.days)
        month = dates.astype("datetime64[M]").astype(np.int64) % 12
        weekday = (dates.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
        weight = MONTH_FACTORS[month] * WEEKDAY_FACTORS[weekday]
        weight = weight / weight.sum() * self.days / 365.25
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "close", close)
        object.__setattr__(self, "season_years_until", np.concatenate([[0.0], np.cumsum(weight)]))

    def season_years(self, position: np.ndarray) -> np.ndarray:
        """Season-years from the first midnight to each position."""
        return np.interp(position, np.arange(self.days + 1), self.season_years_until)

    def position(self, season_years: np.ndarray) -> np.ndarray:
        """The inverse of `season_years`."""
        return np.interp(season_years, self.season_years_until, np.arange(self.days + 1))

    def moment(self, position: np.ndarray) -> np.ndarray:
        """Positions as datetime64[s]."""
        return self.first + np.floor(np.asarray(position) * DAY).astype("timedelta64[s]")

    def in_business_hours(self, rng: np.random.Generator, position: np.ndarray) -> np.ndarray:
        """A moment on each position's day between 07:00 and 21:00, most often in the early afternoon."""
        seconds = (7 + 7 * (rng.random(len(position)) + rng.random(len(position)))) * HOUR
        return self.moment(np.floor(position)) + seconds.astype("timedelta64[s]")

    def known(self, moments: np.ndarray) -> np.ndarray:
        """The moments that an extract at the end of the last day can hold; NaT for later ones."""
        return np.where(moments < self.close, moments, np.datetime64("NaT", "s"))


def hours(count: np.ndarray) -> np.ndarray:
    """A number of hours as timedelta64[s]."""
    return (np.asarray(count) * HOUR).astype("timedelta64[s]")


def blank(moments: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The moments, NaT where the mask holds."""
    return np.where(where, np.datetime64("NaT", "s"), moments)
