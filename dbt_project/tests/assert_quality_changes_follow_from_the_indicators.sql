{{ config(
    meta={
        'dagster': {'ref': {'name': 'service_quality_changes'}},
        'description': 'Changes, contributions and intervals follow from the indicators of the two periods, and each is there.',
    }
) }}

{% set group = ['dimension', 'member'] %}
{% set numbers = ['value', 'value_before', 'change', 'contribution', 'raw_change'] %}
{% set ends_of_95_percent = 1.959963984540054 %}

with

scored as (

    select
        *,
        {{ score_of('value') }} as exact_score,
        {{ score_of('raw_value') }} as raw_score,
        -- What an error of the raw value moves the score by, at most.
        100 * raw_standard_error / abs(target_value - floor_value) as score_error,
        max(contribution) over (partition by {{ group | join(', ') }}, period) is not null as has_index
    from {{ ref('service_quality_indicators') }}
    where score is not null

),

cells as (

    select distinct
        {{ group | join(', ') }},
        period,
        has_index
    from scored

),

consecutive as (

    {% for periods in [months_up_to_as_of(12), quarters_up_to_as_of(5)] %}
    {% set outer = loop %}
    {% for span in periods[:-1] %}
    select
        '{{ span.period }}' as period,
        '{{ periods[loop.index].period }}' as period_before
    {{ 'union all' if not (loop.last and outer.last) }}
    {% endfor %}
    {% endfor %}

),

pairs as (

    select
        later.dimension,
        later.member,
        later.period,
        earlier.period as period_before,
        later.has_index and earlier.has_index as have_index
    from cells as later
    inner join consecutive on later.period = consecutive.period
    inner join cells as earlier
        on consecutive.period_before = earlier.period
        and later.dimension = earlier.dimension
        and later.member = earlier.member

),

shared as (

    select
        pairs.*,
        later.indicator,
        later.value,
        earlier.value as value_before,
        later.raw_value - earlier.raw_value as raw_change,
        sqrt(
            later.raw_standard_error * later.raw_standard_error
            + earlier.raw_standard_error * earlier.raw_standard_error
        ) as raw_error,
        later.weight / sum(later.weight) over (partition by pairs.dimension, pairs.member, pairs.period) as share,
        later.exact_score,
        earlier.exact_score as score_before,
        later.raw_score - earlier.raw_score as raw_points,
        later.score_error * later.score_error + earlier.score_error * earlier.score_error as square_score_error
    from pairs
    inner join scored as later
        on pairs.dimension = later.dimension
        and pairs.member = later.member
        and pairs.period = later.period
    inner join scored as earlier
        on pairs.dimension = earlier.dimension
        and pairs.member = earlier.member
        and pairs.period_before = earlier.period
        and later.indicator = earlier.indicator

),

expected as (

    select
        {{ group | join(', ') }},
        period,
        period_before,
        indicator,
        value,
        value_before,
        value - value_before as change,
        case when have_index then share * (exact_score - score_before) end as contribution,
        raw_change,
        {{ ends_of_95_percent }} * raw_error as reach
    from shared

    union all

    -- Without an index in both, or without an indicator that both have, there are no numbers.
    select
        pairs.dimension,
        pairs.member,
        pairs.period,
        pairs.period_before,
        'index' as indicator,
        sum(share * exact_score) as value,
        sum(share * score_before) as value_before,
        sum(share * (exact_score - score_before)) as change,
        sum(share * (exact_score - score_before)) as contribution,
        sum(share * raw_points) as raw_change,
        {{ ends_of_95_percent }} * sqrt(sum(share * share * square_score_error)) as reach
    from pairs
    left join shared
        on pairs.dimension = shared.dimension
        and pairs.member = shared.member
        and pairs.period = shared.period
        and pairs.have_index
    group by pairs.dimension, pairs.member, pairs.period, pairs.period_before

),

compared as (

    select
        coalesce(found.dimension, expected.dimension) as dimension,
        coalesce(found.member, expected.member) as member,
        coalesce(found.period, expected.period) as period,
        coalesce(found.indicator, expected.indicator) as indicator,
        case
            when found.dimension is null then 'not there'
            when expected.dimension is null then 'nothing to compare'
            {% for column in numbers %}
            when {{ differs('found.' ~ column, 'expected.' ~ column) }} then '{{ column }}'
            {% endfor %}
            -- Of an indicator the interval is the normal one; the bootstrap of the index may be narrower, by clipping.
            when found.indicator <> 'index' and (
                {{ differs('found.change_low', 'expected.raw_change - expected.reach', '0.000001') }}
                or {{ differs('found.change_high', 'expected.raw_change + expected.reach', '0.000001') }}
            ) then 'interval'
            when found.indicator = 'index' and expected.raw_change is not null and not coalesce(
                found.raw_change - found.change_low between 0 and 1.3 * expected.reach
                and found.change_high - found.raw_change between 0 and 1.3 * expected.reach,
                false
            ) then 'interval'
            when coalesce(found.is_more_than_noise, false)
                <> coalesce(found.change_low > 0 or found.change_high < 0, false) then 'is_more_than_noise'
        end as wrong
    from {{ ref('service_quality_changes') }} as found
    full join expected
        on found.dimension = expected.dimension
        and found.member = expected.member
        and found.period = expected.period
        and found.period_before = expected.period_before
        and found.indicator = expected.indicator

)

select * from compared where wrong is not null
