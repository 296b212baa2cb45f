"""Whether complaints became more or fewer than chance explains: three months against the twelve before them.

Numbers only; reading and writing tables belongs to defs/relationship.py. Complaints are compared as a rate per order,
so a month that has not ended counts as far as it has gone.

The test is the exact conditional one of two Poisson rates: given their sum, the later count is binomial. Source:
Przyborowski and Wilenski, Biometrika 31 (1940) 313-323; its interval by Clopper and Pearson, Biometrika 26 (1934)
404-413. One fault brings many complaints, so monthly counts vary more than a Poisson law allows: both counts are
divided by that dispersion first, as Rao and Scott do, Statistics in Medicine 18 (1999) 1373-1385.
"""

import datetime as dt

import numpy as np
import pandas as pd

from orchestration.errors import UserError

ALL = "all"
TESTED_MONTHS = 12
MONTHS = 3
MONTHS_BEFORE = 12
SIGNIFICANCE = 0.05

COMPLAINTS_SQL = (
    "select opened_month as month, category, count(*) as complaints from facts.complaints "
    "where not is_suggestion group by all order by all"
)
ORDERS_SQL = (
    "select cast(date_trunc('month', ordered_at) as date) as month, count(*) as orders from facts.orders "
    "where is_counted group by all order by all"
)

COLUMNS = {
    "month": "datetime64[s]",
    "category": "string",
    **dict.fromkeys(("complaints", "orders", "complaints_before", "orders_before"), "int64"),
    **dict.fromkeys(("rate_ratio", "rate_ratio_low", "rate_ratio_high", "dispersion", "p_value"), "float64"),
    "is_more_than_noise": "boolean",
    "no_ratio_reason": "string",
}


def complaint_changes(complaints: pd.DataFrame, orders: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Each of the last twelve months and each category, and all together: its rate against the rate before.

    Parameters
    ----------
    complaints : DataFrame
        `month` (its first day), `category` and `complaints`, a row each month and category with complaints.
    orders : DataFrame
        `month` and `orders`, a row each month with orders of the company.
    as_of : date
        The last month is that of this date.

    Returns
    -------
    DataFrame
        With the columns of COLUMNS. A category has a row where it has complaints in the fifteen months; `all` always.
        Where `no_ratio_reason` is `none_before` the ratio and its upper end are missing, and the test is made; where it
        is another one, nothing is compared.

    Raises
    ------
    UserError
        A category is called `all`, which is the name of all together.
    """
    if (complaints["category"] == ALL).any():
        raise UserError(
            f"a category of complaints is called `{ALL}`, which complaint_changes calls all categories together",
            where="the feed complaints, column category",
            mend="give it another name in the mapping of the feed in sources.yml",
        )
    months = pd.period_range(end=pd.Period(as_of, "M"), periods=TESTED_MONTHS + MONTHS + MONTHS_BEFORE - 1, freq="M")
    ordered = _by_month(orders, "orders", months).sum().to_numpy()
    counted = _by_month(complaints, "complaints", months)
    names = np.array([*counted.index, ALL], dtype=object)
    counts = np.vstack([counted.to_numpy(), counted.to_numpy().sum(axis=0)])
    begins = [frame["month"].min() for frame in (complaints, orders) if len(frame)]
    first_month = pd.Period(max(begins), "M") if begins else months[0]

    rows = []
    for end in range(len(months) - TESTED_MONTHS + 1, len(months) + 1):
        window = slice(end - MONTHS - MONTHS_BEFORE, end)
        is_there = (counts[:, window].sum(axis=1) > 0) | (names == ALL)
        is_short = first_month > months[window.start]
        tested = compared(counts[is_there, window], ordered[window], is_short=is_short)
        tested.insert(0, "month", months[end - 1].start_time)
        tested.insert(1, "category", names[is_there])
        tested["is_more_than_noise"] = more_than_noise(tested["p_value"], tested["category"] == ALL)
        rows.append(tested)
    return pd.concat(rows, ignore_index=True)[list(COLUMNS)].astype(COLUMNS)


def compared(counts: np.ndarray, orders: np.ndarray, *, is_short: bool = False) -> pd.DataFrame:
    """The last three months against those before, for one category a row.

    Parameters
    ----------
    counts : ndarray of int, shape (categories, months)
        Complaints of each month.
    orders : ndarray of int, shape (months,)
        Orders of each month.
    is_short : bool
        Whether the history begins within these months, so that nothing can be compared.
    """
    later, before = counts[:, -MONTHS:].sum(axis=1), counts[:, :-MONTHS].sum(axis=1)
    orders_later, orders_before = int(orders[-MONTHS:].sum()), int(orders[:-MONTHS].sum())
    frame = pd.DataFrame({"complaints": later, "orders": orders_later})
    frame = frame.assign(complaints_before=before, orders_before=orders_before)
    frame["no_ratio_reason"] = np.select(
        [
            np.full(len(frame), is_short),
            np.full(len(frame), orders_later == 0 or orders_before == 0),
            later + before == 0,
            before == 0,
        ],
        ["short_history", "no_orders", "no_complaints", "none_before"],
        default=None,
    )
    for name in ("rate_ratio", "rate_ratio_low", "rate_ratio_high", "dispersion", "p_value"):
        frame[name] = np.nan
    can = frame["no_ratio_reason"].isna() | (frame["no_ratio_reason"] == "none_before")
    if can.any():
        spread = dispersion(counts[can], orders)
        p_value, low, high = conditional_test(later[can] / spread, before[can] / spread, orders_later, orders_before)
        ratio = np.where(
            before[can] > 0, later[can] * orders_before / (np.maximum(before[can], 1) * orders_later), np.nan
        )
        found = {"rate_ratio": ratio, "rate_ratio_low": low, "rate_ratio_high": high}
        for name, values in (found | {"dispersion": spread, "p_value": p_value}).items():
            frame.loc[can, name] = values
    return frame


def dispersion(counts: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """How many times more than a Poisson law the monthly counts vary, each period about its own rate; at least 1.

    Pearson's statistic over its degrees of freedom, widened by what its own uncertainty adds to a 95 % interval: the
    square of Student's quantile over the normal one, 1.21 with the 13 degrees of freedom of fifteen months.

    Parameters
    ----------
    counts : ndarray, shape (categories, months)
    orders : ndarray, shape (months,)

    Returns
    -------
    ndarray, shape (categories,)
    """
    from scipy.stats import norm, t

    pearson, freedom = np.zeros(len(counts)), 0
    for period in (slice(None, -MONTHS), slice(-MONTHS, None)):
        # What is complained of in a month without orders is about earlier ones, and says nothing of the spread.
        has_orders = orders[period] > 0
        seen, exposed = counts[:, period][:, has_orders], orders[period][has_orders]
        expected = np.outer(seen.sum(axis=1) / max(exposed.sum(), 1), exposed)
        pearson += ((seen - expected) ** 2 / np.where(expected > 0, expected, 1)).sum(axis=1)
        freedom += max(len(exposed) - 1, 0)
    if freedom == 0:
        return np.ones(len(counts))
    upper = 1 - SIGNIFICANCE / 2
    return np.maximum(1.0, pearson / freedom * (t.ppf(upper, freedom) / norm.ppf(upper)) ** 2)


def conditional_test(
    later: np.ndarray, before: np.ndarray, exposure: float, exposure_before: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The exact conditional test of two Poisson rates, and the 95 % interval of their ratio.

    Counts may be fractions, as after dividing by a dispersion: the binomial tails are incomplete beta functions.

    Parameters
    ----------
    later, before : ndarray, shape (n,)
        Counts, at least one of each pair above 0.
    exposure, exposure_before : float
        What they are counted over, above 0.

    Returns
    -------
    p_value, low, high : ndarray, shape (n,)
        Twice the smaller tail, at most 1, so that it is below 0.05 where the interval leaves out 1. `high` is NaN where
        nothing was counted before: no ratio is too great.
    """
    from scipy.special import betainc, betaincinv

    share = exposure / (exposure + exposure_before)
    is_later, is_before = later > 0, before > 0
    some_later, some_before = np.where(is_later, later, 1.0), np.where(is_before, before, 1.0)
    at_least = np.where(is_later, betainc(some_later, before + 1, share), 1.0)
    at_most = np.where(is_before, betainc(some_before, later + 1, 1 - share), 1.0)
    tail = SIGNIFICANCE / 2
    low = np.where(is_later, betaincinv(some_later, before + 1, tail), 0.0)
    # The complement of the upper end, which keeps its digits near 1.
    rest = np.where(is_before, betaincinv(some_before, later + 1, tail), np.nan)
    odds = exposure_before / exposure
    return np.minimum(1.0, 2 * np.minimum(at_least, at_most)), low / (1 - low) * odds, (1 - rest) / rest * odds


def more_than_noise(p_value: pd.Series, is_all: pd.Series) -> pd.Series:
    """Which changes are more than chance; missing where there is no p-value.

    Of ten categories without any change one in twenty each would be called changed by its own p-value, and one month in
    three would have such a category. Source: Benjamini and Hochberg, J. R. Statist. Soc. B 57 (1995) 289-300.
    """
    from scipy.stats import false_discovery_control

    adjusted = p_value.copy()
    of_categories = p_value.notna() & ~is_all
    if of_categories.any():
        adjusted[of_categories] = false_discovery_control(p_value[of_categories])
    return (adjusted <= SIGNIFICANCE).astype("boolean").mask(p_value.isna())


def _by_month(frame: pd.DataFrame, value: str, months: pd.PeriodIndex) -> pd.DataFrame:
    """A row each category (one row where there are none), a column each month; 0 where nothing is told."""
    category = frame["category"] if "category" in frame else pd.Series("", index=frame.index)
    month = pd.PeriodIndex(pd.to_datetime(frame["month"]), freq="M")
    summed = frame[value].groupby([category.to_numpy(), month]).sum()
    return summed.unstack(fill_value=0).reindex(columns=months, fill_value=0).astype(np.int64)
