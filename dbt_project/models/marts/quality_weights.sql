select
    hierarchy,
    indicator,
    parent,
    cast(level as bigint) as level,
    local_weight,
    global_weight,
    consistency_ratio,
    cast(experts as bigint) as experts,
    weight_spread,
    method,
    is_leaf
from {{ source('scores', 'quality_weights') }}
