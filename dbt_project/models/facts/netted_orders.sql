{{ config(
    materialized='incremental' if target.type == 'duckdb' else 'table',
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where customer_id in ({{ customers_of_changed_orders() }}){% endif %}",
) }}

-- depends_on: {{ ref('stg_orders') }}, {{ ref('repeated_orders') }}, {{ ref('merged_customers') }}

{#
A refund is taken from the order that it names, and what is then left of it from the customer's latest earlier orders:
last in, first out. Such a stack needs no recursion. Let the balance be the sum of the orders so far less the refunds,
and the level that balance above its lowest point so far, or above 0: it is what lies on the stack. An order lies between
the levels before and after it, and stays as far as no later level goes below. By how much a refund moves the lowest point
is what found no order.

Only the customers who have a refund are looked at: windows over 20M orders would be the whole cost of a refresh.
#}
{% set in_order = 'partition by customer_id order by ordered_at, is_refund, order_id' %}

with

orders as (

    select
        order_id,
        customer_id,
        ordered_at,
        amount,
        is_refund,
        refund_of
    from {{ ref('orders') }}
    where (is_counted or is_refund)
    {% if is_incremental() %}
        and customer_id in (
            {{ customers_of_changed_orders() }}
        )
    {% endif %}

),

of_customers_with_refunds as (

    select *
    from orders
    where customer_id in (select customer_id from orders where is_refund)

),

-- The refunds of one order, in their order: the first ones are taken from it whole.
named as (

    select
        refunds.order_id as refund_id,
        sales.order_id as sale_id,
        sales.amount as sale_amount,
        -refunds.amount as amount,
        sum(-refunds.amount) over (
            partition by sales.order_id
            order by refunds.ordered_at, refunds.order_id
            rows between unbounded preceding and current row
        ) as amount_so_far
    from of_customers_with_refunds as refunds
    inner join of_customers_with_refunds as sales
        on refunds.refund_of = sales.order_id and refunds.customer_id = sales.customer_id
    where refunds.is_refund and not sales.is_refund

),

taken_by_name as (

    select
        refund_id,
        sale_id,
        greatest(least(amount, sale_amount - (amount_so_far - amount)), 0) as amount
    from named

),

settled as (

    select
        order_id,
        sum(amount) as amount
    from (
        select
            refund_id as order_id,
            amount
        from taken_by_name

        union all

        select
            sale_id as order_id,
            -amount as amount
        from taken_by_name
    ) as both_sides
    group by order_id

),

open_orders as (

    select
        orders.order_id,
        orders.customer_id,
        orders.ordered_at,
        orders.is_refund,
        orders.amount,
        orders.amount + coalesce(settled.amount, 0) as open_amount
    from of_customers_with_refunds as orders
    left join settled on orders.order_id = settled.order_id

),

balances as (

    select
        *,
        sum(open_amount) over (
            {{ in_order }} rows between unbounded preceding and current row
        ) as balance
    from open_orders

),

lowest_points as (

    select
        *,
        least(min(balance) over ({{ in_order }} rows between unbounded preceding and current row), 0) as lowest
    from balances

),

levels as (

    select
        *,
        lowest - coalesce(lag(lowest) over ({{ in_order }}), 0) as without_an_order,
        min(balance - lowest) over ({{ in_order }} rows between current row and unbounded following) as lowest_level_since,
        balance - lowest - open_amount as level_before
    from lowest_points

),

netted as (

    select
        order_id,
        customer_id,
        is_refund,
        amount,
        cast(
            case when is_refund then without_an_order else greatest(lowest_level_since - level_before, 0) end
        as decimal(18, 4)) as net_amount
    from levels

)

select *
from netted
where is_refund or net_amount <> amount
