select
    response_id,
    customer_id,
    answered_at,
    question,
    score,
    -- What is off its scale says nothing, and nothing compares with it: the check score_is_on_its_scale warns of it.
    -- Without a scale a million is as far as any goes; a ratio of less than nothing has no meaning.
    case
        when score between 0 and 1000000
            and expected_score > 0
            and expected_score <= 1000000
            and coalesce(score between scale_min and scale_max and expected_score between scale_min and scale_max, true)
            then expected_score
    end as expected_score,
    scale_min,
    scale_max,
    case
        when scale_max > scale_min and score between scale_min and scale_max
            then (score - scale_min) / (scale_max - scale_min)
    end as score_scaled
from {{ ref('identified_surveys') }}
where answered_at < {{ end_of_as_of() }}
