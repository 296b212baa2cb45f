with

customer_orders as (

    select
        customer_id,
        order_days
    from {{ ref('customer_orders') }}

),

silence as (

    select * from {{ source('scores', 'silence') }}

),

latest_declines as (

    select
        customer_id,
        max(valid_from) as declined_from
    from {{ source('previous', 'segment_history') }}
    where scheme = 'lifecycle_stage' and segment = 'decline'
    group by customer_id

),

-- History moves in steps of releases; what ends a decline is an order. One of the very day may have come after the release.
returns as (

    select
        latest_declines.customer_id,
        min(order_days.ordered_date) as returned_date
    from latest_declines
    inner join {{ ref('order_days') }} as order_days
        on latest_declines.customer_id = order_days.customer_id
        and order_days.ordered_date >= latest_declines.declined_from
    group by latest_declines.customer_id

)

select
    customer_orders.customer_id,
    case
        when silence.is_silent then 'decline'
        when returns.returned_date > {{ as_of_date(var('relationship').win_back_days) }} then 'win_back'
        when customer_orders.order_days >= {{ var('relationship').stable_order_days }} then 'stable'
        when customer_orders.order_days > 1 then 'formation'
        -- Also who has registered and not ordered yet.
        else 'contact'
    end as lifecycle_stage
from customer_orders
left join silence on customer_orders.customer_id = silence.customer_id
left join returns on customer_orders.customer_id = returns.customer_id
