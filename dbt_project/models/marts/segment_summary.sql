with

members as (

    select
        customer_segments.scheme,
        customer_segments.segment,
        customer_value.revenue,
        customer_value.profit,
        customer_value.clv,
        customer_value.orders,
        customer_relationship.complaints,
        customer_relationship.satisfaction_score
    from {{ ref('customer_segments') }} as customer_segments
    inner join {{ ref('customer_value') }} as customer_value
        on customer_segments.customer_id = customer_value.customer_id
    inner join {{ ref('customer_relationship') }} as customer_relationship
        on customer_segments.customer_id = customer_relationship.customer_id

),

totals as (

    select
        scheme,
        segment,
        count(*) as customers,
        sum(revenue) as revenue,
        sum(profit) as profit,
        sum(clv) as clv,
        sum(orders) as orders,
        sum(complaints) as complaints,
        {{ exact_mean('satisfaction_score') }} as satisfaction_score,
        count(satisfaction_score) as customers_with_satisfaction
    from members
    group by scheme, segment

),

-- Of all customers, not of a scheme's rows: where segments overlap a customer is in several, or in none.
everybody as (

    select
        count(*) as customers,
        sum(revenue) as revenue,
        sum(profit) as profit,
        sum(clv) as clv
    from {{ ref('customer_value') }}

),

quality as (

    select
        dimension,
        member,
        quality_index
    from {{ source('scores', 'quality_index') }}
    where period = 'last_365_days'

)

select
    totals.scheme,
    totals.segment,
    cast(totals.customers as bigint) as customers,
    cast(totals.revenue as decimal(18, 2)) as revenue,
    cast(totals.profit as decimal(18, 2)) as profit,
    cast(totals.clv as decimal(18, 2)) as clv,
    {% for measure in ['customers', 'revenue', 'profit', 'clv'] %}
    case when everybody.{{ measure }} > 0 then {{ ratio('totals.' ~ measure, 'everybody.' ~ measure) }} end
        as {{ measure }}_share,
    {% endfor %}
    totals.satisfaction_score,
    cast(totals.customers_with_satisfaction as bigint) as customers_with_satisfaction,
    {{ ratio('100 * totals.complaints', 'totals.orders') }} as complaints_per_100_orders,
    quality.quality_index
from totals
cross join everybody
left join quality on totals.scheme = quality.dimension and totals.segment = quality.member
