{#
An order may be paid until its due day is over. What is unpaid is overdue only where payments are fed at all.
#}
with

orders as (

    select
        orders.customer_id,
        orders.paid_at,
        cast(orders.due_at as date) as due_date,
        coalesce(netted.net_amount, orders.amount) as amount
    from {{ ref('orders') }} as orders
    left join {{ ref('netted_orders') }} as netted on orders.order_id = netted.order_id
    where orders.is_counted and cast(orders.due_at as date) <= {{ as_of_date() }}

),

payments as (

    select count(paid_at) > 0 as are_fed
    from {{ ref('orders') }}

),

-- What was refunded in full is not owed.
owed as (

    select
        *,
        paid_at is null as is_overdue,
        due_date > {{ as_of_date(365) }} and (paid_at is null or cast(paid_at as date) > due_date) as is_late
    from orders
    where amount > 0

)

select
    owed.customer_id,
    cast(coalesce(sum(owed.amount) filter (where owed.is_overdue), 0) as decimal(18, 4)) as overdue_amount,
    count(*) filter (where owed.is_overdue) as overdue_orders,
    count(*) filter (where owed.is_late) as late_payments_last_365_days
from owed
cross join payments
where payments.are_fed
group by owed.customer_id
