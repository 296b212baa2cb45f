select
    dimension,
    member,
    period,
    period_before,
    indicator,
    value,
    value_before,
    change,
    contribution,
    raw_change,
    change_low,
    change_high,
    is_more_than_noise
from {{ source('scores', 'quality_changes') }}
