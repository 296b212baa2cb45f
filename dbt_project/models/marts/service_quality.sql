with

cells as (

    select * from {{ source('scores', 'quality_index') }}

),

changes as (

    select * from {{ source('scores', 'quality_changes') }} where indicator = 'index'

)

select
    cells.dimension,
    cells.member,
    cells.period,
    cells.quality_index,
    cells.process_index,
    cells.performance_index,
    cells.coverage,
    before_cells.quality_index as quality_index_before,
    changes.change as quality_index_change,
    changes.is_more_than_noise as is_change_more_than_noise
from cells
left join changes
    on cells.dimension = changes.dimension
    and cells.member = changes.member
    and cells.period = changes.period
left join cells as before_cells
    on changes.dimension = before_cells.dimension
    and changes.member = before_cells.member
    and changes.period_before = before_cells.period
