{{ config(
    meta={
        'dagster': {'ref': {'name': 'customer_orders'}},
        'description': 'The customers together have as many orders, and as much profit before service, as the orders.',
    }
) }}

with

lines as (

    select
        count(*) filter (where is_counted) as orders,
        coalesce(sum(profit) filter (where is_counted or is_refund), 0) as profit
    from {{ ref('orders') }}

),

summaries as (

    select
        coalesce(sum(orders), 0) as orders,
        coalesce(sum(profit + service_cost), 0) as profit
    from {{ ref('customer_orders') }}

)

select
    'all customers' as scope,
    lines.orders,
    summaries.orders as customer_orders,
    lines.profit,
    summaries.profit as customer_profit
from lines
cross join summaries
where lines.orders <> summaries.orders or lines.profit <> summaries.profit
