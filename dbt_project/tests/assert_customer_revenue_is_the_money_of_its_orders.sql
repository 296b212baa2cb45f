{{ config(
    meta={
        'dagster': {'ref': {'name': 'customer_value'}},
        'description': 'The revenue of each customer is the sum of its counted orders and refunds.',
    }
) }}

with

order_money as (

    select
        customer_id,
        cast(sum(amount) as decimal(18, 2)) as revenue
    from {{ ref('orders') }}
    where is_counted or is_refund
    group by customer_id

),

customer_value as (

    select
        customer_id,
        revenue
    from {{ ref('customer_value') }}

)

select
    coalesce(customer_value.customer_id, order_money.customer_id) as customer_id,
    customer_value.revenue,
    order_money.revenue as order_money
from customer_value
full outer join order_money on customer_value.customer_id = order_money.customer_id
where coalesce(customer_value.revenue, 0) <> coalesce(order_money.revenue, 0)
