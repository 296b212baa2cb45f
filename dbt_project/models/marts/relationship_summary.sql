{% set dimensions = {
    'region': 'region', 'account_manager': 'account_manager_id', 'channel': 'main_channel', 'value_tier': 'value_tier',
    'lifecycle_stage': 'lifecycle_stage',
} %}

with

customers as (

    select
        relationship.satisfaction_level,
        relationship.satisfaction_score,
        relationship.nps_class,
        {{ as_decimal('relationship.people_told') }} as people_told,
        relationship.loyalty_type,
        relationship.complaints,
        relationship.complaints_last_365_days,
        relationship.unanswered_complaints,
        relationship.recovered_complaints,
        relationship.is_silent,
        relationship.is_silent_without_complaint,
        relationship.is_profitable_but_dissatisfied,
        customer_value.revenue_last_365_days,
        customer_value.profit,
        customer_orders.orders_last_365_days,
        customer_orders.late_deliveries_last_365_days,
        case when relationship.complaints is not null then coalesce(customer_complaints.green_channel_complaints_last_365_days, 0) end
            as green_channel_complaints,
        case when relationship.complaints is not null then coalesce(customer_complaints.green_channel_breaches_last_365_days, 0) end
            as green_channel_breaches,
        -- So that each dimension has every customer.
        coalesce(relationship.region, 'unknown') as region,
        coalesce(relationship.account_manager_id, 'unknown') as account_manager_id,
        coalesce(customer_orders.main_channel, 'unknown') as main_channel,
        coalesce(customer_value.value_tier, 'unknown') as value_tier,
        coalesce(customer_value.lifecycle_stage, 'unknown') as lifecycle_stage
    from {{ ref('customer_relationship') }} as relationship
    inner join {{ ref('customer_value') }} as customer_value
        on relationship.customer_id = customer_value.customer_id
    inner join {{ ref('customer_orders') }} as customer_orders
        on relationship.customer_id = customer_orders.customer_id
    left join {{ ref('customer_complaints') }} as customer_complaints
        on relationship.customer_id = customer_complaints.customer_id

),

totals as (

    select
        {{ dimension_and_member(dimensions) }},
        count(*) as customers,
        coalesce(sum(revenue_last_365_days), 0) as revenue_last_365_days,
        coalesce(sum(profit), 0) as profit,
        count(satisfaction_level) as answering_customers,
        count(*) filter (where satisfaction_level in ('basically_satisfied', 'completely_satisfied')) as satisfied,
        count(*) filter (where satisfaction_level = 'completely_satisfied') as delighted,
        count(*) filter (where satisfaction_level = 'dissatisfied') as dissatisfied,
        {{ exact_mean('satisfaction_score') }} as satisfaction_score,
        count(nps_class) as recommendation_answering_customers,
        count(*) filter (where nps_class = 'promoter') as promoters,
        count(*) filter (where nps_class = 'detractor') as detractors,
        coalesce(sum(people_told) filter (where people_told > 0), 0) as people_told_good,
        coalesce(-sum(people_told) filter (where people_told < 0), 0) as people_told_bad,
        {% for type in ['advocate', 'mercenary', 'captive', 'saboteur'] %}
        count(*) filter (where loyalty_type = '{{ type }}') as of_type_{{ type }},
        {% endfor %}
        count(is_silent) as ordering_customers,
        count(*) filter (where is_silent) as silent_customers,
        -- Where complaints are not fed, here and below nothing is told of them: none is no good news.
        case when count(complaints) > 0 then count(*) filter (where is_silent_without_complaint) end
            as silent_without_complaint,
        count(*) filter (where is_profitable_but_dissatisfied) as profitable_but_dissatisfied,
        coalesce(sum(profit) filter (where is_profitable_but_dissatisfied), 0)
            as profit_of_profitable_but_dissatisfied,
        coalesce(sum(orders_last_365_days), 0) as orders_last_365_days,
        coalesce(sum(late_deliveries_last_365_days), 0) as late_deliveries_last_365_days,
        sum(complaints_last_365_days) as complaints_last_365_days,
        sum(green_channel_complaints) as green_channel_complaints,
        sum(green_channel_breaches) as green_channel_breaches,
        sum(complaints) as complaints,
        sum(unanswered_complaints) as unanswered_complaints,
        sum(recovered_complaints) as recovered_complaints
    from customers
    group by grouping sets (({{ dimensions.values() | join('), (') }}), ())

)

select
    dimension,
    member,

    cast(customers as bigint) as customers,
    cast(revenue_last_365_days as decimal(18, 2)) as revenue_last_365_days,
    cast(profit as decimal(18, 2)) as profit,

    cast(answering_customers as bigint) as answering_customers,
    {{ ratio('satisfied', 'answering_customers') }} as satisfied_share,
    {{ ratio('delighted', 'answering_customers') }} as top_box_share,
    {{ ratio('dissatisfied', 'answering_customers') }} as dissatisfied_share,
    satisfaction_score,
    cast(recommendation_answering_customers as bigint) as recommendation_answering_customers,
    {{ ratio('100 * (promoters - detractors)', 'recommendation_answering_customers') }} as nps,
    cast(people_told_good as double) as people_told_good,
    cast(people_told_bad as double) as people_told_bad,
    cast(people_told_good - people_told_bad as double) as net_word_of_mouth,
    cast(of_type_advocate as bigint) as advocates,
    cast(of_type_mercenary as bigint) as mercenaries,
    cast(of_type_captive as bigint) as captives,
    cast(of_type_saboteur as bigint) as saboteurs,

    cast(ordering_customers as bigint) as ordering_customers,
    cast(silent_customers as bigint) as silent_customers,
    {{ ratio('silent_customers', 'ordering_customers') }} as silent_share,
    cast(silent_without_complaint as bigint) as silent_without_complaint,
    cast(profitable_but_dissatisfied as bigint) as profitable_but_dissatisfied,
    {{ ratio('profitable_but_dissatisfied', 'answering_customers') }} as profitable_but_dissatisfied_share,
    cast(profit_of_profitable_but_dissatisfied as decimal(18, 2)) as profit_of_profitable_but_dissatisfied,

    cast(orders_last_365_days as bigint) as orders_last_365_days,
    cast(late_deliveries_last_365_days as bigint) as late_deliveries_last_365_days,
    {{ ratio('100 * late_deliveries_last_365_days', 'orders_last_365_days') }} as late_deliveries_per_100_orders,
    cast(complaints_last_365_days as bigint) as complaints_last_365_days,
    {{ ratio('100 * complaints_last_365_days', 'orders_last_365_days') }} as complaints_per_100_orders,
    {{ ratio('100 * complaints_last_365_days', 'customers') }} as complaints_per_100_customers,
    cast(green_channel_complaints as bigint) as green_channel_complaints,
    cast(green_channel_breaches as bigint) as green_channel_breaches,
    {{ ratio('100 * green_channel_breaches', 'orders_last_365_days') }} as green_channel_breaches_per_100_orders,
    cast(complaints as bigint) as complaints,
    cast(unanswered_complaints as bigint) as unanswered_complaints,
    {{ ratio('recovered_complaints', 'complaints') }} as recovered_share
from totals
