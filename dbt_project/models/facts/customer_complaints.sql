with

complaints as (

    select
        *,
        not is_suggestion as is_complaint,
        cast(opened_at as date) > {{ as_of_date(365) }} as is_recent
    from {{ ref('complaints') }}

)

select
    customer_id,
    count(*) filter (where is_complaint) as complaints,
    count(*) filter (where is_complaint and is_recent) as complaints_last_365_days,
    count(*) filter (where is_complaint and is_recent and need_violated = 'safety')
        as safety_complaints_last_365_days,
    count(*) filter (where is_green_channel and is_recent) as green_channel_complaints_last_365_days,
    count(*) filter (where is_green_channel_breach and is_recent) as green_channel_breaches_last_365_days,
    count(*) filter (where is_complaint and is_repeat) as repeat_complaints,
    count(*) filter (where is_complaint and first_response_at is null and resolved_at is null)
        as unanswered_complaints,
    count(*) filter (where is_recovered) as recovered_complaints,
    count(*) filter (where is_suggestion) as suggestions,
    max(opened_at) filter (where is_complaint) as last_complained_at
from complaints
group by customer_id
