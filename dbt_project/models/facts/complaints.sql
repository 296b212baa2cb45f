{% set promises = var('complaints') %}
{% set green_channel = promises.green_channel %}

with

fed as (

    select
        complaint_id,
        customer_id,
        opened_at,
        {{ if_known('first_response_at') }} as responded_at,
        {{ if_known('escalated_at') }} as escalated_at,
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

-- One row. Who does not feed when complaints were answered has not left all of them unanswered.
responses as (

    select count(responded_at) > 0 as are_fed
    from fed

),

accepted as (

    select
        fed.*,
        responses.are_fed as are_responses_fed,
        -- Who resolves a complaint has answered it by then, whether or not that was written down.
        case
            when not responses.are_fed then null
            when responded_at is null or resolved_at < responded_at then resolved_at
            else responded_at
        end as first_response_at
    from fed
    cross join responses

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

-- One row. Who does not feed when complaints reached the manager, or did not yet, is not judged by it.
escalations as (

    select min(case when escalated_at is not null then opened_at end) as fed_from
    from accepted

),

timed as (

    select
        *,
        {{ hours_between('opened_at', 'first_response_at') }} as response_hours,
        {{ hours_between('opened_at', 'escalated_at') }} as escalation_hours,
        {{ hours_between('opened_at', 'resolved_at') }} as resolution_hours,
        {{ hours_between('opened_at', end_of_as_of()) }} as hours_so_far,
        coalesce(opened_at >= escalations.fed_from, false) as is_escalation_fed,
        {% if green_channel.needs %}
        not is_suggestion and coalesce(need_violated in ('{{ green_channel.needs | join("', '") }}'), false)
        {% else %}
        false
        {% endif %} as is_green_channel
    from with_the_one_before
    cross join escalations

),

last_orders as (

    select
        customer_id,
        last_ordered_at
    from {{ ref('order_summaries') }}

)

select
    timed.complaint_id,
    timed.customer_id,
    timed.opened_at,
    cast(date_trunc('month', timed.opened_at) as date) as opened_month,
    timed.first_response_at,
    timed.escalated_at,
    timed.resolved_at,
    timed.channel,
    timed.category,
    timed.severity,
    timed.need_violated,
    timed.resolution_accepted,
    timed.order_id,
    timed.is_suggestion,
    coalesce(
        not timed.is_suggestion
        and {{ hours_between('timed.previous_opened_at', 'timed.opened_at') }} <= {{ promises.repeat_within_days }} * 24,
        false
    ) as is_repeat,
    timed.response_hours,
    timed.escalation_hours,
    timed.resolution_hours,
    case
        when timed.are_responses_fed and not timed.is_suggestion then {{ kept_within('timed.response_hours', 'timed.hours_so_far', promises.response_promise_hours) }}
    end as is_within_promise,
    timed.is_green_channel,
    -- Either promise missed is a breach, though the other is not due yet.
    case
        when timed.is_green_channel and (timed.are_responses_fed or timed.is_escalation_fed) then not (
            (
                not timed.are_responses_fed
                or {{ kept_within('timed.response_hours', 'timed.hours_so_far', green_channel.answered_within_hours) }}
            )
            and (
                not timed.is_escalation_fed
                or {{ kept_within('timed.escalation_hours', 'timed.hours_so_far', green_channel.reaches_manager_within_hours) }}
            )
        )
    end as is_green_channel_breach,
    coalesce(
        not timed.is_suggestion and timed.resolution_accepted and last_orders.last_ordered_at > timed.resolved_at,
        false
    ) as is_recovered
from timed
left join last_orders on timed.customer_id = last_orders.customer_id
