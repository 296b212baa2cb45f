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
    from {{ ref('stg_complaints') }}
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

),

known_customers as (

    select customer_id from {{ ref('customers') }}

)

select
    with_the_one_before.complaint_id,
    with_the_one_before.customer_id,
    with_the_one_before.opened_at,
    cast(date_trunc('month', with_the_one_before.opened_at) as date) as opened_month,
    with_the_one_before.first_response_at,
    with_the_one_before.resolved_at,
    with_the_one_before.channel,
    with_the_one_before.category,
    with_the_one_before.severity,
    with_the_one_before.need_violated,
    with_the_one_before.resolution_accepted,
    with_the_one_before.order_id,
    with_the_one_before.is_suggestion,
    coalesce(
        not with_the_one_before.is_suggestion
        and {{ hours_between('with_the_one_before.previous_opened_at', 'with_the_one_before.opened_at') }}
        <= {{ var('repeat_complaint_days') }} * 24,
        false
    ) as is_repeat,
    {{ hours_between('with_the_one_before.opened_at', 'with_the_one_before.first_response_at') }} as response_hours,
    {{ hours_between('with_the_one_before.opened_at', 'with_the_one_before.resolved_at') }} as resolution_hours,
    known_customers.customer_id is not null as is_known_customer
from with_the_one_before
left join known_customers on with_the_one_before.customer_id = known_customers.customer_id
