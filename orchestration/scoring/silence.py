"""Silence: when has a customer been quiet for longer than chance explains? (methods §4.2)

A customer's gaps between order days are taken as Gamma, with the customer's own mean and spread drawn towards
the population's. The limit is the quantile that only 1 % of such gaps would exceed. Gaps are in days, between
distinct order days; cv2 is the squared coefficient of variation, variance / mean^2.
"""

import math
from dataclasses import dataclass

from orchestration.errors import UserError
from orchestration.scoring.literals import sql_double

CV2_LOWEST, CV2_HIGHEST = 0.0025, 16.0
CV2_STEP = 1.02  # between grid points; the next higher is used, so a limit is at most about 1 % too long
CV2_EXPONENTIAL = 1.0  # orders at random moments: where no customer has two gaps to tell otherwise


@dataclass(frozen=True)
class SilenceSettings:
    """Chance of a gap as long (`chance`), and how many gaps the population counts for (`prior_gaps`, k)."""

    chance: float = 0.01
    prior_gaps: float = 1.0

    def __post_init__(self):
        if not 0 < self.chance < 1:
            raise UserError(f"chance is {self.chance}; it must lie between 0 and 1", where="silence chance")
        if not (math.isfinite(self.prior_gaps) and self.prior_gaps > 0):
            raise UserError(f"prior_gaps is {self.prior_gaps}; it must be above 0", where="silence prior_gaps")


@dataclass(frozen=True)
class GapSummary:
    """Totals over the population's gaps, as `gap_summary_sql` returns them.

    gaps, gap_days : count and sum of all gaps.
    scaled_deviations, spread_freedom : sum of n * own cv2, and of n - 1, over customers with n >= 2 gaps.
    first_gaps, first_gap_days, first_gap_squared_days : count, sum and sum of squares of the first gaps.
    """

    gaps: int
    gap_days: int
    scaled_deviations: float
    spread_freedom: int
    first_gaps: int
    first_gap_days: int
    first_gap_squared_days: int


@dataclass(frozen=True)
class SilenceLimits:
    """The decision: population mean and cv2 of a gap, the first gap's limit, and factors over the cv2 grid.

    `factors` is the decision table: (cell, limit as a multiple of the mean). Without any gap in the
    population `mean_gap_days` and `first_gap_limit_days` are None, and nobody can be called silent.
    """

    mean_gap_days: float | None
    gap_cv2: float
    first_gap_limit_days: float | None
    prior_gaps: float
    factors: tuple[tuple[int, float], ...]


def gap_summary_sql(customer_orders: str = "facts.customer_orders", order_days: str = "facts.order_days") -> str:
    """The select of one row that fills a `GapSummary`.

    The ratios are cast to decimals before they are summed, so that any thread order gives the same bits.
    """
    return f"""
with

own_gaps as (

    select
        cast(coalesce(sum(frequency), 0) as bigint) as gaps,
        cast(coalesce(sum(recency_days), 0) as bigint) as gap_days,
        coalesce(sum(case when frequency >= 2 then cast(
            frequency * (sd_gap_days / mean_gap_days) * (sd_gap_days / mean_gap_days) as decimal(28, 9)
        ) end), 0) as scaled_deviations,
        cast(coalesce(sum(case when frequency >= 2 then frequency - 1 end), 0) as bigint) as spread_freedom
    from {customer_orders}
    where frequency >= 1

),

first_gap as (

    select
        order_days.customer_id,
        cast(min(order_days.ordered_date) - min(cast(customer_orders.first_ordered_at as date)) as int) as days
    from {order_days} as order_days
    inner join {customer_orders} as customer_orders
        on
            order_days.customer_id = customer_orders.customer_id
            and order_days.ordered_date > cast(customer_orders.first_ordered_at as date)
    group by order_days.customer_id

),

first_gaps as (

    select
        count(*) as first_gaps,
        cast(coalesce(sum(days), 0) as bigint) as first_gap_days,
        cast(coalesce(sum(cast(days as bigint) * days), 0) as bigint) as first_gap_squared_days
    from first_gap

)

select * from own_gaps cross join first_gaps
""".strip()


def fit_silence(summary: GapSummary, settings: SilenceSettings | None = None) -> SilenceLimits:
    """Decide the population's gap, the first gap's limit and the quantile factors. Always finite.

    The spread of the population is that within customers (that customers differ in their mean is no reason to
    wait longer for each of them), drawn towards random moments, cv2 = 1, as if k more gaps had shown that.

    Parameters
    ----------
    summary : GapSummary
    settings : SilenceSettings, optional

    Returns
    -------
    SilenceLimits
    """
    settings = settings or SilenceSettings()
    k = settings.prior_gaps
    gap_cv2 = (float(summary.scaled_deviations) + k * CV2_EXPONENTIAL) / (summary.spread_freedom + k)
    cells = math.ceil(math.log(CV2_HIGHEST / CV2_LOWEST) / math.log(CV2_STEP))
    factors = _quantile_factors([CV2_LOWEST * CV2_STEP**cell for cell in range(cells + 1)], settings.chance)

    first_gap_limit = None
    if summary.first_gaps:
        mean = summary.first_gap_days / summary.first_gaps
        squared = summary.first_gap_squared_days - summary.first_gap_days * mean
        cv2 = (max(squared, 0.0) / mean**2 + k * CV2_EXPONENTIAL) / (summary.first_gaps + k)
        first_gap_limit = mean * _quantile_factors([cv2], settings.chance)[0]

    return SilenceLimits(
        mean_gap_days=summary.gap_days / summary.gaps if summary.gaps else None,
        gap_cv2=gap_cv2,
        first_gap_limit_days=first_gap_limit,
        prior_gaps=k,
        factors=tuple(enumerate(factors)),
    )


def _quantile_factors(cv2: list[float], chance: float) -> list[float]:
    """Upper quantile of Gamma(shape = 1 / cv2) over its mean, for each cv2."""
    import numpy as np
    from scipy.stats import gamma

    clipped = np.clip(cv2, CV2_LOWEST, CV2_HIGHEST)
    return [round(float(factor), 9) for factor in gamma.isf(chance, 1 / clipped) * clipped]


def silence_sql(limits: SilenceLimits, customer_orders: str = "facts.customer_orders") -> str:
    """The select that gives the columns of scores.silence, one row for each row of `customer_orders`.

    With n own gaps of mean g and squared variation c, population mean G and variation C, and k prior gaps:

    - shrunk variation  c' = (n c + k C) / (n - 1 + k), for n = 1 that is C;
    - shrunk mean       m = (n g + k c' G) / (n + k c'). The population weighs k times c', because each gap of
      a regular customer says more about its mean: in Gamma's terms it carries 1 / c' of information;
    - a next gap varies about a mean that is itself known from n + k gaps only: c' (1 + 1 / (n + k));
    - limit = m x the factor of the next higher point of the grid.

    One-time buyers take the first gap's limit. Without orders, and for everybody where the population has no
    gap yet, both columns are null.
    """
    if limits.mean_gap_days is None:
        return (
            "select customer_id, cast(null as double) as silence_limit_days, "
            f"cast(null as boolean) as is_silent from {customer_orders}"
        )
    k = sql_double(limits.prior_gaps)
    cv2, mean = sql_double(limits.gap_cv2), sql_double(limits.mean_gap_days)
    first = sql_double(limits.first_gap_limit_days)
    cell = f"ceil(round(ln(cv2 / {sql_double(CV2_LOWEST)}) / {sql_double(math.log(CV2_STEP))}, 6))"
    factors = ",\n        ".join(f"({cell}, {sql_double(factor)})" for cell, factor in limits.factors)
    return f"""
with

factors (cell, factor) as (

    values
        {factors}

),

customers as (

    select
        customer_id,
        order_days > 0 as has_orders,
        cast(days_since_last_order as double) as days_since_last_order,
        cast(coalesce(frequency, 0) as double) as gaps,
        cast(coalesce(recency_days, 0) as double) as gap_days,
        case
            when frequency >= 2
                then cast(frequency * (sd_gap_days / mean_gap_days) * (sd_gap_days / mean_gap_days) as double)
            else 0e0
        end as scaled_deviations
    from {customer_orders}

),

spreads as (

    select
        *,
        (scaled_deviations + {k} * {cv2}) / (greatest(gaps - 1, 0e0) + {k}) as own_cv2
    from customers

),

gaps as (

    select
        *,
        (gap_days + {k} * own_cv2 * {mean}) / (gaps + {k} * own_cv2) as mean_days,
        own_cv2 * (1 + 1 / (gaps + {k})) as cv2
    from spreads

),

cells as (

    select
        *,
        cast(least(greatest({cell}, 0), {limits.factors[-1][0]}) as int) as cell
    from gaps

),

limits as (

    select
        cells.customer_id,
        cells.days_since_last_order,
        case
            when cells.gaps >= 1 then round(cells.mean_days * factors.factor, 6)
            when cells.has_orders then round({first}, 6)
        end as silence_limit_days
    from cells
    inner join factors on cells.cell = factors.cell

)

select
    customer_id,
    silence_limit_days,
    days_since_last_order > silence_limit_days as is_silent
from limits
""".strip()
