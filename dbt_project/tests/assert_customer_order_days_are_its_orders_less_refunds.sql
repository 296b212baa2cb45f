{{ config(
    meta={
        'dagster': {'ref': {'name': 'customer_orders'}},
        'description': 'The money of the order days of each customer, less the refunds that found no order, is that of its orders and refunds.',
    }
) }}

with

order_money as (

    select
        customer_id,
        sum(amount) as amount
    from {{ ref('orders') }}
    where is_counted or is_refund
    group by customer_id

),

day_money as (

    select
        customer_id,
        sum(amount) as amount
    from {{ ref('order_days') }}
    group by customer_id

)

select
    customer_orders.customer_id,
    order_money.amount as order_money,
    day_money.amount as day_money,
    customer_orders.unmatched_refunds
from {{ ref('customer_orders') }} as customer_orders
left join order_money on customer_orders.customer_id = order_money.customer_id
left join day_money on customer_orders.customer_id = day_money.customer_id
where coalesce(day_money.amount, 0) - customer_orders.unmatched_refunds <> coalesce(order_money.amount, 0)
