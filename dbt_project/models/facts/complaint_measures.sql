{{ config(materialized='view') }}

{# What has not come counts with the time so far, up to here: how old a period is would be its value otherwise. #}
{% set promises = var('complaints') %}
{% set grace_hours = promises.resolution_grace_days * 24 %}
{% set longest_response = ([grace_hours, promises.response_promise_hours] | max * 3600) | int %}
{% set longest_resolution = ([grace_hours, promises.resolution_promise_hours] | max * 3600) | int %}

with

-- One row. Who does not feed when complaints were resolved has not left all of them open.
resolutions as (

    select count(resolved_at) > 0 as are_fed
    from {{ ref('complaints') }}

),

complaints as (

    select
        *,
        cast(opened_at as date) as opened_date,
        {{ seconds_between('opened_at', end_of_as_of()) }} as seconds_open,
        {{ hours_between('opened_at', end_of_as_of()) }} as hours_open,
        resolutions.are_fed and (
            resolved_at is not null
            or cast(opened_at as date) < {{ as_of_date(var('complaints').resolution_grace_days) }}
        ) as is_resolution_due
    from {{ ref('complaints') }}
    cross join resolutions
    where not is_suggestion and cast(opened_at as date) >= date '{{ first_service_day() }}'

),

complained_orders as (

    select
        complaints.complaint_id,
        orders.channel
    from complaints
    inner join {{ ref('orders') }} as orders on complaints.order_id = orders.order_id

)

select
    complaints.customer_id,
    complaints.opened_date as observed_date,
    complained_orders.channel as observed_channel,
    case when complaints.is_within_promise then 1 when not complaints.is_within_promise then 0 end as response_timeliness,
    case when complaints.is_within_promise is not null then coalesce(
        {{ seconds_or_zero('opened_at', 'first_response_at') }}, least(complaints.seconds_open, {{ longest_response }})
    ) end as response_seconds,
    case when complaints.first_response_at is not null then {{ seconds_or_zero('opened_at', 'first_response_at') }} end
        as answered_after_seconds,
    case
        when not complaints.is_resolution_due then null
        when complaints.resolved_at is not null and coalesce(complaints.resolution_accepted, true) then 1
        else 0
    end as problem_resolution,
    case when complaints.is_resolution_due then coalesce(
        {{ seconds_or_zero('opened_at', 'resolved_at') }}, least(complaints.seconds_open, {{ longest_resolution }})
    ) end as resolution_seconds,
    case when complaints.resolved_at is not null then {{ seconds_or_zero('opened_at', 'resolved_at') }} end
        as resolved_after_seconds,
    case
        when complaints.resolution_hours <= {{ var('complaints').resolution_promise_hours }} then 1
        when complaints.are_fed
            and (complaints.resolved_at is not null or complaints.hours_open > {{ var('complaints').resolution_promise_hours }})
            then 0
    end as resolution_timeliness,
    case when complaints.is_repeat then 1 else 0 end as repeat_rate
from complaints
left join complained_orders on complaints.complaint_id = complained_orders.complaint_id
