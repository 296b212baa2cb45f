with

answers as (

    select
        *,
        question = 'overall_satisfaction' as is_overall,
        question = 'overall_satisfaction' and expected_score is not null as is_compared,
        case when question = 'would_rebuy' then score_scaled end as rebuy_score,
        {{ recommend_score() }} as recommend_score
    from {{ ref('survey_answers') }}

),

summaries as (

    select
        customer_id,
        count(*) as answers,
        max(answered_at) as last_answered_at,
        {{ exact_mean('case when is_overall then score_scaled end') }} as satisfaction_scaled,
        sum({{ as_decimal('score') }}) filter (where is_compared) as compared_score,
        sum({{ as_decimal('expected_score') }}) filter (where is_compared) as compared_expectation,
        {{ latest_value('rebuy_score', 'answered_at', 'response_id') }} as rebuy_score,
        {{ latest_value('recommend_score', 'answered_at', 'response_id') }} as recommend_score
    from answers
    group by customer_id

)

select
    customer_id,
    answers,
    last_answered_at,
    satisfaction_scaled,
    {{ ratio('compared_score', 'compared_expectation') }} as satisfaction_ratio,
    rebuy_score >= {{ var('relationship').satisfaction.rebuys_from }} as will_rebuy,
    recommend_score
from summaries
