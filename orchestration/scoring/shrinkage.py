"""Shrinkage: a small sample's value is drawn towards the value of the whole, as far as chance may have made it.

Parametric empirical Bayes between the members of one dimension in one period. Python decides how far members truly
differ; indicators_sql of scoring/quality.py applies it to each cell. Source: Morris, Parametric empirical Bayes
inference, JASA 78 (1983) 47-55; the spread by DerSimonian and Laird, Controlled Clinical Trials 7 (1986) 177-188.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from orchestration.scoring.literals import sql_double

WHOLE = "overall"
# Morris's estimate has members - 3 degrees of freedom: with fewer than four, nothing is drawn anywhere.
FEWEST_MEMBERS = 4

# What the usual variance starts from, before anything is observed: two made-up observations so far from the mean. A
# company's first complaints may all be alike, and are not certain for it. Shares are 0 or 100 per cent, the net
# promoter score has -100 and 100; of times, which may be as long as they like, the mean itself is as likely.
MADE_UP = 2
WIDEST_DEVIATION = {
    "nps": 100.0,
    "satisfaction_ratio": 0.25,
    "response_hours": 1.0,
    "resolution_hours": 1.0,
    "delivery_days": 1.0,
    "delivery_delay_days": 1.0,
}
TIMES = ("response_hours", "resolution_hours", "delivery_days", "delivery_delay_days")
OF_A_SHARE = 50.0

COLUMNS = {
    "dimension": "string",
    "period": "string",
    "indicator": "string",
    "whole_value": "float64",
    "usual_variance": "float64",
    "members": "int64",
    "true_variance": "float64",
    "mean_square_error": "float64",
}


@dataclass(frozen=True)
class Spread:
    """How far the members of a dimension truly differ.

    true_variance : of the members' values without chance, in the value's unit squared.
    mean_square_error : the members' squared standard errors, averaged by the precision of their values.
    """

    true_variance: float
    mean_square_error: float


def cells_sql(source: str) -> str:
    """The values that the decision looks at, with the `variance` of one observation and the `sample_size`, in order."""
    return (
        f"select dimension, member, period, indicator, value, variance, sample_size from {source} "
        "where value is not null order by dimension, member, period, indicator"
    )


def decide_shrinkage(cells: pd.DataFrame, prior_size: float) -> pd.DataFrame:
    """What the members of each dimension are drawn to, and how strongly.

    Parameters
    ----------
    cells : DataFrame
        As `cells_sql` gives it; the whole is the dimension `overall`.
    prior_size : float
        As many observations of the usual variance are added to a cell's own: three answers that happen to be alike
        have a variance of zero, and are not certain.

    Returns
    -------
    DataFrame
        scores.quality_shrinkage, one row a dimension, period and indicator. Without `true_variance` values stay as
        they are: the whole itself, and a dimension of fewer than four members.
    """
    whole = cells[cells["dimension"] == WHOLE]
    usual = {indicator: usual_variance(indicator, group) for indicator, group in whole.groupby("indicator")}
    values = whole.set_index(["period", "indicator"])["value"].to_dict()
    rows = []
    for (dimension, period, indicator), group in cells.groupby(["dimension", "period", "indicator"], sort=True):
        sizes = group["sample_size"].to_numpy(float)
        errors = square_error(group["variance"].to_numpy(float), sizes, usual[indicator], prior_size)
        found = None
        if dimension != WHOLE and len(group) >= FEWEST_MEMBERS:
            found = spread(group["value"].to_numpy(float), errors)
        rows.append(
            {
                "dimension": dimension,
                "period": period,
                "indicator": indicator,
                "whole_value": values[period, indicator],
                "usual_variance": usual[indicator],
                "members": len(group),
                "true_variance": None if found is None else found.true_variance,
                "mean_square_error": None if found is None else found.mean_square_error,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def usual_variance(indicator: str, whole: pd.DataFrame) -> float:
    """The variance of one observation within a period of the whole company; never zero.

    Each period has one mean of its own, so that a period of a single observation says nothing of the variance; and two
    made-up observations count beside those of the longest period.

    Parameters
    ----------
    indicator : str
    whole : DataFrame of `value`, `variance`, `sample_size`
        One row a period.
    """
    sizes = whole["sample_size"].to_numpy(float)
    within = (whole["variance"] * sizes).sum() / max((sizes - 1).sum(), 1.0)
    widest = WIDEST_DEVIATION.get(indicator, OF_A_SHARE)
    if indicator in TIMES:
        widest = max(widest, float(np.average(whole["value"], weights=sizes)))
    observed = sizes.max()
    return float((observed * within + MADE_UP * widest**2) / (observed + MADE_UP))


def square_error(variance, sample_size, usual_variance, prior_size):
    """Squared standard error of a mean; its variance of one observation is steadied by the usual one."""
    return (sample_size * variance + prior_size * usual_variance) / (sample_size + prior_size) / sample_size


def spread(values: np.ndarray, square_errors: np.ndarray) -> Spread:
    """The variance between members that chance does not explain, by the method of moments; not below zero.

    Parameters
    ----------
    values, square_errors : ndarray, shape (members,)
        At least two members; errors above zero.
    """
    precision = 1 / square_errors
    centre = np.average(values, weights=precision)
    excess = (precision * (values - centre) ** 2).sum() - (len(values) - 1)
    true_variance = max(0.0, excess / (precision.sum() - (precision**2).sum() / precision.sum()))
    mean_square_error = np.average(square_errors, weights=1 / (square_errors + true_variance))
    return Spread(float(true_variance), float(mean_square_error))


def shrunk_sql(source: str, shrinkage: str, prior_size: float) -> str:
    """CTEs that give `shrunk`: each row of `source` with `value` drawn to the whole, `raw_value`, and both's errors.

    With B = (members - 3) / (members - 1) x error² / (error² + true variance), the value is B x whole + (1 - B) x own.
    Its squared standard error is error² x (1 - (members - 1) / members x B), and what B itself is uncertain by:
    2 / (members - 3) x B² x (mean error² + true variance) / (error² + true variance) x (own - whole)². An interval of
    two standard errors then holds the truth as often as it says, also where all members seem alike.
    """
    prior = sql_double(prior_size)
    return f"""measured as (

    select
        cells.*,
        decided.whole_value,
        decided.members,
        decided.true_variance,
        decided.mean_square_error,
        (cells.sample_size * cells.variance + {prior} * decided.usual_variance)
            / (cells.sample_size + {prior}) / cells.sample_size as square_error
    from {source} as cells
    left join {shrinkage} as decided
        on cells.dimension = decided.dimension
        and cells.period = decided.period
        and cells.indicator = decided.indicator

),

drawn as (

    select
        *,
        coalesce(
            (members - 3e0) / (members - 1e0) * square_error / (square_error + true_variance), 0e0
        ) as share_of_whole
    from measured

),

shrunk as (

    select
        dimension,
        member,
        period,
        indicator,
        case
            when share_of_whole > 0 then round(value + share_of_whole * (whole_value - value), 9)
            else value
        end as value,
        value as raw_value,
        sample_size,
        round(sqrt(square_error), 9) as raw_standard_error,
        round(sqrt(case
            when share_of_whole > 0
                then square_error * (1 - (members - 1e0) / members * share_of_whole)
                    + 2 / (members - 3e0) * share_of_whole * share_of_whole * (value - whole_value)
                        * (value - whole_value) * (mean_square_error + true_variance) / (square_error + true_variance)
            else square_error
        end), 9) as standard_error
    from drawn

)"""
