with

complaints as (

    select
        complaints.*,
        not complaints.is_suggestion as is_complaint,
        cast(complaints.opened_at as date) > {{ as_of_date(365) }} as is_recent,
        complaints.resolution_accepted and customer_orders.last_ordered_at > complaints.resolved_at as is_recovered
    from {{ ref('complaints') }} as complaints
    left join {{ ref('customer_orders') }} as customer_orders on complaints.customer_id = customer_orders.customer_id

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
