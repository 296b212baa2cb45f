{{ config(
    meta={
        'dagster': {'ref': {'name': 'service_quality'}},
        'description': 'The contributions of the indicators add up to the service quality index of each cell.',
    }
) }}

with

summed as (

    select
        dimension,
        member,
        period,
        sum(cast(contribution as decimal(18, 9))) as contributions
    from {{ ref('service_quality_indicators') }}
    group by dimension, member, period

)

select
    service_quality.dimension,
    service_quality.member,
    service_quality.period,
    service_quality.quality_index,
    summed.contributions
from {{ ref('service_quality') }} as service_quality
left join summed
    on service_quality.dimension = summed.dimension
    and service_quality.member = summed.member
    and service_quality.period = summed.period
where service_quality.quality_index is not null
    and abs(service_quality.quality_index - coalesce(summed.contributions, -1)) > 0.000001
