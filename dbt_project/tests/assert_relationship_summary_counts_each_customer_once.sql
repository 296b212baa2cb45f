{{ config(
    meta={
        'dagster': {'ref': {'name': 'relationship_summary'}},
        'description': 'The members of each dimension, and overall, have the customers, money, orders and complaints that the customers have.',
    }
) }}

{% set counts = [
    'customers', 'answering_customers', 'ordering_customers', 'silent_customers', 'silent_without_complaint',
    'profitable_but_dissatisfied', 'complaints_last_365_days', 'complaints', 'unanswered_complaints', 'profit',
    'revenue_last_365_days', 'net_word_of_mouth',
] %}

with

members as (

    select
        dimension,
        {% for count in counts %}
        sum({{ as_decimal(count) if count == 'net_word_of_mouth' else count }}) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('relationship_summary') }}
    group by dimension

),

all_customers as (

    select
        count(*) as customers,
        count(relationship.satisfaction_score) as answering_customers,
        count(relationship.is_silent) as ordering_customers,
        count(*) filter (where relationship.is_silent) as silent_customers,
        case when count(relationship.complaints) > 0 then count(*) filter (where relationship.is_silent_without_complaint) end
            as silent_without_complaint,
        count(*) filter (where relationship.is_profitable_but_dissatisfied) as profitable_but_dissatisfied,
        sum(relationship.complaints_last_365_days) as complaints_last_365_days,
        sum(relationship.complaints) as complaints,
        sum(relationship.unanswered_complaints) as unanswered_complaints,
        coalesce(sum(customer_value.profit), 0) as profit,
        coalesce(sum(customer_value.revenue_last_365_days), 0) as revenue_last_365_days,
        coalesce(sum({{ as_decimal('relationship.people_told') }}), 0) as net_word_of_mouth
    from {{ ref('customer_relationship') }} as relationship
    left join {{ ref('customer_value') }} as customer_value
        on relationship.customer_id = customer_value.customer_id

)

select
    members.dimension,
    {% for count in counts %}
    members.{{ count }},
    all_customers.{{ count }} as {{ count }}_of_all{{ ',' if not loop.last }}
    {% endfor %}
from members
cross join all_customers
where
    {% for count in counts %}
    {{ 'or ' if not loop.first }}members.{{ count }} is distinct from all_customers.{{ count }}
    {% endfor %}
