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
from {{ source('scores', 'quality_index_indicators') }}
