with

begun as (

    select
        customer_id,
        period_start,
        period_end,
        least(period_end, {{ as_of_date() }}) as counted_until,
        estimated_total_spend,
        {{ days_between('period_start', 'period_end') }} + 1 as period_days,
        {{ days_between('period_start', 'least(period_end, ' ~ as_of_date() ~ ')') }} + 1 as counted_days,
        _load,
        _row
    from {{ ref('identified_wallets') }}
    where period_start <= {{ as_of_date() }} and period_start <= period_end

),

-- The first days of a period say little: until half of it is over, the one before goes on counting.
chosen as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by
                case when 2 * counted_days >= period_days then 0 else 1 end,
                period_start desc,
                period_end desc,
                _load desc,
                _row desc
        ) as choice
    from begun

),

latest as (

    select * from chosen where choice = 1

),

spent as (

    select
        latest.customer_id,
        sum(order_days.amount) as spend
    from latest
    inner join {{ ref('order_days') }} as order_days
        on latest.customer_id = order_days.customer_id
        and order_days.ordered_date >= latest.period_start
        and order_days.ordered_date <= latest.counted_until
    group by latest.customer_id

)

select
    latest.customer_id,
    latest.period_start,
    latest.period_end,
    latest.counted_until,
    cast(coalesce(spent.spend, 0) as decimal(18, 4)) as spend,
    cast(latest.estimated_total_spend as decimal(18, 4)) as estimated_total_spend,
    -- Of a period that runs, the part of the estimate that its days up to as_of make up.
    case
        when latest.estimated_total_spend > 0 then
            cast(coalesce(spent.spend, 0) as double) * latest.period_days
            / (cast(latest.estimated_total_spend as double) * latest.counted_days)
    end as wallet_share
from latest
left join spent on latest.customer_id = spent.customer_id
