with

customers as (

    select customer_id from {{ ref('customers') }}

),

customer_complaints as (

    select * from {{ ref('customer_complaints') }}

),

customer_surveys as (

    select * from {{ ref('customer_surveys') }}

),

silence as (

    select * from {{ source('scores', 'silence') }}

),

value_tiers as (

    select
        customer_id,
        profit_rank,
        count(*) over () as ranked_customers
    from {{ source('scores', 'value_tiers') }}

),

loyalty as (

    select
        customer_id,
        percent_rank() over (order by expected_orders nulls first) as loyalty_score
    from {{ source('scores', 'clv') }}

),

activity as (

    select * from {{ ref('customer_activity') }}

),

facts as (

    select
        customers.customer_id,
        customer_surveys.satisfaction_scaled as satisfaction_score,
        customer_surveys.satisfaction_ratio,
        customer_surveys.satisfaction_scaled >= {{ var('relationship').satisfaction.satisfied_from }} as is_satisfied,
        customer_surveys.will_rebuy,
        customer_surveys.recommend_score,
        loyalty.loyalty_score,
        loyalty.loyalty_score >= {{ var('relationship').loyal_from }} as is_loyal,
        coalesce(customer_complaints.complaints, 0) as complaints,
        coalesce(customer_complaints.complaints_last_365_days, 0) as complaints_last_365_days,
        coalesce(customer_complaints.suggestions, 0) as suggestions,
        silence.is_silent,
        -- The first ceil(n x percent / 100) by profit.
        (value_tiers.profit_rank - 1) * 100 < value_tiers.ranked_customers * {{ var('relationship').profitable_top_percent }}
            as is_among_most_profitable,
        activity.e_value
    from customers
    left join activity on customers.customer_id = activity.customer_id
    left join customer_complaints on customers.customer_id = customer_complaints.customer_id
    left join customer_surveys on customers.customer_id = customer_surveys.customer_id
    left join silence on customers.customer_id = silence.customer_id
    left join value_tiers on customers.customer_id = value_tiers.customer_id
    left join loyalty on customers.customer_id = loyalty.customer_id

)

select
    customer_id,
    {{ as_of_date() }} as as_of,

    satisfaction_score,
    satisfaction_ratio,
    case
        when satisfaction_ratio < 1 - {{ var('relationship').satisfaction.ratio_tolerance }} then 'dissatisfied'
        when satisfaction_ratio <= 1 + {{ var('relationship').satisfaction.ratio_tolerance }} then 'satisfied'
        when satisfaction_ratio is not null then 'delighted'
    end as expectation_class,
    case
        when satisfaction_score < {{ var('relationship').satisfaction.neutral_from }} then 'dissatisfied'
        when satisfaction_score < {{ var('relationship').satisfaction.satisfied_from }} then 'neutral'
        when satisfaction_score < {{ var('relationship').satisfaction.delighted_from }} then 'basically_satisfied'
        when satisfaction_score is not null then 'completely_satisfied'
    end as satisfaction_level,
    cast(case
        when is_satisfied and will_rebuy and recommend_score >= 9 then 3
        when is_satisfied and will_rebuy then 2
        when is_satisfied then 1
        when not is_satisfied then 0
    end as bigint) as satisfaction_grade,
    coalesce(is_satisfied and not will_rebuy and recommend_score >= 9, false) as is_grade_inconsistent,
    case
        when recommend_score >= 9 then 'promoter'
        when recommend_score >= 7 then 'passive'
        when recommend_score is not null then 'detractor'
    end as nps_class,

    loyalty_score,
    case
        when is_satisfied and is_loyal then 'advocate'
        when is_satisfied and not is_loyal then 'mercenary'
        when not is_satisfied and is_loyal then 'captive'
        when not is_satisfied and not is_loyal then 'saboteur'
    end as loyalty_type,

    cast(complaints as bigint) as complaints,
    cast(complaints_last_365_days as bigint) as complaints_last_365_days,
    cast(suggestions as bigint) as suggestions,
    is_silent,
    coalesce(is_among_most_profitable and satisfaction_score < {{ var('relationship').satisfaction.neutral_from }}, false)
        as is_profitable_but_dissatisfied,
    e_value
from facts
