"""Silence: when has a customer been quiet for longer than chance explains? (methods §4.2)

Python looks at a sample of histories, decides on the law of gaps (`gap_law`), and gives each cell of alike histories
its limit; SQL gives each customer the limit of its cell. Gaps are in days, between distinct order days.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from orchestration.errors import UserError
from orchestration.scoring.gap_law import GapLaw, fit_gap_law, limit_days
from orchestration.scoring.literals import sql_double

LIMITS = "scores.silence_limits"
SAMPLE = 4_000  # customers on whom the law is fitted: half a second, and shares known to about 1 %
# Histories in a cell are alike: as many gaps, the same mean to 15 %, the same regularity to 25 %.
GAP_COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 50, 100)
MEAN_STEP, IRREGULARITY_STEP = 1.15, 1.25
# ln(mean gap) - mean ln(gap), about 1 / (2 x shape): below, as regular as the steadiest shape; above, no one is.
MOST_REGULAR, LEAST_REGULAR = 0.002, 6.0


@dataclass(frozen=True)
class SilenceSettings:
    """The chance that counts as none (`tail`): at most so many of the living are flagged on a day."""

    tail: float = 0.01

    def __post_init__(self):
        if not 0 < self.tail < 0.5:
            raise UserError(
                f"tail_probability is {self.tail}; it must lie between 0 and 0.5", where="silence tail_probability"
            )


@dataclass(frozen=True)
class SilenceLimits:
    """The decision: the law, the limit of one-time buyers, and the limit of each cell in multiples of its mean gap.

    factors : DataFrame of `gap_count`, `mean_cell`, `irregularity_cell`, `factor`
    tail : as in the settings.
    law, first_gap_limit_days : None where nobody has come back yet, so that nobody can be called silent.
    """

    factors: pd.DataFrame
    tail: float
    law: GapLaw | None = None
    first_gap_limit_days: float | None = None


def sample_sql(source: str = "facts.customer_orders") -> str:
    """The select of the histories that the law is fitted on: gaps, gap_days, log_gap_days, quiet_days.

    The sample follows a hash of the id, so that the same customers are drawn on every engine and every day.
    """
    return f"""
with

drawn as (

    select
        customer_id,
        cast(frequency as double) as gaps,
        cast(recency_days as double) as gap_days,
        coalesce(frequency * mean_log_gap_days, 0e0) as log_gap_days,
        cast(days_since_last_order as double) as quiet_days
    from {source}
    where order_days > 0
    order by md5(customer_id), customer_id
    limit {SAMPLE}

)

select gaps, gap_days, log_gap_days, quiet_days
from drawn
order by gaps, gap_days, log_gap_days, quiet_days
""".strip()


def cells_sql(source: str = "facts.customer_orders") -> str:
    """The select of the cells that hold a customer: gap_count, mean_cell, irregularity_cell, customers."""
    return f"""
with

{_cells(source)}

select
    gap_count,
    mean_cell,
    irregularity_cell,
    count(*) as customers
from cells
where gap_count >= 1
group by gap_count, mean_cell, irregularity_cell
order by gap_count, mean_cell, irregularity_cell
""".strip()


def _cells(source: str) -> str:
    """The CTE `cells`: the cell of each customer; without a gap only `gap_count` is known, and 0."""
    counts = "\n            ".join(f"when frequency >= {count} then {count}" for count in reversed(GAP_COUNTS))
    low, high = sql_double(MOST_REGULAR), sql_double(LEAST_REGULAR)
    irregularity = f"least(greatest(ln(mean_gap_days) - mean_log_gap_days, {low}), {high})"
    # Rounded, so that another engine's last bit cannot move a customer.
    return f"""cells as (

    select
        customer_id,
        order_days,
        days_since_last_order,
        mean_gap_days,
        case
            {counts}
            else 0
        end as gap_count,
        cast(floor(round(ln(mean_gap_days) / {sql_double(math.log(MEAN_STEP))}, 6)) as int) as mean_cell,
        cast(ceil(round(
            ln({irregularity} / {low}) / {sql_double(math.log(IRREGULARITY_STEP))}, 6
        )) as int) as irregularity_cell
    from {source}

)"""


def decide_limits(sample: pd.DataFrame, cells: pd.DataFrame, settings: SilenceSettings | None = None) -> SilenceLimits:
    """Fit the law to the sample, and find the limit of each cell.

    A cell stands for its fewest gaps, so that it is never judged as better known than its customers are, and for the
    middle of its means and regularities.

    Parameters
    ----------
    sample, cells : DataFrame
        As `sample_sql` and `cells_sql` give them.
    settings : SilenceSettings, optional

    Returns
    -------
    SilenceLimits
    """
    settings = settings or SilenceSettings()
    factors = cells[["gap_count", "mean_cell", "irregularity_cell"]].astype("int32")
    if cells.empty:
        return SilenceLimits(factors.assign(factor=np.empty(0)), settings.tail)

    law = fit_gap_law(*(sample[name] for name in ("gaps", "gap_days", "log_gap_days", "quiet_days")))
    gaps = factors["gap_count"].to_numpy(float)
    mean = MEAN_STEP ** (factors["mean_cell"].to_numpy(float) + 0.5)
    irregularity = MOST_REGULAR * IRREGULARITY_STEP ** (factors["irregularity_cell"].to_numpy(float) - 0.5)
    irregularity = np.where(gaps == 1, 0.0, irregularity)  # one gap is its own mean, and tells nothing
    limits = limit_days(law, gaps, gaps * mean, gaps * (np.log(mean) - irregularity), settings.tail)
    [first] = limit_days(law, [0], [0], [0], settings.tail)
    return SilenceLimits(factors.assign(factor=np.round(limits / mean, 9)), settings.tail, law, float(first))


def typical_limits(law: GapLaw, tail: float) -> pd.DataFrame:
    """How the limit of a customer with the usual gap shortens as more gaps are seen, by regularity.

    Returns
    -------
    DataFrame of `shape`, `gaps`, `factor`
        The limit in multiples of the usual gap, for the gaps that Gammas of shape 1, 4 and 16 give on average.
    """
    from scipy.special import digamma

    usual = law.median_usual_gap()
    table = pd.DataFrame(
        [(shape, gaps) for shape in (1.0, 4.0, 16.0) for gaps in GAP_COUNTS if gaps <= 30], columns=["shape", "gaps"]
    )
    shape, gaps = table["shape"].to_numpy(), table["gaps"].to_numpy(float)
    # E[sum of logs] given the sum: of n gaps together that sum is as regular as a Gamma of n times the shape.
    logs = gaps * (np.log(gaps * usual) + digamma(shape) - digamma(gaps * shape))
    return table.assign(factor=limit_days(law, gaps, gaps * usual, logs, tail) / usual)


def silence_sql(limits: SilenceLimits, source: str = "facts.customer_orders", factors: str = LIMITS) -> str:
    """The select that gives the columns of scores.silence, one row for each row of `source`.

    `factors` is the relation that holds `limits.factors`. One-time buyers take the first gap's limit. Without orders,
    and for everybody where nobody has come back yet, both columns are null.
    """
    if limits.first_gap_limit_days is None:
        return (
            "select customer_id, cast(null as double) as silence_limit_days, "
            f"cast(null as boolean) as is_silent from {source}"
        )
    return f"""
with

{_cells(source)},

limits as (

    select
        cells.customer_id,
        cells.days_since_last_order,
        case
            when cells.gap_count >= 1 then round(cells.mean_gap_days * factors.factor, 6)
            when cells.order_days > 0 then round({sql_double(limits.first_gap_limit_days)}, 6)
        end as silence_limit_days
    from cells
    left join {factors} as factors
        on
            cells.gap_count = factors.gap_count
            and cells.mean_cell = factors.mean_cell
            and cells.irregularity_cell = factors.irregularity_cell

)

select
    customer_id,
    silence_limit_days,
    days_since_last_order > silence_limit_days as is_silent
from limits
""".strip()
