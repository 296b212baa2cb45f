with

customer_orders as (

    select * from {{ ref('customer_orders') }}

),

clv as (

    select * from {{ source('scores', 'clv') }}

),

value_tiers as (

    select * from {{ source('scores', 'value_tiers') }}

),

segments as (

    select
        customer_id,
        previous_segment as previous_value_tier,
        since as tier_since
    from {{ ref('customer_segments') }}
    where scheme = 'value_tier'

),

clusters as (

    select * from {{ source('scores', 'clusters') }}

),

lifecycle_stages as (

    select * from {{ ref('lifecycle_stages') }}

)

select
    customer_orders.customer_id,
    {{ as_of_date() }} as as_of,

    customer_orders.first_ordered_at,
    customer_orders.last_ordered_at,
    cast(customer_orders.orders as bigint) as orders,
    cast(customer_orders.order_days as bigint) as order_days,
    cast(customer_orders.frequency as bigint) as frequency,
    cast(customer_orders.recency_days as bigint) as recency_days,
    cast(customer_orders.age_days as bigint) as age_days,

    cast(customer_orders.revenue as decimal(18, 2)) as revenue,
    cast(customer_orders.revenue_last_365_days as decimal(18, 2)) as revenue_last_365_days,
    cast(customer_orders.profit as decimal(18, 2)) as profit,

    clv.p_alive,
    clv.expected_orders,
    clv.orders_low,
    clv.orders_high,
    cast(clv.expected_order_value as decimal(18, 2)) as expected_order_value,
    cast(clv.clv as decimal(18, 2)) as clv,
    cast(clv.clv_low as decimal(18, 2)) as clv_low,
    cast(clv.clv_high as decimal(18, 2)) as clv_high,
    cast(clv.simple_ltv as decimal(18, 2)) as simple_ltv,
    cast(clv.discounted_ltv as decimal(18, 2)) as discounted_ltv,
    clv.clv_method,

    value_tiers.value_tier,
    segments.previous_value_tier,
    segments.tier_since,
    value_tiers.abc_class,
    value_tiers.is_key_account,
    value_tiers.key_account_rank_revenue,
    value_tiers.key_account_rank_non_monetary,
    value_tiers.key_account_class,
    value_tiers.contribution_class,
    value_tiers.wallet_share,
    value_tiers.wallet_share_band,
    value_tiers.current_value_score,
    value_tiers.potential_value_score,
    value_tiers.value_quadrant,
    cast(value_tiers.recency_score as bigint) as recency_score,
    cast(value_tiers.frequency_score as bigint) as frequency_score,
    cast(value_tiers.monetary_score as bigint) as monetary_score,
    value_tiers.rfm_segment,
    coalesce(clusters.cluster, 'unplaced') as cluster,
    lifecycle_stages.lifecycle_stage
from customer_orders
left join clv on customer_orders.customer_id = clv.customer_id
left join value_tiers on customer_orders.customer_id = value_tiers.customer_id
left join segments on customer_orders.customer_id = segments.customer_id
left join clusters on customer_orders.customer_id = clusters.customer_id
left join lifecycle_stages on customer_orders.customer_id = lifecycle_stages.customer_id
