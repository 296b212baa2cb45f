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
        variance,
        sample_size
    from {{ ref('service_indicators') }}
    where indicator not in (select indicator from scored)

),

-- The usual variance steadies each cell's own, as that of the scored ones.
steadied as (

    select
        only_measured.*,
        round(sqrt(
            (only_measured.sample_size * only_measured.variance + {{ var('small_sample', 30) }} * decided.usual_variance)
            / (only_measured.sample_size + {{ var('small_sample', 30) }}) / only_measured.sample_size
        ), 9) as standard_error
    from only_measured
    left join {{ source('scores', 'quality_shrinkage') }} as decided
        on only_measured.dimension = decided.dimension
        and only_measured.period = decided.period
        and only_measured.indicator = decided.indicator

)

select
    dimension,
    member,
    period,
    indicator,
    parent,
    value,
    raw_value,
    standard_error,
    raw_standard_error,
    cast(sample_size as bigint) as sample_size,
    is_small_sample,
    floor_value,
    target_value,
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
    value as raw_value,
    standard_error,
    standard_error as raw_standard_error,
    sample_size,
    sample_size < {{ var("small_sample", 30) }} as is_small_sample,
    cast(null as double) as floor_value,
    cast(null as double) as target_value,
    cast(null as double) as score,
    cast(null as double) as weight,
    cast(null as double) as contribution
from steadied
