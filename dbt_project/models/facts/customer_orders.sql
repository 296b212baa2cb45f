with

customers as (

    select customer_id from {{ ref('customers') }}

),

orders as (

    select * from {{ ref('orders') }} where is_counted or is_refund

),

order_days as (

    select
        customer_id,
        ordered_date
    from orders
    where is_counted
    group by customer_id, ordered_date

),

gaps as (

    select
        customer_id,
        ordered_date,
        {{ days_between('lag(ordered_date) over (partition by customer_id order by ordered_date)', 'ordered_date') }}
            as gap_days
    from order_days

),

rhythms as (

    select
        customer_id,
        count(*) as order_days,
        min(ordered_date) as first_ordered_date,
        max(ordered_date) as last_ordered_date,
        count(gap_days) as gaps,
        sum(gap_days) as gap_days,
        sum(gap_days * gap_days) as squared_gap_days
    from gaps
    group by customer_id

),

totals as (

    select
        customer_id,
        min(ordered_at) filter (where is_counted) as first_ordered_at,
        max(ordered_at) filter (where is_counted) as last_ordered_at,
        count(*) filter (where is_counted) as orders,
        sum(amount) as revenue,
        sum(amount) filter (where ordered_date > {{ as_of_date(365) }}) as revenue_last_365_days,
        sum(amount) filter (where ordered_date >= {{ first_day_of_year() }}) as revenue_calendar_year,
        sum(cost) as cost,
        sum(profit) as profit,
        sum(quantity) filter (where ordered_date >= {{ first_day_of_year() }}) as quantity_calendar_year,
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

),

service_costs as (

    select
        customer_id,
        sum(amount) as service_cost
    from {{ ref('identified_service_costs') }}
    where occurred_at < {{ end_of_as_of() }}
    group by customer_id

)

select
    customers.customer_id,
    totals.first_ordered_at,
    totals.last_ordered_at,
    coalesce(totals.orders, 0) as orders,
    coalesce(rhythms.order_days, 0) as order_days,
    rhythms.order_days - 1 as frequency,
    {{ days_between('rhythms.first_ordered_date', 'rhythms.last_ordered_date') }} as recency_days,
    {{ days_between('rhythms.first_ordered_date', as_of_date()) }} as age_days,
    case when rhythms.gaps >= 1 then cast(rhythms.gap_days as double) / rhythms.gaps end as mean_gap_days,
    -- From whole numbers, so that no order of adding can change it.
    case
        when rhythms.gaps >= 2 then
            sqrt(cast(
                rhythms.gaps * rhythms.squared_gap_days - rhythms.gap_days * rhythms.gap_days
            as double)) / rhythms.gaps
    end as sd_gap_days,
    {{ days_between('rhythms.last_ordered_date', as_of_date()) }} as days_since_last_order,
    cast(coalesce(totals.revenue, 0) as decimal(18, 4)) as revenue,
    cast(coalesce(totals.revenue_last_365_days, 0) as decimal(18, 4)) as revenue_last_365_days,
    cast(coalesce(totals.revenue_calendar_year, 0) as decimal(18, 4)) as revenue_calendar_year,
    cast(totals.cost as decimal(18, 4)) as cost,
    cast(coalesce(service_costs.service_cost, 0) as decimal(18, 4)) as service_cost,
    cast(coalesce(totals.profit, 0) - coalesce(service_costs.service_cost, 0) as decimal(18, 4)) as profit,
    cast(coalesce(totals.quantity_calendar_year, 0) as decimal(18, 4)) as quantity_calendar_year,
    channel_use.channel as main_channel,
    coalesce(totals.late_deliveries_last_365_days, 0) as late_deliveries_last_365_days
from customers
left join totals on customers.customer_id = totals.customer_id
left join rhythms on customers.customer_id = rhythms.customer_id
left join service_costs on customers.customer_id = service_costs.customer_id
left join channel_use on customers.customer_id = channel_use.customer_id and channel_use.channel_rank = 1
