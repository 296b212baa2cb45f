"""Lifetime value without a fitted model: simple LTV, and discounted value at a configured retention.

Both need nothing but totals, so they are what is published where history is too short for a probabilistic
model. Money is in the deployment's currency; a year is 365 days.
Sources: methods §2.1, and §2.2 after Kotler.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from orchestration.errors import UserError
from orchestration.scoring.literals import sql_double, sql_text

DAYS_PER_YEAR = 365
METHODS = ("simple_ltv", "discounted_ltv")

# More refunded than bought is not a forecast of more refunds: such spend counts as nothing, while what it
# cost to serve the customer still counts.
COUNTED_REVENUE = "greatest(coalesce(revenue, 0), 0)"
COUNTED_PROFIT = "case when revenue < 0 then 0 - coalesce(service_cost, 0) else coalesce(profit, 0) end"


@dataclass(frozen=True)
class SimpleLtvSettings:
    """What a person decides about simple and discounted value.

    Parameters
    ----------
    method : str
        Which of the two is published as `clv`: 'simple_ltv' or 'discounted_ltv'.
    expected_years : float
        Years as a customer, where no retention rate is given.
    retention : float or None
        Share of customers kept from one year to the next, 0 <= r < 1. None: nobody is assumed to leave within
        the horizon (r = 1), and simple LTV uses `expected_years`.
    horizon_days : int
        How far the discounted value and the expected orders look ahead.
    discount : float
        Discount a year, for instance 0.10.
    prior_years : float
        k of the shrinkage: a customer's own history counts as much as the population's after so many years.
    """

    method: str = "simple_ltv"
    expected_years: float = 3.0
    retention: float | None = None
    horizon_days: int = 365
    discount: float = 0.10
    prior_years: float = 1.0

    def __post_init__(self):
        if self.method not in METHODS:
            raise UserError(f"unknown method {self.method!r}; accepted: {', '.join(METHODS)}", where="clv method")
        if self.retention is not None and not 0 <= self.retention < 1:
            raise UserError(
                f"retention is {self.retention}; accepted: from 0 to below 1",
                where="clv retention",
                mend="leave it out where customers are not expected to leave",
            )
        for name in ("expected_years", "horizon_days", "prior_years"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise UserError(f"{name} is {getattr(self, name)}; it must be above 0", where=f"clv {name}")
        if not (math.isfinite(self.discount) and self.discount >= 0):
            raise UserError(f"discount is {self.discount}; it must be 0 or above", where="clv discount")

    @property
    def horizon_years(self) -> float:
        """The horizon in years; not necessarily whole."""
        return self.horizon_days / DAYS_PER_YEAR

    @property
    def lifetime_years(self) -> float:
        """Expected years as a customer: 1 / (1 - r) with a retention rate, else as configured."""
        return self.expected_years if self.retention is None else 1 / (1 - self.retention)


@dataclass(frozen=True)
class PopulationSummary:
    """Totals over the customers with a counted order, as `population_sql` returns them."""

    customers: int
    order_days: int
    revenue: Decimal
    profit: Decimal
    age_days: int


def population_sql(source: str = "facts.customer_orders") -> str:
    """The select of one row that fills a `PopulationSummary`."""
    return f"""
select
    count(*) as customers,
    cast(coalesce(sum(order_days), 0) as bigint) as order_days,
    coalesce(sum(cast({COUNTED_REVENUE} as decimal(18, 4))), 0) as revenue,
    coalesce(sum(cast({COUNTED_PROFIT} as decimal(18, 4))), 0) as profit,
    cast(coalesce(sum(age_days), 0) as bigint) as age_days
from {source}
where order_days > 0
""".strip()


def simple_value(annual_spend: float, years: float) -> float:
    """Simple LTV: mean annual spend x years as a customer (methods §2.1)."""
    return annual_spend * years


def shrunk_annual_rate(total: float, age_years: float, population_rate: float, prior_years: float) -> float:
    """(total + k * population rate) / (age + k): one day of history is not multiplied by 365."""
    return (total + prior_years * population_rate) / (age_years + prior_years)


def present_value(margin: float, periods: float, retention: float = 1.0, discount: float = 0.0) -> float:
    """Sum over t = 1..n of m * r^(t-1) / (1+d)^t: each period's margin is paid at its end (methods §2.2).

    A horizon of n whole periods and a fraction f adds f * m * r^n / (1+d)^(n+f): the broken period earns its
    share, paid when the horizon ends.

    Parameters
    ----------
    margin : float
        Money earned per period while the customer stays.
    periods : float
        Horizon in periods, 0 or more.
    retention, discount : float
        Per period.

    Returns
    -------
    float
    """
    whole = math.floor(periods)
    fraction = periods - whole
    value = sum(margin * retention ** (t - 1) / (1 + discount) ** t for t in range(1, whole + 1))
    return value + fraction * margin * retention**whole / (1 + discount) ** periods


@dataclass(frozen=True)
class SimpleLtv:
    """The decision: the population's annual rates, and what a year of a customer is worth."""

    settings: SimpleLtvSettings
    population: PopulationSummary
    annual_revenue: float
    annual_profit: float
    annual_order_days: float
    discounted_years: float
    expected_order_years: float
    fit_status: str = field(default="uncalibrated", init=False)

    @property
    def note(self) -> str:
        """What a manager should know of the published method."""
        return _note(self.population, self.settings, self.settings.method)

    def parameters(self) -> dict:
        """What was decided, for the model table and the manifest."""
        return asdict(self.settings) | {
            "lifetime_years": self.settings.lifetime_years,
            "population_annual_revenue": self.annual_revenue,
            "population_annual_profit": self.annual_profit,
            "population_annual_order_days": self.annual_order_days,
            "discounted_years": self.discounted_years,
            "expected_order_years": self.expected_order_years,
        }

    def model_rows(self, totals: Mapping[str, Decimal], is_published: bool = True, why: str = "") -> list[dict]:
        """The rows of scores.clv_model, one for each of the two methods.

        Parameters
        ----------
        totals : mapping of method to money
            Sum of each method's column over all customers, as `totals_sql` returns them.
        is_published : bool
            Whether one of the two is, and no fitted model.
        why : str
            Why no model was fitted, as a sentence.
        """
        return [
            {
                "model": method,
                "is_published": is_published and method == self.settings.method,
                "parameters": json.dumps(self.parameters(), sort_keys=True),
                "log_likelihood": None,
                "fit_status": self.fit_status,
                "fit_note": f"{_note(self.population, self.settings, method)} {why}".strip(),
                "customers": self.population.customers,
                "total_clv": totals[method],
                "holdout": None,
                "naive_comparison": None,
                "histories": None,
            }
            for method in METHODS
        ]


def totals_sql(source: str = "scores.clv") -> str:
    """The select of one row with the total of what is published, and of each method, for `SimpleLtv.model_rows`."""
    sums = ", ".join(f"coalesce(sum({column}), 0) as {column}" for column in ("clv", *METHODS))
    return f"select {sums} from {source}"


def fit_simple(summary: PopulationSummary, settings: SimpleLtvSettings | None = None) -> SimpleLtv:
    """Decide the population's annual rates. Always defined and finite.

    Where nobody has a past yet (every first order is on `as_of`, so the summed age is 0), what was seen is
    taken as what `prior_years` years bring; without customers all rates are 0.

    Parameters
    ----------
    summary : PopulationSummary
    settings : SimpleLtvSettings, optional

    Returns
    -------
    SimpleLtv
    """
    settings = settings or SimpleLtvSettings()
    years = summary.age_days / DAYS_PER_YEAR or summary.customers * settings.prior_years

    def annual(total) -> float:
        return float(total) / years if years else 0.0

    return SimpleLtv(
        settings=settings,
        population=summary,
        annual_revenue=annual(summary.revenue),
        annual_profit=annual(summary.profit),
        annual_order_days=annual(summary.order_days),
        discounted_years=present_value(1, settings.horizon_years, _retention(settings), settings.discount),
        expected_order_years=present_value(1, settings.horizon_years, _retention(settings)),
    )


def _retention(settings: SimpleLtvSettings) -> float:
    return 1.0 if settings.retention is None else settings.retention


def _note(summary: PopulationSummary, settings: SimpleLtvSettings, method: str) -> str:
    """What a manager should know of a method."""
    if not summary.customers:
        return "No customer has an order that counts yet, so every lifetime value is 0."
    mean_days = summary.age_days / summary.customers
    if method == "simple_ltv":
        how = f"each customer's yearly profit, times {settings.lifetime_years:g} expected years"
    else:
        how = (
            f"each customer's yearly profit over the next {settings.horizon_days} days, "
            f"discounted at {settings.discount:.0%} a year"
        )
    return (
        f"Lifetime value is {how}; the yearly figure of a customer with little history is drawn towards "
        f"the average. It is not checked against a hold-out, and gives no range and no probability that a "
        f"customer is still active. Customers have been known for {mean_days:.0f} days on average."
    )


def simple_ltv_sql(model: SimpleLtv, source: str = "facts.customer_orders", digits: int = 2) -> str:
    """The select that gives the columns of scores.clv, one row for each row of `source`; money has so many digits.

    With k the prior years and P the population's annual rate, a customer's annual profit (and likewise
    revenue and order days) is (total + k * P) / (age in years + k). Then

    - simple_ltv = annual profit x lifetime years;
    - discounted_ltv = annual profit x sum over t of r^(t-1) / (1+d)^t, see `present_value`;
    - expected_orders = annual order days x sum over t of r^(t-1), over the horizon;
    - expected_order_value = annual revenue / annual order days;
    - p_alive, and the ends of the intervals of value and orders, are null: neither method knows them.

    A customer without counted orders has value 0, no expected order value, and clv_method 'no_orders'.
    """
    prior = sql_double(model.settings.prior_years)

    def annual(total: str, rate: float) -> str:
        return f"({total} + {prior} * {sql_double(rate)}) / (age_years + {prior})"

    return f"""
with

customers as (

    select
        customer_id,
        coalesce(order_days, 0) > 0 as has_orders,
        cast(coalesce(order_days, 0) as double) as order_days,
        cast(coalesce(age_days, 0) as double) / {sql_double(DAYS_PER_YEAR)} as age_years,
        cast({COUNTED_REVENUE} as double) as revenue,
        cast({COUNTED_PROFIT} as double) as profit
    from {source}

),

annual_rates as (

    select
        customer_id,
        has_orders,
        {annual("revenue", model.annual_revenue)} as annual_revenue,
        {annual("profit", model.annual_profit)} as annual_profit,
        {annual("order_days", model.annual_order_days)} as annual_order_days
    from customers

),

lifetime_values as (

    select
        customer_id,
        has_orders,
        case when has_orders then annual_profit * {sql_double(model.settings.lifetime_years)} else 0e0 end
            as simple_ltv,
        case when has_orders then annual_profit * {sql_double(model.discounted_years)} else 0e0 end
            as discounted_ltv,
        case when has_orders then annual_order_days * {sql_double(model.expected_order_years)} else 0e0 end
            as expected_orders,
        case when has_orders then annual_revenue / annual_order_days end as expected_order_value
    from annual_rates

),

final as (

    select
        customer_id,
        cast(round(simple_ltv, {digits}) as decimal(18, 2)) as simple_ltv,
        cast(round(discounted_ltv, {digits}) as decimal(18, 2)) as discounted_ltv,
        cast(round({model.settings.method}, {digits}) as decimal(18, 2)) as clv,
        cast(null as decimal(18, 2)) as clv_low,
        cast(null as decimal(18, 2)) as clv_high,
        cast(null as double) as p_alive,
        round(expected_orders, 6) as expected_orders,
        cast(null as bigint) as orders_low,
        cast(null as bigint) as orders_high,
        cast(round(expected_order_value, {digits}) as decimal(18, 2)) as expected_order_value,
        case when has_orders then {sql_text(model.settings.method)} else 'no_orders' end as clv_method
    from lifetime_values

)

select * from final
""".strip()
