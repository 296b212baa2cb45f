{{ config(
    materialized='incremental' if target.type == 'duckdb' else 'table',
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where customer_id in ({{ customers_of_changed_orders() }}){% endif %}",
) }}

-- depends_on: {{ ref('stg_orders') }}, {{ ref('repeated_orders') }}, {{ ref('merged_customers') }}

with

orders as (

    select *
    from {{ ref('orders') }}
    where is_counted
    {% if is_incremental() %}
        and customer_id in (
            {{ customers_of_changed_orders() }}
        )
    {% endif %}

),

net_orders as (

    select
        orders.customer_id,
        orders.ordered_at,
        orders.ordered_date,
        orders.amount,
        coalesce(netted.net_amount, orders.amount) as net_amount
    from orders
    left join {{ ref('netted_orders') }} as netted on orders.order_id = netted.order_id

)

select
    customer_id,
    ordered_date,
    min(ordered_at) as first_ordered_at,
    max(ordered_at) as last_ordered_at,
    count(*) as orders,
    cast(sum(net_amount) as decimal(18, 4)) as amount
from net_orders
-- An order of 0 from the start counts; one that refunds have brought to 0 does not.
where amount = 0 or net_amount > 0
group by customer_id, ordered_date
