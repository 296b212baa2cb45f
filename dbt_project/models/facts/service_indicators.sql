{#
Each indicator is a sum of measures over a sum of their bases, times a factor: 0 or 1 over 1 is a share, seconds over 1
a mean duration, what was perceived over what was expected a ratio, a complaint over an order a rate. Orders, complaints
and answers go once each into sums by cell, and all indicators share the path from there.
#}
{% set last_365_days = {'period': 'last_365_days', 'first_day': days_before_as_of(364), 'last_day': as_of_day()} %}
{% set periods = months_up_to_as_of(12) + quarters_up_to_as_of(5) + [last_365_days] %}
{% set first_day = periods | map(attribute='first_day') | min %}

{# Of each stream its measures, and of each measure what it is over: none is 1. #}
{% set streams = {
    'order': {'delivery_on_time': none, 'delivery_delay_days': none, 'delivery_days': none},
    'complaint': {
        'response_timeliness': none, 'response_hours': none, 'problem_resolution': none, 'resolution_hours': none,
        'repeat_rate': none,
    },
    'answer': {
        'content_effectiveness': none, 'manner': none, 'satisfaction': none, 'satisfaction_score': none,
        'satisfaction_standardised': none, 'satisfaction_ratio': 'expected_score', 'nps': none,
    },
} %}

{# An indicator is multiplied by the first and divided by the second; those not named are per cent. #}
{% set per_cent = [100, 1] %}
{% set factors = {
    'response_hours': [1, 3600],
    'resolution_hours': [1, 3600],
    'delivery_delay_days': [1, 86400],
    'delivery_days': [1, 86400],
    'satisfaction_ratio': [1, 1],
} %}

with

period_days as (

    {{ days_of(periods) }}

),

orders as (

    select
        *,
        coalesce(delivered_at, {{ end_of_as_of() }}) as delivered_or_end,
        promised_at < {{ end_of_as_of() }} as is_promise_due
    from {{ ref('orders') }}
    where is_counted and ordered_date >= date '{{ first_day }}'

),

complaints as (

    select
        *,
        cast(opened_at as date) as opened_date,
        coalesce(first_response_at, {{ end_of_as_of() }}) as answered_or_end,
        coalesce(resolved_at, {{ end_of_as_of() }}) as resolved_or_end,
        -- An unanswered complaint counts as missed once its promise has passed, and not before.
        first_response_at is not null
            or {{ hours_between('opened_at', end_of_as_of()) }} > {{ var('complaints').response_promise_hours }}
            as is_answer_due,
        resolved_at is not null
            or cast(opened_at as date) < {{ as_of_date(var('complaints').resolution_grace_days) }}
            as is_resolution_due
    from {{ ref('complaints') }}
    where not is_suggestion and cast(opened_at as date) >= date '{{ first_day }}'

),

complained_orders as (

    select
        complaints.complaint_id,
        orders.channel
    from complaints
    inner join {{ ref('orders') }} as orders on complaints.order_id = orders.order_id

),

customers as (

    select
        customers.customer_id,
        coalesce(customers.region, 'unknown') as region,
        customers.account_manager_id,
        customer_orders.main_channel
    from {{ ref('customers') }} as customers
    inner join {{ ref('customer_orders') }} as customer_orders
        on customers.customer_id = customer_orders.customer_id

),

answers as (

    select
        answers.*,
        cast(answers.answered_at as date) as answered_date,
        answers.question = 'overall_satisfaction' as is_overall,
        coalesce(customers.region, 'unknown') as region,
        {{ as_decimal('answers.score_scaled') }} as scaled,
        {{ recommend_score() }} as recommend_score
    from {{ ref('survey_answers') }} as answers
    left join customers on answers.customer_id = customers.customer_id
    where cast(answers.answered_at as date) >= date '{{ first_day }}'

),

region_habits as (

    select * from {{ ref('region_habits') }}

),

order_measures as (

    select
        customer_id,
        ordered_date as observed_date,
        channel,
        case when is_promise_due then case when is_delivered_late then 0 else 1 end end as delivery_on_time,
        case when is_promise_due then {{ seconds_or_zero('promised_at', 'delivered_or_end') }} end as delivery_delay_days,
        -- What has not come counts with the days so far, once it was promised to be there.
        case
            when delivered_at is not null or is_promise_due then {{ seconds_or_zero('ordered_at', 'delivered_or_end') }}
        end as delivery_days
    from orders

),

complaint_measures as (

    select
        complaints.customer_id,
        complaints.opened_date as observed_date,
        complained_orders.channel,
        case
            when not complaints.is_answer_due then null
            when complaints.response_hours <= {{ var('complaints').response_promise_hours }} then 1
            else 0
        end as response_timeliness,
        case when complaints.is_answer_due then {{ seconds_or_zero('opened_at', 'answered_or_end') }} end as response_hours,
        case
            when not complaints.is_resolution_due then null
            when complaints.resolved_at is not null and coalesce(complaints.resolution_accepted, true) then 1
            else 0
        end as problem_resolution,
        case when complaints.is_resolution_due then {{ seconds_or_zero('opened_at', 'resolved_or_end') }} end as resolution_hours,
        case when complaints.is_repeat then 1 else 0 end as repeat_rate
    from complaints
    left join complained_orders on complaints.complaint_id = complained_orders.complaint_id

),

answer_measures as (

    select
        answers.customer_id,
        answers.answered_date as observed_date,
        cast(null as string) as channel,
        {% for question in ['content_effectiveness', 'manner'] %}
        case when answers.question = '{{ question }}' then answers.scaled end as {{ question }},
        {% endfor %}
        -- The top box, not the mean.
        case
            when answers.is_overall and answers.score_scaled is not null
                then case when answers.score_scaled >= {{ var('relationship').satisfaction.delighted_from }} then 1 else 0 end
        end as satisfaction,
        case when answers.is_overall then answers.scaled end as satisfaction_score,
        case when answers.is_overall then {{ standardised('answers.score_scaled') }} end as satisfaction_standardised,
        case
            when answers.is_overall and answers.expected_score is not null then {{ as_decimal('answers.score') }}
        end as satisfaction_ratio,
        case when answers.is_overall then {{ as_decimal('answers.expected_score') }} end as expected_score,
        case
            when answers.recommend_score >= 9 then 1
            when answers.recommend_score >= 7 then 0
            when answers.recommend_score is not null then -1
        end as nps
    from answers
    left join region_habits on answers.region = region_habits.region

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

{% for stream, measures in streams.items() %}
{{ stream }}_cells as (

    select
        period_days.period,
        coalesce(customers.region, 'unknown') as region,
        coalesce(measures.channel, customers.main_channel, 'unknown') as channel,
        past_tiers.segment as value_tier,
        customers.account_manager_id,
        {% for measure, base in measures.items() %}
        {{ measure_sums(measure, base) }},
        {% endfor %}
        count(*) as events
    from {{ stream }}_measures as measures
    inner join period_days on measures.observed_date = period_days.period_day
    left join customers on measures.customer_id = customers.customer_id
    -- The tier at the start of the period: today's would credit service with the customers it kept.
    left join past_tiers
        on measures.customer_id = past_tiers.customer_id
        and period_days.first_day >= past_tiers.valid_from
        and period_days.first_day < past_tiers.valid_to
    group by
        period_days.period,
        coalesce(customers.region, 'unknown'),
        coalesce(measures.channel, customers.main_channel, 'unknown'),
        past_tiers.segment,
        customers.account_manager_id

),

{% endfor %}
{% set cell = 'period, region, channel, value_tier, account_manager_id' %}
cells as (

    {% for stream, measures in streams.items() %}
    select
        {{ cell }},
        indicators.indicator,
        {{ sums_of_one_measure('indicators.indicator', measures) }}
    from {{ stream }}_cells
    cross join (values ('{{ measures | join("'), ('") }}')) as indicators (indicator)

    union all

    {% endfor %}
    -- No complaint is set against an order of its own, so the variance is that of a Poisson count.
    select
        {{ cell }},
        'complaint_count' as indicator,
        events as total,
        events as squares,
        0 as products,
        0 as base,
        0 as base_squares,
        0 as observations
    from complaint_cells

    union all

    select
        {{ cell }},
        'complaint_count' as indicator,
        0 as total,
        0 as squares,
        0 as products,
        events as base,
        0 as base_squares,
        events as observations
    from order_cells
    -- Where complaints are not fed, no order counts as one that nobody complained of.
    where exists (select 1 from {{ ref('complaints') }})

),

members as (

    select
        dimensions.dimension,
        case dimensions.dimension
            when 'overall' then 'all'
            when 'region' then cells.region
            when 'channel' then cells.channel
            when 'value_tier' then cells.value_tier
            when 'account_manager' then cells.account_manager_id
        end as member,
        cells.*
    from cells
    cross join (
        values ('overall'), ('region'), ('channel'), ('value_tier'), ('account_manager')
    ) as dimensions (dimension)

),

summed as (

    select
        dimension,
        member,
        period,
        indicator,
        {% for name in ['total', 'squares', 'products', 'base', 'base_squares'] %}
        cast(sum({{ name }}) as double) as {{ name }},
        {% endfor %}
        cast(sum(observations) as bigint) as observations,
        cast(case indicator
            {% for indicator, factor in factors.items() %}
            when '{{ indicator }}' then {{ factor[0] }}
            {% endfor %}
            else {{ per_cent[0] }}
        end as double) as multiplied,
        cast(case indicator
            {% for indicator, factor in factors.items() %}
            when '{{ indicator }}' then {{ factor[1] }}
            {% endfor %}
            else {{ per_cent[1] }}
        end as double) as divided
    from members
    where member is not null
    group by dimension, member, period, indicator

),

values_of_cells as (

    select
        *,
        total / base as plain_value
    from summed
    where base > 0

)

-- The variance is that of one observation about the cell's value: of a ratio by its linear approximation.
select
    dimension,
    member,
    period,
    indicator,
    multiplied * total / (divided * base) as value,
    observations as sample_size,
    greatest(cast(0 as double), squares - 2 * plain_value * products + plain_value * plain_value * base_squares)
    * observations * multiplied * multiplied / (divided * divided * base * base) as variance
from values_of_cells
