with

scored as (

    select * from {{ source('scores', 'quality_index_indicators') }}

),

-- What is measured and not in the tree: published without score and weight.
only_measured as (

    select
        dimension,
        member,
        period,
        indicator,
        value,
        sample_size
    from {{ ref('service_indicators') }}
    where indicator not in (select indicator from scored)

)

select
    dimension,
    member,
    period,
    indicator,
    parent,
    value,
    cast(sample_size as bigint) as sample_size,
    score,
    weight,
    contribution
from scored

union all

select
    dimension,
    member,
    period,
    indicator,
    cast(null as varchar) as parent,
    value,
    sample_size,
    cast(null as double) as score,
    cast(null as double) as weight,
    cast(null as double) as contribution
from only_measured
