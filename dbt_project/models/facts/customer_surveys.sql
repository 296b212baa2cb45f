{# What is summed up by customer: its old answers fade, and the newest that says something weighs 1. #}
{% set measures = ['satisfaction', 'comparison', 'rebuy', 'recommend'] %}

with

answers as (

    select
        customer_id,
        answered_at,
        case when question = 'overall_satisfaction' then score_scaled end as satisfaction,
        case when question = 'overall_satisfaction' and expected_score is not null then score end as comparison,
        case when question = 'overall_satisfaction' then expected_score end as expectation,
        case when question = 'would_rebuy' then score_scaled end as rebuy,
        {{ recommend_score() }} as recommend
    from {{ ref('survey_answers') }}

),

counted as (

    select
        customer_id,
        count(*) as answers,
        max(answered_at) as last_answered_at,
        {% for measure in measures %}
        count({{ measure }}) as {{ measure }}_answers,
        max(case when {{ measure }} is not null then answered_at end) as {{ measure }}_last_answered_at{{ ',' if not loop.last }}
        {% endfor %}
    from answers
    group by customer_id

),

weighed as (

    select
        answers.*,
        {% for measure in measures %}
        case
            when answers.{{ measure }} is not null
                then {{ fading_weight('answers.answered_at', 'counted.' ~ measure ~ '_last_answered_at') }}
        end as {{ measure }}_weight{{ ',' if not loop.last }}
        {% endfor %}
    from answers
    inner join counted on answers.customer_id = counted.customer_id

),

summed as (

    select
        customer_id,
        {% for measure in measures %}
        {{ faded_sum(measure, measure ~ '_weight') }} as {{ measure }}_sum,
        sum({{ measure }}_weight) as {{ measure }}_weights,
        {% endfor %}
        {{ faded_sum('expectation', 'comparison_weight') }} as expectation_sum
    from weighed
    group by customer_id

),

faded as (

    select
        customer_id,
        {{ faded_ratio('satisfaction_sum', 'satisfaction_weights') }} as satisfaction_scaled,
        -- Against an expectation of 0 or below nothing can be measured.
        case when expectation_sum > 0 then {{ faded_ratio('comparison_sum', 'expectation_sum') }} end
            as satisfaction_ratio,
        {{ faded_ratio('rebuy_sum', 'rebuy_weights') }} as rebuy_score,
        {{ faded_ratio('recommend_sum', 'recommend_weights') }} as recommend_score
    from summed

)

select
    counted.customer_id,
    counted.answers,
    counted.last_answered_at,
    faded.satisfaction_scaled,
    counted.satisfaction_answers,
    counted.satisfaction_last_answered_at,
    faded.satisfaction_ratio,
    counted.comparison_answers as ratio_answers,
    counted.comparison_last_answered_at as ratio_last_answered_at,
    faded.rebuy_score,
    counted.rebuy_answers,
    counted.rebuy_last_answered_at,
    faded.rebuy_score >= {{ var('relationship').satisfaction.rebuys_from }} as will_rebuy,
    faded.recommend_score,
    counted.recommend_answers,
    counted.recommend_last_answered_at
from counted
inner join faded on counted.customer_id = faded.customer_id
