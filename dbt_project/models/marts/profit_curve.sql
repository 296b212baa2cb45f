with

percentiles as (

    select percentile
    from (
        values
            {% for percentile in range(1, 101) %}
            ({{ percentile }}){{ ',' if not loop.last }}
            {% endfor %}
    ) as percentiles (percentile)

),

ranked as (

    select
        customer_value.profit,
        value_tiers.profit_rank,
        count(*) over () as customers
    from {{ ref('customer_value') }} as customer_value
    inner join {{ source('scores', 'value_tiers') }} as value_tiers
        on customer_value.customer_id = value_tiers.customer_id

),

-- The first p percent are the first ceil(n x p / 100): a customer joins at the least p that reaches its rank.
steps as (

    select
        cast(floor((profit_rank - 1) * 100.0 / customers) as integer) + 1 as percentile,
        count(*) as customers,
        sum(profit) as profit
    from ranked
    group by cast(floor((profit_rank - 1) * 100.0 / customers) as integer) + 1

),

curve as (

    select
        percentiles.percentile,
        sum(coalesce(steps.customers, 0)) over up_to_here as customers,
        sum(coalesce(steps.profit, 0)) over up_to_here as profit,
        sum(coalesce(steps.customers, 0)) over () as all_customers,
        sum(coalesce(steps.profit, 0)) over () as all_profit
    from percentiles
    left join steps on percentiles.percentile = steps.percentile
    window up_to_here as (order by percentiles.percentile rows between unbounded preceding and current row)

)

select
    cast(percentile as bigint) as percentile,
    cast(customers as bigint) as customers,
    {{ ratio('customers', 'all_customers') }} as cumulative_customer_share,
    cast(profit as decimal(18, 2)) as cumulative_profit,
    case when all_profit > 0 then {{ ratio('profit', 'all_profit') }} end as cumulative_profit_share
from curve
