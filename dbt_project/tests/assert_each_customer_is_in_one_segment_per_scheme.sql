{{ config(
    meta={
        'dagster': {'ref': {'name': 'customer_segments'}},
        'description': 'In a scheme that excludes overlaps and is on, each customer is in exactly one segment.',
    }
) }}

with

expected as (

    select
        customers.customer_id,
        segment_schemes.scheme
    from {{ ref('customers') }} as customers
    cross join {{ source('scores', 'segment_schemes') }} as segment_schemes
    where segment_schemes.is_exclusive and segment_schemes.is_on

),

placed as (

    select
        customer_id,
        scheme,
        count(*) as segments
    from {{ ref('customer_segments') }}
    group by customer_id, scheme

)

select
    expected.customer_id,
    expected.scheme,
    coalesce(placed.segments, 0) as segments
from expected
left join placed on expected.customer_id = placed.customer_id and expected.scheme = placed.scheme
where coalesce(placed.segments, 0) <> 1
