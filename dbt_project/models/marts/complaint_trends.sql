{% set months = months_up_to_as_of(24) %}

with

complaints as (

    select
        *,
        -- An unanswered complaint is missed once its promise has passed, and not judged before.
        case
            when response_hours is not null then response_hours <= {{ var('complaints').response_promise_hours }}
            when {{ hours_between('opened_at', end_of_as_of()) }} > {{ var('complaints').response_promise_hours }} then false
        end as is_within_promise
    from {{ ref('complaints') }}
    where not is_suggestion and opened_month >= date '{{ months[-1].first_day }}'

),

monthly_orders as (

    select
        cast(date_trunc('month', ordered_at) as date) as ordered_month,
        count(*) as orders
    from {{ ref('orders') }}
    where is_counted and ordered_date >= date '{{ months[-1].first_day }}'
    group by cast(date_trunc('month', ordered_at) as date)

),

trends as (

    select
        opened_month,
        category,
        channel,
        count(*) as complaints,
        percentile_cont(0.5) within group (order by response_hours) as median_response_hours,
        percentile_cont(0.9) within group (order by response_hours) as p90_response_hours,
        percentile_cont(0.5) within group (order by resolution_hours) as median_resolution_hours,
        percentile_cont(0.9) within group (order by resolution_hours) as p90_resolution_hours,
        {{ ratio('count(*) filter (where is_within_promise)', 'count(is_within_promise)') }} as within_promise_share,
        {{ ratio('count(*) filter (where is_repeat)', 'count(*)') }} as repeat_share
    from complaints
    group by opened_month, category, channel

)

select
    trends.opened_month as month,
    trends.category,
    trends.channel,
    cast(trends.complaints as bigint) as complaints,
    {{ ratio('100 * trends.complaints', 'monthly_orders.orders') }} as complaints_per_100_orders,
    {{ ratio('trends.complaints', 'sum(trends.complaints) over (partition by trends.opened_month)') }}
        as complaints_share,
    trends.median_response_hours,
    trends.p90_response_hours,
    trends.median_resolution_hours,
    trends.p90_resolution_hours,
    trends.within_promise_share,
    trends.repeat_share
from trends
left join monthly_orders on trends.opened_month = monthly_orders.ordered_month
