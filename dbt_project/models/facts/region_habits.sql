{#
How customers of a region answer, whatever they are asked about: over a year, so that a month shows against it.

The company's way of answering counts as so many answers of each region (small_sample), or the three answers of a small
region would make its habit.
#}
{% set company_answers = var('relationship').satisfaction.small_sample %}

with

customers as (

    select
        customer_id,
        coalesce(region, 'unknown') as region
    from {{ ref('customers') }}

),

regions as (

    select region from customers
    union
    select 'unknown' as region

),

answers as (

    select
        coalesce(customers.region, 'unknown') as region,
        {{ as_decimal('answers.score_scaled') }} as scaled
    from {{ ref('survey_answers') }} as answers
    left join customers on answers.customer_id = customers.customer_id
    where answers.question = 'overall_satisfaction'
        and answers.score_scaled is not null
        and cast(answers.answered_at as date) >= {{ as_of_date(364) }}

),

own_habits as (

    select
        region,
        count(*) as answers,
        {{ exact_mean('scaled') }} as mean_score,
        {{ exact_deviation('scaled') }} as sd_score
    from answers
    group by region

),

-- One row, whether or not anybody answered.
company_habits as (

    select
        {{ exact_mean('scaled') }} as mean_score,
        {{ exact_deviation('scaled') }} as sd_score
    from answers

),

both_habits as (

    select
        regions.region,
        coalesce(own_habits.answers, 0) as answers,
        coalesce(own_habits.mean_score, company_habits.mean_score) as own_mean_score,
        coalesce(own_habits.sd_score, company_habits.sd_score) as own_sd_score,
        company_habits.mean_score as company_mean_score,
        company_habits.sd_score as company_sd_score
    from regions
    cross join company_habits
    left join own_habits on regions.region = own_habits.region

),

with_means as (

    select
        *,
        (answers * own_mean_score + {{ company_answers }} * company_mean_score) / (answers + {{ company_answers }})
            as mean_score
    from both_habits

),

-- The deviation is about the mean that was drawn: that of all these answers together.
with_deviations as (

    select
        *,
        sqrt((
            answers * (own_sd_score * own_sd_score + (own_mean_score - mean_score) * (own_mean_score - mean_score))
            + {{ company_answers }} * (
                company_sd_score * company_sd_score
                + (company_mean_score - mean_score) * (company_mean_score - mean_score)
            )
        ) / (answers + {{ company_answers }})) as sd_score
    from with_means

)

-- To the sixth place: engines do not make the same double of a long decimal.
select
    region,
    answers,
    {% for score in ['mean_score', 'sd_score', 'company_mean_score', 'company_sd_score'] %}
    cast({{ as_decimal(score) }} as double) as {{ score }}{{ ',' if not loop.last }}
    {% endfor %}
from with_deviations
