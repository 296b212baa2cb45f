with

customer_orders as (

    select
        *,
        cast(last_ordered_at as date) as last_ordered_date
    from {{ ref('customer_orders') }}

),

silence as (

    select * from {{ source('scores', 'silence') }}

),

-- Published history moves in steps of releases, so the end of a decline is the release that saw the new order.
latest_declines as (

    select
        customer_id,
        max(valid_from) as declined_from,
        max(coalesce(valid_to, {{ as_of_date() }})) as declined_until
    from {{ source('previous', 'segment_history') }}
    where scheme = 'lifecycle_stage' and segment = 'decline'
    group by customer_id

)

select
    customer_orders.customer_id,
    case
        when silence.is_silent then 'decline'
        when latest_declines.declined_until > {{ as_of_date(var('relationship').win_back_days) }}
            and customer_orders.last_ordered_date >= latest_declines.declined_from then 'win_back'
        when customer_orders.order_days <= 1 then 'contact'
        when customer_orders.order_days >= {{ var('relationship').stable_order_days }} then 'stable'
        else 'formation'
    end as lifecycle_stage
from customer_orders
left join silence on customer_orders.customer_id = silence.customer_id
left join latest_declines on customer_orders.customer_id = latest_declines.customer_id
