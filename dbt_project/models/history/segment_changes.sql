{{ config(materialized='view') }}

{% set comparisons = {
    'previous_release': 'valid_to is null',
    'year_ago': 'valid_from <= ' ~ as_of_date(365) ~ ' and (valid_to is null or valid_to > ' ~ as_of_date(365) ~ ')',
} %}

with

current_segments as (

    select * from {{ ref('current_segments') }}

),

-- "From what" makes sense only where a customer is in one segment at a time; a scheme that is off has nobody now.
current_schemes as (

    select distinct current_segments.scheme
    from current_segments
    inner join {{ source('scores', 'segment_schemes') }} as schemes on current_segments.scheme = schemes.scheme
    where schemes.is_exclusive

),

earlier as (

    {% for comparison, was_open in comparisons.items() %}
    select
        '{{ comparison }}' as comparison,
        intervals.customer_id,
        intervals.scheme,
        intervals.segment
    from {{ source('previous', 'segment_history') }} as intervals
    inner join current_schemes on intervals.scheme = current_schemes.scheme
    where {{ was_open }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

-- Without any history at that time there is nothing to compare with: everybody would look new.
compared_schemes as (

    select distinct
        comparison,
        scheme
    from earlier

),

today as (

    select
        compared_schemes.comparison,
        current_segments.customer_id,
        current_segments.scheme,
        current_segments.segment
    from current_segments
    inner join compared_schemes on current_segments.scheme = compared_schemes.scheme

)

select
    coalesce(today.comparison, earlier.comparison) as comparison,
    coalesce(today.scheme, earlier.scheme) as scheme,
    coalesce(today.customer_id, earlier.customer_id) as customer_id,
    coalesce(earlier.segment, 'new') as from_segment,
    coalesce(today.segment, 'gone') as to_segment,
    coalesce(
        value_tiers.is_held_by_margin and coalesce(today.scheme, earlier.scheme) = 'value_tier',
        false
    ) as is_held_by_margin
from today
full outer join earlier
    on today.comparison = earlier.comparison
    and today.scheme = earlier.scheme
    and today.customer_id = earlier.customer_id
left join {{ source('scores', 'value_tiers') }} as value_tiers on today.customer_id = value_tiers.customer_id
