with

accepted as (

    select
        complaint_id,
        customer_id,
        opened_at,
        {{ if_known('first_response_at') }} as first_response_at,
        {{ if_known('resolved_at') }} as resolved_at,
        coalesce(channel, 'unknown') as channel,
        coalesce(category, 'uncategorised') as category,
        severity,
        need_violated,
        -- Whether a resolution was accepted is not known before it was made.
        case when resolved_at >= {{ end_of_as_of() }} then null else resolution_accepted end as resolution_accepted,
        order_id,
        coalesce(is_suggestion, false) as is_suggestion
    from {{ ref('identified_complaints') }}
    where opened_at < {{ end_of_as_of() }}

),

with_the_one_before as (

    select
        *,
        lag(opened_at) over (
            partition by customer_id, category, is_suggestion
            order by opened_at, complaint_id
        ) as previous_opened_at
    from accepted

)

select
    complaint_id,
    customer_id,
    opened_at,
    cast(date_trunc('month', opened_at) as date) as opened_month,
    first_response_at,
    resolved_at,
    channel,
    category,
    severity,
    need_violated,
    resolution_accepted,
    order_id,
    is_suggestion,
    coalesce(
        not is_suggestion
        and {{ hours_between('previous_opened_at', 'opened_at') }}
        <= {{ var('complaints').repeat_within_days }} * 24,
        false
    ) as is_repeat,
    {{ hours_between('opened_at', 'first_response_at') }} as response_hours,
    {{ hours_between('opened_at', 'resolved_at') }} as resolution_hours
from with_the_one_before
