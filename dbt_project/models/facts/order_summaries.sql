{{ config(
    materialized='incremental' if target.type == 'duckdb' else 'table',
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where customer_id in ({{ touched_customers() }}){% endif %}",
) }}

-- depends_on: {{ ref('stg_orders') }}, {{ ref('repeated_orders') }}, {{ ref('merged_customers') }}

with

orders as (

    select
        *,
        is_counted or is_refund as is_money
    from {{ ref('orders') }}
    {% if is_incremental() %}
    where customer_id in (
        {{ touched_customers() }}
    )
    {% endif %}

),

order_days as (

    select * from {{ ref('order_days') }}
    {% if is_incremental() %}
    where customer_id in (select customer_id from orders)
    {% endif %}

),

gaps as (

    select
        *,
        {{ days_between('lag(ordered_date) over (partition by customer_id order by ordered_date)', 'ordered_date') }}
            as gap_days
    from order_days

),

rhythms as (

    select
        customer_id,
        min(first_ordered_at) as first_ordered_at,
        max(last_ordered_at) as last_ordered_at,
        sum(orders) as orders,
        count(*) as order_days,
        min(ordered_date) as first_ordered_date,
        max(ordered_date) as last_ordered_date,
        count(gap_days) as gaps,
        sum(gap_days) as gap_days,
        sum(gap_days * gap_days) as squared_gap_days,
        -- As decimals, so that no order of adding can change it.
        sum(cast(ln(gap_days) as decimal(18, 6))) as log_gap_days,
        coalesce(sum(case when gap_days is not null then amount end), 0) as repeat_amount
    from gaps
    group by customer_id

),

unmatched as (

    select
        customer_id,
        -sum(net_amount) as unmatched_refunds
    from {{ ref('netted_orders') }}
    where is_refund
    group by customer_id

),

totals as (

    select
        customer_id,
        {{ latest_value('region', 'ordered_at', 'order_id') }} as latest_region,
        sum(amount) filter (where is_money) as revenue,
        sum(amount) filter (where is_money and ordered_date > {{ as_of_date(365) }}) as revenue_last_365_days,
        sum(amount) filter (where is_money and ordered_date >= {{ first_day_of_year() }}) as revenue_calendar_year,
        sum(cost) filter (where is_money) as cost,
        sum(profit) filter (where is_money) as profit,
        sum(quantity) filter (where is_money and ordered_date >= {{ first_day_of_year() }}) as quantity_calendar_year,
        count(*) filter (where is_counted and ordered_date > {{ as_of_date(365) }}) as orders_last_365_days,
        count(*) filter (where is_delivered_late and ordered_date > {{ as_of_date(365) }})
            as late_deliveries_last_365_days
    from orders
    group by customer_id

),

channel_use as (

    select
        customer_id,
        channel,
        row_number() over (partition by customer_id order by count(*) desc, channel) as channel_rank
    from orders
    where is_counted and channel is not null
    group by customer_id, channel

)

select
    totals.customer_id,
    totals.latest_region,
    rhythms.first_ordered_at,
    rhythms.last_ordered_at,
    cast(coalesce(rhythms.orders, 0) as bigint) as orders,
    rhythms.first_ordered_date,
    rhythms.last_ordered_date,
    coalesce(rhythms.order_days, 0) as order_days,
    coalesce(rhythms.gaps, 0) as gaps,
    cast(rhythms.gap_days as bigint) as gap_days,
    cast(rhythms.squared_gap_days as bigint) as squared_gap_days,
    cast(rhythms.log_gap_days as decimal(18, 6)) as log_gap_days,
    cast(rhythms.repeat_amount as decimal(18, 4)) as repeat_amount,
    cast(coalesce(unmatched.unmatched_refunds, 0) as decimal(18, 4)) as unmatched_refunds,
    cast(coalesce(totals.revenue, 0) as decimal(18, 4)) as revenue,
    cast(coalesce(totals.revenue_last_365_days, 0) as decimal(18, 4)) as revenue_last_365_days,
    cast(coalesce(totals.revenue_calendar_year, 0) as decimal(18, 4)) as revenue_calendar_year,
    cast(totals.cost as decimal(18, 4)) as cost,
    cast(coalesce(totals.profit, 0) as decimal(18, 4)) as profit,
    cast(coalesce(totals.quantity_calendar_year, 0) as decimal(18, 4)) as quantity_calendar_year,
    channel_use.channel as main_channel,
    totals.orders_last_365_days,
    totals.late_deliveries_last_365_days
from totals
left join rhythms on totals.customer_id = rhythms.customer_id
left join unmatched on totals.customer_id = unmatched.customer_id
left join channel_use on totals.customer_id = channel_use.customer_id and channel_use.channel_rank = 1
