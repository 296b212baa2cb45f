{{ config(
    meta={
        'dagster': {'ref': {'name': 'profit_curve'}},
        'description': 'The last point of the whale curve is all customers and all profit.',
    }
) }}

with

totals as (

    select
        count(*) as customers,
        coalesce(sum(profit), 0) as profit
    from {{ ref('customer_value') }}

),

last_point as (

    select * from {{ ref('profit_curve') }} where percentile = 100

)

select
    100 as percentile,
    last_point.customers,
    totals.customers as all_customers,
    last_point.cumulative_profit,
    totals.profit as all_profit
from totals
left join last_point on true
where coalesce(last_point.customers, -1) <> totals.customers
    or coalesce(last_point.cumulative_profit, totals.profit + 1) <> totals.profit
