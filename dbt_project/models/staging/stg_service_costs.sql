select
    customer_id,
    occurred_at,
    kind,
    amount,
    _load,
    _row
from {{ source('raw', 'service_costs') }}
