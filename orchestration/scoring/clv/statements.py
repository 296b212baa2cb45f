"""The statements around the decision: what the engine summarises for it, and how it applies it to each customer.

Days and money only; what a model is belongs to `decision`. DuckDB and Spark read all of them. Sums are of decimals and
rows are sorted, so that the same facts give the same numbers to the last digit.
"""

import datetime as dt

from orchestration.scoring.clv.gamma_gamma import GammaGamma
from orchestration.scoring.clv.simple import COUNTED_PROFIT, COUNTED_REVENUE, SimpleLtv, simple_ltv_sql
from orchestration.scoring.literals import sql_double, sql_text

CUSTOMERS = "facts.customer_orders"
ORDER_DAYS = "facts.order_days"
TRIAL = "scores.clv_holdout"
PREDICTIONS = "scores.clv_by_history"
# Minor units of ISO 4217 where there are none. Marts keep two decimals at most, so three are rounded to two.
WITHOUT_CENTS = {
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF"),
    "XPF",
}


def digits_of(currency: str) -> int:
    """Decimals that money of this currency is rounded to."""
    return 0 if currency in WITHOUT_CENTS else 2


def summary_sql() -> str:
    """One row that fills a `decision.DataSummary`."""
    return f"""
select
    count(*) as customers,
    coalesce(sum(case when order_days >= 3 then 1 else 0 end), 0) as customers_with_3_order_days,
    max(age_days) as first_order_days_ago,
    min(age_days - recency_days) as last_order_days_ago
from {CUSTOMERS}
where order_days > 0
""".strip()


def histogram_sql() -> str:
    """Distinct histories and how many customers share each: frequency, recency_days, age_days, customers."""
    return f"""
select
    frequency,
    recency_days,
    age_days,
    count(*) as customers
from {CUSTOMERS}
where order_days > 0
group by frequency, recency_days, age_days
order by frequency, recency_days, age_days
""".strip()


def spending_sql(source: str = CUSTOMERS) -> str:
    """Repeat customers' frequency and mean spend after the first day, where it is above 0, with customers."""
    return f"""
select
    frequency,
    cast(repeat_amount as double) / frequency as mean,
    count(*) as customers
from {source}
where frequency > 0 and repeat_amount > 0
group by frequency, repeat_amount
order by frequency, mean
""".strip()


def trial_sql(split: dt.date) -> str:
    """One row each customer known on the last day before the hold-out: its history then, and what came after."""
    known = f"ordered_date <= date '{split}'"
    return f"""
select
    customer_id,
    min(ordered_date) as first_ordered_date,
    count(*) filter (where {known}) - 1 as frequency,
    cast(max(ordered_date) filter (where {known}) - min(ordered_date) as int) as recency_days,
    cast(date '{split}' - min(ordered_date) as int) as age_days,
    sum(amount) filter (where {known}) - min_by(amount, ordered_date) as repeat_amount,
    count(*) filter (where not {known}) as orders_ahead,
    coalesce(sum(amount) filter (where not {known}), 0) as spend_ahead
from {ORDER_DAYS}
group by customer_id
having min(ordered_date) <= date '{split}'
""".strip()


def holdout_sql() -> str:
    """The customers of the hold-out by history, orders and spend ahead: errors are those of customers, not of means."""
    return f"""
select
    frequency,
    recency_days,
    age_days,
    orders_ahead,
    count(*) as customers,
    cast(spend_ahead as double) as spend_ahead,
    case when frequency > 0 then cast(repeat_amount as double) / frequency else 0e0 end as mean_spend
from {TRIAL}
group by frequency, recency_days, age_days, orders_ahead, spend_ahead, repeat_amount
order by frequency, recency_days, age_days, orders_ahead, spend_ahead, mean_spend
""".strip()


def cohorts_sql() -> str:
    """How many of them began on which day, in days from the first day of all."""
    return f"""
select
    cast(first_ordered_date - (select min(first_ordered_date) from {TRIAL}) as int) as first_day,
    count(*) as customers
from {TRIAL}
group by first_ordered_date
order by first_day
""".strip()


def weeks_sql(as_of: dt.date) -> str:
    """Their order days after the first by whole week (from 0) up to as_of; weeks without any have no row."""
    days = f"cast(order_days.ordered_date - (select min(first_ordered_date) from {TRIAL}) as int)"
    whole = f"cast(date '{as_of}' - (select min(first_ordered_date) from {TRIAL}) as int) + 1"
    return f"""
select
    cast(floor({days} / 7e0) as int) as week,
    count(*) as order_days
from {ORDER_DAYS} as order_days
inner join {TRIAL} as trial
    on order_days.customer_id = trial.customer_id and order_days.ordered_date > trial.first_ordered_date
where {days} < 7 * cast(floor(({whole}) / 7e0) as int)
group by 1
order by week
""".strip()


def clv_sql(simple: SimpleLtv, spend: GammaGamma, method: str, digits: int = 2) -> str:
    """The columns of scores.clv, one row a customer of the facts: predictions by history joined back.

    With x repeat order days of mean m and Gamma-Gamma's p, q, gamma:

    - expected_order_value = p (gamma + x m) / (p x + q - 1);
    - margin = (profit + k P) / (revenue + k R): the customer's own, drawn to the population's annual profit P and
      revenue R as if k years of it had been seen (`SimpleLtvSettings.prior_years`);
    - clv = discounted orders x expected_order_value x margin. It is a mean, and lies above the interval of a customer
      from whom most likely nothing comes;
    - clv_low, clv_high = spend_low, spend_high of the history x (gamma + x m) x margin x discounted / expected orders.

    A customer without counted orders keeps what simple LTV says: value 0 and clv_method 'no_orders'.
    """
    p, q, gamma = (sql_double(value) for value in spend.parameters)
    k = simple.settings.prior_years
    prior_profit, prior_revenue = sql_double(k * simple.annual_profit), sql_double(k * simple.annual_revenue)

    def money(expression: str) -> str:
        return f"cast(round({expression}, {digits}) as decimal(18, 2))"

    return f"""
with

simple as (

    {simple_ltv_sql(simple, digits=digits).replace(chr(10), chr(10) + "    ")}

),

customers as (

    select
        customers.customer_id,
        history.*,
        {gamma} + cast(customers.repeat_amount as double) as level,
        coalesce(
            (cast({COUNTED_PROFIT} as double) + {prior_profit})
            / nullif(cast({COUNTED_REVENUE} as double) + {prior_revenue}, 0),
            1e0
        ) as margin
    from {CUSTOMERS} as customers
    inner join {PREDICTIONS} as history
        on
            customers.frequency = history.frequency
            and customers.recency_days = history.recency_days
            and customers.age_days = history.age_days

),

priced as (

    select
        *,
        {p} * level / ({p} * frequency + ({q} - 1e0)) as order_value,
        level * margin * case when expected_orders > 0 then discounted_orders / expected_orders else 1e0 end as unit
    from customers

),

final as (

    select
        simple.customer_id,
        simple.simple_ltv,
        simple.discounted_ltv,
        case when priced.customer_id is null then simple.clv
            else {money("priced.discounted_orders * priced.order_value * priced.margin")} end as clv,
        {money("least(priced.spend_low * priced.unit, priced.spend_high * priced.unit)")} as clv_low,
        {money("greatest(priced.spend_low * priced.unit, priced.spend_high * priced.unit)")} as clv_high,
        round(priced.p_alive, 9) as p_alive,
        case when priced.customer_id is null then simple.expected_orders else round(priced.expected_orders, 6) end
            as expected_orders,
        cast(priced.orders_low as bigint) as orders_low,
        cast(priced.orders_high as bigint) as orders_high,
        case when priced.customer_id is null then simple.expected_order_value else {money("priced.order_value")} end
            as expected_order_value,
        case when priced.customer_id is null then simple.clv_method else {sql_text(method)} end as clv_method
    from simple
    left join priced on simple.customer_id = priced.customer_id

)

select * from final
""".strip()
