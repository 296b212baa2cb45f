{#
Each indicator is a sum of measures over a sum of their bases, times a factor: 0 or 1 over 1 is a share, seconds over 1
a mean duration, what was perceived over what was expected a ratio, a complaint over an order a rate. Orders, complaints
and answers go once each into sums by cell, and all indicators share the path from there.
#}
{#
Of each stream its indicators: the measure that is summed, where it has another name, and what it is over, where that is
not 1. The measures are in order_measures, complaint_measures and answer_measures.
#}
{% set streams = {
    'order': {
        'delivery_on_time': {}, 'delivery_delay_days': {'of': 'delay_seconds'},
        'delivery_days': {'of': 'delivery_seconds'},
    },
    'complaint': {
        'response_timeliness': {}, 'response_hours': {'of': 'response_seconds'}, 'problem_resolution': {},
        'resolution_hours': {'of': 'resolution_seconds'}, 'repeat_rate': {},
    },
    'answer': {
        'content_effectiveness': {}, 'manner': {}, 'satisfaction': {}, 'satisfaction_score': {},
        'satisfaction_standardised': {}, 'satisfaction_ratio': {'of': 'perceived_score', 'over': 'expected_score'},
        'nps': {},
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

{% set cell = 'period, region, channel, value_tier, account_manager_id' %}

with

{% for stream, indicators in streams.items() %}
{{ stream }}_cells as (

    select
        {{ cell }},
        {% for indicator, measure in indicators.items() %}
        {{ measure_sums(indicator, measure) }},
        {% endfor %}
        count({{ 'measures.could_be_complained_of' if stream == 'order' else '*' }}) as events
    from ({{ in_service_cells(stream ~ '_measures') }}) as measures
    group by {{ cell }}

),

{% endfor %}
cells as (

    {% for stream, indicators in streams.items() %}
    select
        {{ cell }},
        indicators.indicator,
        {{ sums_of_one_indicator('indicators.indicator', indicators) }}
    from {{ stream }}_cells
    cross join (values ('{{ indicators | join("'), ('") }}')) as indicators (indicator)

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
