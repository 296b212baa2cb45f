{{ config(
    meta={
        'dagster': {'ref': {'name': 'tier_migration'}},
        'description': 'In each comparison and scheme, those who are not gone are all customers of today, and those who are '
            ~ 'not new all of then; so is their value.',
    }
) }}

with

moved as (

    select
        comparison,
        scheme,
        sum(case when to_segment = 'gone' then 0 else customers end) as customers,
        sum(clv) as clv,
        sum(case when from_segment = 'new' or comparison = 'year_ago' then 0 else customers end) as customers_before,
        sum(clv_before) as clv_before
    from {{ ref('tier_migration') }}
    group by comparison, scheme

),

present as (

    select
        segments.scheme,
        count(*) as customers,
        sum(customer_value.clv) as clv
    from {{ ref('customer_segments') }} as segments
    left join {{ ref('customer_value') }} as customer_value on segments.customer_id = customer_value.customer_id
    group by segments.scheme

),

past as (

    select
        'previous_release' as comparison,
        intervals.scheme,
        count(*) as customers,
        sum(customer_value.clv) as clv
    from {{ source('previous', 'segment_history') }} as intervals
    left join {{ source('previous', 'values_before') }} as customer_value
        on intervals.customer_id = customer_value.customer_id
    where intervals.valid_to is null
    group by intervals.scheme

)

select
    moved.comparison,
    moved.scheme,
    moved.customers,
    present.customers as customers_of_today,
    moved.customers_before,
    past.customers as customers_of_then,
    moved.clv,
    present.clv as clv_of_today,
    moved.clv_before,
    past.clv as clv_of_then
from moved
left join present on moved.scheme = present.scheme
left join past on moved.comparison = past.comparison and moved.scheme = past.scheme
where moved.customers <> coalesce(present.customers, 0)
    or moved.clv <> coalesce(present.clv, 0)
    or moved.customers_before <> coalesce(past.customers, 0)
    or moved.clv_before <> coalesce(past.clv, 0)
