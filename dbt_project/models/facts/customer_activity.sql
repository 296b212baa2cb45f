{% set activity = var('relationship').activity %}
{% set intent = var('relationship').intent %}

with

customers as (

    select customer_id from {{ ref('customers') }}

),

interactions as (

    select
        *,
        cast(occurred_at as date) as occurred_date
    from {{ ref('identified_interactions') }}
    where occurred_at < {{ end_of_as_of() }}

),

weights as (

    select
        indicator as kind,
        100 * global_weight as points
    from {{ source('scores', 'quality_weights') }}
    where hierarchy = 'customer_activity'

),

counts as (

    select
        interactions.customer_id,
        interactions.kind,
        weights.points,
        count(*) as events
    from interactions
    inner join weights on interactions.kind = weights.kind
    where interactions.occurred_date > {{ as_of_date(activity.days) }}
    group by interactions.customer_id, interactions.kind, weights.points

),

-- A kind that nobody used tells nobody apart: it drops out, and the others make up the whole, so that 100 can be reached.
used_kinds as (

    select
        kind,
        points,
        max(events) as most_events
    from counts
    group by kind, points

),

whole as (

    select sum({{ as_decimal('points') }}) as points from used_kinds

),

earned as (

    select
        counts.customer_id,
        -- As decimals: a sum of doubles would depend on the order of the rows.
        sum({{ as_decimal('counts.points * (ln(1 + counts.events) / ln(1 + used_kinds.most_events))') }}) as points
    from counts
    inner join used_kinds on counts.kind = used_kinds.kind
    group by counts.customer_id

),

lookups as (

    select
        customer_id,
        category,
        count(*) as lookups
    from interactions
    where kind in ('search', 'visit')
        and category is not null
        and occurred_date > {{ as_of_date(intent.same_category_days) }}
    group by customer_id, category

),

researched as (

    select
        customer_id,
        max(lookups) as most_lookups
    from lookups
    group by customer_id

),

-- A call is not made on the web.
visitors as (

    select
        customer_id,
        count(*) filter (where kind = 'value_added_purchase') as purchases,
        count(*) filter (where kind in ('search', 'post', 'visit')) as collecting_events
    from interactions
    where kind <> 'call' and occurred_date > {{ as_of_date(intent.days) }}
    group by customer_id

),

intents as (

    select
        visitors.customer_id,
        case
            when visitors.purchases > 0 or researched.most_lookups >= {{ intent.same_category_times }} then 'immediate_buyer'
            when visitors.collecting_events >= {{ intent.collecting_times }} then 'information_collector'
            else 'browser'
        end as visitor_intent
    from visitors
    left join researched on visitors.customer_id = researched.customer_id

),

seen as (

    select
        interactions.customer_id,
        count(weights.kind) filter (where interactions.occurred_date > {{ as_of_date(365) }}) as events_last_365_days,
        max(interactions.occurred_at) as last_active_at
    from interactions
    left join weights on interactions.kind = weights.kind
    group by interactions.customer_id

)

select
    customers.customer_id,
    -- Empty where nobody did anything that counts: there is nothing to compare with.
    100 * (cast(coalesce(earned.points, 0) as double) / cast(whole.points as double)) as e_value,
    intents.visitor_intent,
    coalesce(seen.events_last_365_days, 0) as events_last_365_days,
    seen.last_active_at
from customers
cross join whole
left join earned on customers.customer_id = earned.customer_id
left join intents on customers.customer_id = intents.customer_id
left join seen on customers.customer_id = seen.customer_id
