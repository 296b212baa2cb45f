-- What depends on as_of for everybody is worked out here, from the summaries: never from the orders.
with

customers as (

    select customer_id from {{ ref('customers') }}

),

summaries as (

    select * from {{ ref('order_summaries') }}

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
    summaries.first_ordered_at,
    summaries.last_ordered_at,
    coalesce(summaries.orders, 0) as orders,
    coalesce(summaries.order_days, 0) as order_days,
    case when summaries.order_days > 0 then summaries.order_days - 1 end as frequency,
    {{ days_between('summaries.first_ordered_date', 'summaries.last_ordered_date') }} as recency_days,
    {{ days_between('summaries.first_ordered_date', as_of_date()) }} as age_days,
    case when summaries.gaps >= 1 then cast(summaries.gap_days as double) / summaries.gaps end as mean_gap_days,
    -- From whole numbers, so that no order of adding can change it.
    case
        when summaries.gaps >= 2 then
            sqrt(cast(
                summaries.gaps * summaries.squared_gap_days - summaries.gap_days * summaries.gap_days
            as double)) / summaries.gaps
    end as sd_gap_days,
    case when summaries.gaps >= 1 then cast(summaries.log_gap_days as double) / summaries.gaps end as mean_log_gap_days,
    {{ days_between('summaries.last_ordered_date', as_of_date()) }} as days_since_last_order,
    summaries.repeat_amount,
    cast(coalesce(summaries.unmatched_refunds, 0) as decimal(18, 4)) as unmatched_refunds,
    cast(coalesce(summaries.revenue, 0) as decimal(18, 4)) as revenue,
    cast(coalesce(summaries.revenue_last_365_days, 0) as decimal(18, 4)) as revenue_last_365_days,
    cast(coalesce(summaries.revenue_calendar_year, 0) as decimal(18, 4)) as revenue_calendar_year,
    summaries.cost,
    cast(coalesce(service_costs.service_cost, 0) as decimal(18, 4)) as service_cost,
    cast(coalesce(summaries.profit, 0) - coalesce(service_costs.service_cost, 0) as decimal(18, 4)) as profit,
    cast(coalesce(summaries.quantity_calendar_year, 0) as decimal(18, 4)) as quantity_calendar_year,
    summaries.main_channel,
    coalesce(summaries.orders_last_365_days, 0) as orders_last_365_days,
    coalesce(summaries.late_deliveries_last_365_days, 0) as late_deliveries_last_365_days
from customers
left join summaries on customers.customer_id = summaries.customer_id
left join service_costs on customers.customer_id = service_costs.customer_id
