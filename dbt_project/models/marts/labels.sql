select
    field,
    value,
    label_en,
    label_zh
from {{ ref('label_texts') }}
