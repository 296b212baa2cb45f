select
    response_id,
    customer_id,
    answered_at,
    question,
    score,
    expected_score,
    scale_min,
    scale_max,
    case when scale_max > scale_min then (score - scale_min) / (scale_max - scale_min) end as score_scaled
from {{ ref('stg_surveys') }}
where answered_at < {{ end_of_as_of() }}
