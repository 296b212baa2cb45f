{{ config(
    meta={
        'dagster': {'ref': {'name': 'customer_orders'}},
        'description': 'The customers together have as many orders as are not refunded in full, and as much profit before service as the orders.',
    }
) }}

with

lines as (

    select
        count(*) filter (where is_counted) as orders,
        coalesce(sum(profit) filter (where is_counted or is_refund), 0) as profit
    from {{ ref('orders') }}

),

refunded_in_full as (

    select count(*) as orders
    from {{ ref('netted_orders') }}
    where not is_refund and net_amount = 0

),

summaries as (

    select
        coalesce(sum(orders), 0) as orders,
        coalesce(sum(profit + service_cost), 0) as profit
    from {{ ref('customer_orders') }}

)

select
    'all customers' as scope,
    lines.orders - refunded_in_full.orders as orders,
    summaries.orders as customer_orders,
    lines.profit,
    summaries.profit as customer_profit
from lines
cross join refunded_in_full
cross join summaries
where lines.orders - refunded_in_full.orders <> summaries.orders or lines.profit <> summaries.profit
