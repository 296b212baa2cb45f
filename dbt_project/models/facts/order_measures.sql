{{ config(materialized='view') }}

with

-- One row. Before the day of the first complaint none were fed, and no order counts as one that nobody complained of.
complaints as (

    select min(cast(opened_at as date)) as fed_from
    from {{ ref('complaints') }}

),

orders as (

    select
        *,
        coalesce(delivered_at, {{ end_of_as_of() }}) as delivered_or_end,
        promised_at < {{ end_of_as_of() }} as is_promise_due,
        case when ordered_date >= complaints.fed_from then 1 end as could_be_complained_of
    from {{ ref('orders') }}
    cross join complaints
    where is_counted and ordered_date >= date '{{ first_service_day() }}'

)

select
    customer_id,
    ordered_date as observed_date,
    channel as observed_channel,
    could_be_complained_of,
    case when is_promise_due then case when is_delivered_late then 0 else 1 end end as delivery_on_time,
    case when is_promise_due then {{ seconds_or_zero('promised_at', 'delivered_or_end') }} end as delay_seconds,
    -- What has not come counts with the days so far, once it was promised to be there.
    case
        when delivered_at is not null or is_promise_due then {{ seconds_or_zero('ordered_at', 'delivered_or_end') }}
    end as delivery_seconds,
    case
        when delivered_at is not null
            then greatest(0, {{ days_between('ordered_date', 'cast(delivered_at as date)') }})
    end as delivered_after_days,
    case
        when is_promise_due and delivered_at is not null
            then greatest(0, {{ days_between('cast(promised_at as date)', 'cast(delivered_at as date)') }})
    end as delivered_late_days
from orders
