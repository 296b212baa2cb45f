{% set satisfaction = var('relationship').satisfaction %}

with

customers as (

    select
        customer_id,
        region,
        account_manager_id
    from {{ ref('customers') }}

),

customer_orders as (

    select
        customer_id,
        profit
    from {{ ref('customer_orders') }}

),

customer_complaints as (

    select * from {{ ref('customer_complaints') }}

),

-- One row. Where nobody ever wrote, complaints are not fed, and nobody is known to have none.
complaints_feed as (

    select count(*) > 0 as is_fed
    from customer_complaints

),

customer_surveys as (

    select * from {{ ref('customer_surveys') }}

),

region_habits as (

    select * from {{ ref('region_habits') }}

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
        customers.region,
        customers.account_manager_id,
        customer_surveys.satisfaction_scaled as satisfaction_score,
        cast({{ standardised('customer_surveys.satisfaction_scaled') }} as double) as satisfaction_standardised,
        coalesce(customer_surveys.satisfaction_answers, 0) as satisfaction_answers,
        customer_surveys.satisfaction_last_answered_at,
        customer_surveys.satisfaction_ratio,
        case
            when customer_surveys.satisfaction_scaled < {{ satisfaction.neutral_from }} then 'dissatisfied'
            when customer_surveys.satisfaction_scaled < {{ satisfaction.satisfied_from }} then 'neutral'
            when customer_surveys.satisfaction_scaled < {{ satisfaction.delighted_from }} then 'basically_satisfied'
            when customer_surveys.satisfaction_scaled is not null then 'completely_satisfied'
        end as satisfaction_level,
        customer_surveys.satisfaction_scaled >= {{ satisfaction.satisfied_from }} as is_satisfied,
        customer_surveys.will_rebuy,
        customer_surveys.recommend_score,
        customer_surveys.recommend_score >= 9 as will_recommend,
        coalesce(customer_surveys.recommend_answers, 0) as recommend_answers,
        customer_surveys.recommend_last_answered_at,
        loyalty.loyalty_score,
        loyalty.loyalty_score >= {{ var('relationship').loyal_from }} as is_loyal,
        {% for count in ['complaints', 'complaints_last_365_days', 'suggestions', 'unanswered_complaints', 'recovered_complaints'] %}
        case when complaints_feed.is_fed then coalesce(customer_complaints.{{ count }}, 0) end as {{ count }},
        {% endfor %}
        customer_complaints.last_complained_at,
        silence.is_silent,
        silence.silence_limit_days,
        -- The first ceil(n x percent / 100) by profit, as far as they bring any.
        customer_orders.profit > 0
            and (value_tiers.profit_rank - 1) * 100
            < value_tiers.ranked_customers * {{ var('relationship').profitable_top_percent }}
            as is_among_most_profitable,
        activity.e_value,
        activity.visitor_intent,
        activity.last_active_at
    from customers
    cross join complaints_feed
    left join region_habits on coalesce(customers.region, 'unknown') = region_habits.region
    left join activity on customers.customer_id = activity.customer_id
    left join customer_orders on customers.customer_id = customer_orders.customer_id
    left join customer_complaints on customers.customer_id = customer_complaints.customer_id
    left join customer_surveys on customers.customer_id = customer_surveys.customer_id
    left join silence on customers.customer_id = silence.customer_id
    left join value_tiers on customers.customer_id = value_tiers.customer_id
    left join loyalty on customers.customer_id = loyalty.customer_id

),

typed as (

    select
        *,
        case
            when is_satisfied and is_loyal then 'advocate'
            when is_satisfied and not is_loyal then 'mercenary'
            when not is_satisfied and is_loyal then 'captive'
            when not is_satisfied and not is_loyal then 'saboteur'
        end as loyalty_type
    from facts

)

select
    customer_id,
    {{ as_of_date() }} as as_of,
    region,
    account_manager_id,

    satisfaction_score,
    satisfaction_standardised,
    cast(satisfaction_answers as bigint) as satisfaction_answers,
    satisfaction_last_answered_at,
    satisfaction_ratio,
    case
        when satisfaction_ratio < 1 - {{ satisfaction.ratio_tolerance }} then 'dissatisfied'
        when satisfaction_ratio <= 1 + {{ satisfaction.ratio_tolerance }} then 'satisfied'
        when satisfaction_ratio is not null then 'delighted'
    end as expectation_class,
    satisfaction_level,
    cast(case
        when is_satisfied and will_rebuy and will_recommend then 3
        when is_satisfied and will_rebuy then 2
        when is_satisfied then 1
        when not is_satisfied then 0
    end as bigint) as satisfaction_grade,
    coalesce(is_satisfied and not will_rebuy and will_recommend, false) as is_grade_inconsistent,

    will_rebuy,
    recommend_score,
    cast(recommend_answers as bigint) as recommend_answers,
    recommend_last_answered_at,
    case
        when will_recommend then 'promoter'
        when recommend_score >= 7 then 'passive'
        when recommend_score is not null then 'detractor'
    end as nps_class,
    cast(case satisfaction_level
        when 'dissatisfied' then -{{ var('relationship').word_of_mouth.dissatisfied }}
        when 'neutral' then 0
        when 'basically_satisfied' then {{ var('relationship').word_of_mouth.satisfied }}
        when 'completely_satisfied' then {{ var('relationship').word_of_mouth.delighted }}
    end as double) as people_told,

    loyalty_score,
    loyalty_type,
    case loyalty_type
        when 'advocate' then 'advocate'
        when 'mercenary' then 'economically_driven'
        when 'captive' then 'locked_in'
        when 'saboteur' then 'sceptic'
    end as loyalty_attitude,

    cast(complaints as bigint) as complaints,
    cast(complaints_last_365_days as bigint) as complaints_last_365_days,
    cast(suggestions as bigint) as suggestions,
    cast(unanswered_complaints as bigint) as unanswered_complaints,
    cast(recovered_complaints as bigint) as recovered_complaints,
    last_complained_at,

    is_silent,
    silence_limit_days,
    case
        when complaints_last_365_days is not null then coalesce(is_silent and complaints_last_365_days = 0, false)
    end as is_silent_without_complaint,
    coalesce(is_among_most_profitable and satisfaction_level = 'dissatisfied', false) as is_profitable_but_dissatisfied,

    e_value,
    visitor_intent,
    last_active_at
from typed
