{{ config(
    meta={
        'dagster': {'ref': {'name': 'service_quality_changes'}},
        'description': 'The contributions of the indicators add up to the change of the index, wherever it has one.',
    }
) }}

select
    dimension,
    member,
    period,
    sum(case when indicator = 'index' then contribution end) as index_change,
    sum(case when indicator <> 'index' then cast(contribution as decimal(18, 12)) end) as contributions
from {{ ref('service_quality_changes') }}
group by dimension, member, period
having sum(case when indicator = 'index' then 1 else 0 end) <> 1
    or abs(
        coalesce(sum(case when indicator = 'index' then contribution end), 0)
        - coalesce(sum(case when indicator <> 'index' then cast(contribution as decimal(18, 12)) end), 0)
    ) > 0.000000001
