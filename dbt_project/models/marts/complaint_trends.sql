{% set months = months_up_to_as_of(24) %}

with

complaints as (

    select
        *,
        not is_suggestion as is_complaint,
        -- Answered before it was opened, as of a date without a time, is at once.
        case when is_suggestion then null when response_hours < 0 then 0 else response_hours end as counted_response_hours,
        case when is_suggestion then null when resolution_hours < 0 then 0 else resolution_hours end as counted_resolution_hours
    from {{ ref('complaints') }}
    where opened_month >= date '{{ months[-1].first_day }}'

),

monthly_orders as (

    select
        cast(date_trunc('month', ordered_at) as date) as ordered_month,
        count(*) as orders,
        count(distinct customer_id) as customers
    from {{ ref('orders') }}
    where is_counted and ordered_date >= date '{{ months[-1].first_day }}'
    group by cast(date_trunc('month', ordered_at) as date)

),

trends as (

    select
        opened_month,
        category,
        channel,
        count(*) filter (where is_complaint) as complaints,
        count(*) filter (where is_suggestion) as suggestions,
        count(*) filter (where is_green_channel) as green_channel_complaints,
        count(*) filter (where is_green_channel_breach) as green_channel_breaches,
        {% for need in ['safety', 'fairness', 'esteem'] %}
        count(*) filter (where is_complaint and need_violated = '{{ need }}') as {{ need }}_needs,
        {% endfor %}
        count(*) filter (where is_repeat) as repeats,
        count(*) filter (where is_recovered) as recovered,
        percentile_cont(0.5) within group (order by counted_response_hours) as median_response_hours,
        percentile_cont(0.9) within group (order by counted_response_hours) as p90_response_hours,
        percentile_cont(0.5) within group (order by counted_resolution_hours) as median_resolution_hours,
        percentile_cont(0.9) within group (order by counted_resolution_hours) as p90_resolution_hours,
        {{ ratio('count(*) filter (where is_within_promise)', 'count(is_within_promise)') }} as within_promise_share
    from complaints
    group by opened_month, category, channel

)

select
    trends.opened_month as month,
    trends.category,
    trends.channel,
    cast(trends.complaints as bigint) as complaints,
    {{ ratio('100 * trends.complaints', 'monthly_orders.orders') }} as complaints_per_100_orders,
    {{ ratio('100 * trends.complaints', 'monthly_orders.customers') }} as complaints_per_100_customers,
    {{ ratio('trends.complaints', 'sum(trends.complaints) over (partition by trends.opened_month)') }}
        as complaints_share,
    trends.median_response_hours,
    trends.p90_response_hours,
    trends.median_resolution_hours,
    trends.p90_resolution_hours,
    trends.within_promise_share,
    {{ ratio('trends.repeats', 'trends.complaints') }} as repeat_share,
    {{ ratio('trends.recovered', 'trends.complaints') }} as recovered_share,
    {% for count in [
        'green_channel_complaints', 'green_channel_breaches', 'safety_needs', 'fairness_needs', 'esteem_needs',
        'suggestions'
    ] %}
    cast(trends.{{ count }} as bigint) as {{ count }}{{ ',' if not loop.last }}
    {% endfor %}
from trends
left join monthly_orders on trends.opened_month = monthly_orders.ordered_month
