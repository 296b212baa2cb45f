{{ config(materialized='view') }}

with

answers as (

    select
        answers.*,
        cast(answers.answered_at as date) as answered_date,
        answers.question = 'overall_satisfaction' as is_overall,
        coalesce(customers.region, 'unknown') as region,
        {{ as_decimal('answers.score_scaled') }} as scaled,
        {{ recommend_score() }} as recommend_score
    from {{ ref('survey_answers') }} as answers
    left join {{ ref('customers') }} as customers on answers.customer_id = customers.customer_id
    where cast(answers.answered_at as date) >= date '{{ first_service_day() }}'

),

region_habits as (

    select * from {{ ref('region_habits') }}

)

select
    answers.customer_id,
    answers.answered_date as observed_date,
    cast(null as string) as observed_channel,
    {% for question in ['content_effectiveness', 'manner'] %}
    case when answers.question = '{{ question }}' then answers.scaled end as {{ question }},
    {% endfor %}
    -- The top box, not the mean.
    case
        when answers.is_overall and answers.score_scaled is not null
            then case when answers.score_scaled >= {{ var('relationship').satisfaction.delighted_from }} then 1 else 0 end
    end as satisfaction,
    case when answers.is_overall then answers.scaled end as satisfaction_score,
    case when answers.is_overall then {{ standardised('answers.score_scaled') }} end as satisfaction_standardised,
    case
        when answers.is_overall and answers.expected_score is not null then {{ as_decimal('answers.score') }}
    end as perceived_score,
    case when answers.is_overall then {{ as_decimal('answers.expected_score') }} end as expected_score,
    case
        when answers.recommend_score >= 9 then 1
        when answers.recommend_score >= 7 then 0
        when answers.recommend_score is not null then -1
    end as nps
from answers
left join region_habits on answers.region = region_habits.region
