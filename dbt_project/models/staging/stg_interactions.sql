select
    customer_id,
    occurred_at,
    kind,
    category,
    price,
    _load,
    _row
from {{ source('raw', 'interactions') }}
