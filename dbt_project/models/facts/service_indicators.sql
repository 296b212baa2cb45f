{#
Each indicator is 100 x sum(achieved) / sum(counted): a percentage, or complaints per 100 orders. An observation is
one row of (achieved, counted), so all indicators share one path to their cells.
#}
{% set periods = months_up_to_as_of(12) %}

with

periods as (

    select *
    from (
        values
            {% for month in periods %}
            ('{{ month.period }}', date '{{ month.first_day }}', date '{{ month.last_day }}'),
            {% endfor %}
            ('last_365_days', {{ as_of_date(364) }}, {{ as_of_date() }})
    ) as periods (period, first_day, last_day)

),

recent_orders as (

    select
        order_id,
        customer_id,
        ordered_date,
        channel
    from {{ ref('orders') }}
    where is_counted and ordered_date >= least({{ as_of_date(364) }}, date '{{ periods[-1].first_day }}')

),

complaints as (

    select
        *,
        cast(opened_at as date) as opened_date
    from {{ ref('complaints') }}
    where not is_suggestion
        and cast(opened_at as date) >= least({{ as_of_date(364) }}, date '{{ periods[-1].first_day }}')

),

complained_orders as (

    select
        complaints.complaint_id,
        orders.channel
    from complaints
    inner join {{ ref('orders') }} as orders on complaints.order_id = orders.order_id

),

answers as (

    select
        *,
        cast(answered_at as date) as answered_date
    from {{ ref('survey_answers') }}
    where score_scaled is not null
        and cast(answered_at as date) >= least({{ as_of_date(364) }}, date '{{ periods[-1].first_day }}')

),

complaint_observations as (

    -- An unanswered complaint counts as missed once its promise has passed, and not before.
    select
        'response_timeliness' as indicator,
        complaint_id,
        customer_id,
        opened_date as observed_date,
        case when response_hours <= {{ var('response_promise_hours') }} then 1 else 0 end as achieved,
        1 as counted
    from complaints
    where first_response_at is not null
        or {{ hours_between('opened_at', end_of_as_of()) }} > {{ var('response_promise_hours') }}

    union all

    select
        'problem_resolution' as indicator,
        complaint_id,
        customer_id,
        opened_date as observed_date,
        case when resolved_at is not null and coalesce(resolution_accepted, true) then 1 else 0 end as achieved,
        1 as counted
    from complaints
    where resolved_at is not null
        or opened_date < {{ as_of_date(var('resolution_grace_days')) }}

    union all

    select
        'complaint_count' as indicator,
        complaint_id,
        customer_id,
        opened_date as observed_date,
        1 as achieved,
        0 as counted
    from complaints

),

observations as (

    select
        complaint_observations.indicator,
        complaint_observations.customer_id,
        complaint_observations.observed_date,
        complained_orders.channel,
        cast(complaint_observations.achieved as decimal(18, 6)) as achieved,
        complaint_observations.counted
    from complaint_observations
    left join complained_orders on complaint_observations.complaint_id = complained_orders.complaint_id

    union all

    select
        'complaint_count' as indicator,
        customer_id,
        ordered_date as observed_date,
        channel,
        cast(0 as decimal(18, 6)) as achieved,
        1 as counted
    from recent_orders
    -- Where complaints are not fed, no order counts as one that nobody complained of.
    where exists (select 1 from {{ ref('complaints') }})

    union all

    select
        question as indicator,
        customer_id,
        answered_date as observed_date,
        cast(null as string) as channel,
        {{ as_decimal('score_scaled') }} as achieved,
        1 as counted
    from answers
    where question in ('content_effectiveness', 'manner')

    union all

    -- The top box, not the mean.
    select
        'satisfaction' as indicator,
        customer_id,
        answered_date as observed_date,
        cast(null as string) as channel,
        cast(case when score_scaled >= {{ var('delighted_from') }} then 1 else 0 end as decimal(18, 6)) as achieved,
        1 as counted
    from answers
    where question = 'overall_satisfaction'

),

customers as (

    select
        customers.customer_id,
        customers.region,
        customers.account_manager_id,
        customer_orders.main_channel
    from {{ ref('customers') }} as customers
    inner join {{ ref('customer_orders') }} as customer_orders
        on customers.customer_id = customer_orders.customer_id

),

past_tiers as (

    select
        customer_id,
        segment,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ source('previous', 'segment_history') }}
    where scheme = 'value_tier'

),

cells as (

    select
        periods.period,
        observations.indicator,
        coalesce(customers.region, 'unknown') as region,
        coalesce(observations.channel, customers.main_channel, 'unknown') as channel,
        past_tiers.segment as value_tier,
        customers.account_manager_id,
        sum(observations.achieved) as achieved,
        sum(observations.counted) as counted
    from observations
    inner join periods on observations.observed_date between periods.first_day and periods.last_day
    left join customers on observations.customer_id = customers.customer_id
    -- The tier at the start of the period: today's would credit service with the customers it kept.
    left join past_tiers
        on observations.customer_id = past_tiers.customer_id
        and periods.first_day >= past_tiers.valid_from
        and periods.first_day < past_tiers.valid_to
    group by
        periods.period,
        observations.indicator,
        coalesce(customers.region, 'unknown'),
        coalesce(observations.channel, customers.main_channel, 'unknown'),
        past_tiers.segment,
        customers.account_manager_id

),

members as (

    {% set dimensions = {
        'overall': "'all'",
        'region': 'region',
        'channel': 'channel',
        'value_tier': 'value_tier',
        'account_manager': 'account_manager_id',
    } %}
    {% for dimension, member in dimensions.items() %}
    select
        '{{ dimension }}' as dimension,
        {{ member }} as member,
        period,
        indicator,
        achieved,
        counted
    from cells
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select
    dimension,
    member,
    period,
    indicator,
    {{ ratio('100 * sum(achieved)', 'sum(counted)') }} as value,
    cast(sum(counted) as bigint) as sample_size
from members
where member is not null
group by dimension, member, period, indicator
having sum(counted) > 0
