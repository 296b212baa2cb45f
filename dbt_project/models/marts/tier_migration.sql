{% set comparisons = {
    'previous_release': 'valid_to is null',
    'year_ago': 'valid_from <= ' ~ as_of_date(365) ~ ' and (valid_to is null or valid_to > ' ~ as_of_date(365) ~ ')',
} %}

with

earlier as (

    {% for comparison, was_open in comparisons.items() %}
    select
        '{{ comparison }}' as comparison,
        intervals.customer_id,
        intervals.scheme,
        intervals.segment
    from {{ source('previous', 'segment_history') }} as intervals
    inner join {{ source('scores', 'segment_schemes') }} as schemes on intervals.scheme = schemes.scheme
    where schemes.is_exclusive and schemes.is_on and {{ was_open }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

-- Without any history at that time there is nothing to compare with: everybody would look new. Neither is there in a
-- scheme that is off now: everybody would look gone.
compared_schemes as (

    select distinct
        comparison,
        scheme
    from earlier

),

today as (

    select
        compared_schemes.comparison,
        customer_segments.customer_id,
        customer_segments.scheme,
        customer_segments.segment
    from {{ ref('customer_segments') }} as customer_segments
    inner join compared_schemes on customer_segments.scheme = compared_schemes.scheme

),

moves as (

    select
        coalesce(today.comparison, earlier.comparison) as comparison,
        coalesce(today.scheme, earlier.scheme) as scheme,
        coalesce(today.customer_id, earlier.customer_id) as customer_id,
        coalesce(earlier.segment, 'new') as from_segment,
        coalesce(today.segment, 'gone') as to_segment
    from today
    full outer join earlier
        on today.comparison = earlier.comparison
        and today.scheme = earlier.scheme
        and today.customer_id = earlier.customer_id

)

select
    moves.comparison,
    moves.scheme,
    moves.from_segment,
    moves.to_segment,
    count(*) as customers,
    cast(coalesce(sum(customer_value.clv), 0) as decimal(18, 2)) as clv
from moves
left join {{ ref('customer_value') }} as customer_value on moves.customer_id = customer_value.customer_id
group by moves.comparison, moves.scheme, moves.from_segment, moves.to_segment
