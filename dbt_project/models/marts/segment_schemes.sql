select
    scheme,
    position,
    rule,
    is_exclusive,
    is_on,
    reason_off,
    label_en,
    label_zh
from {{ source('scores', 'segment_schemes') }}
