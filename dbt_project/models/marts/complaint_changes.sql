select
    cast(month as date) as month,
    category,
    cast(complaints as bigint) as complaints,
    cast(orders as bigint) as orders,
    {{ ratio('100 * complaints', 'orders') }} as complaints_per_100_orders,
    cast(complaints_before as bigint) as complaints_before,
    cast(orders_before as bigint) as orders_before,
    {{ ratio('100 * complaints_before', 'orders_before') }} as complaints_per_100_orders_before,
    rate_ratio,
    rate_ratio_low,
    rate_ratio_high,
    dispersion,
    p_value,
    is_more_than_noise,
    no_ratio_reason
from {{ source('scores', 'complaint_changes') }}
