with

changes as (

    select * from {{ ref('segment_changes') }}

),

values_before as (

    select
        'previous_release' as comparison,
        customer_id,
        clv
    from {{ source('previous', 'values_before') }}

),

-- A base that published no values is no base of customers without value.
known as (

    select
        comparison,
        count(clv) > 0 as has_values
    from values_before
    group by comparison

)

select
    changes.comparison,
    changes.scheme,
    changes.from_segment,
    changes.to_segment,
    count(*) as customers,
    count(case when changes.is_held_by_margin then 1 end) as held_by_margin,
    cast(case when known.has_values then coalesce(sum(values_before.clv), 0) end as decimal(18, 2)) as clv_before,
    cast(coalesce(sum(customer_value.clv), 0) as decimal(18, 2)) as clv
from changes
left join {{ ref('customer_value') }} as customer_value on changes.customer_id = customer_value.customer_id
left join known on changes.comparison = known.comparison
left join values_before
    on changes.comparison = values_before.comparison
    and changes.customer_id = values_before.customer_id
group by changes.comparison, changes.scheme, changes.from_segment, changes.to_segment, known.has_values
