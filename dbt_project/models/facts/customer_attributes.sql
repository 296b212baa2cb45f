with

customers as (

    select * from {{ ref('customers') }}

),

-- Whoever brought others says more than how many were named: they have ordered too.
referrals as (

    select
        customers.referrer_customer_id as customer_id,
        count(*) as successful_referrals
    from customers
    inner join {{ ref('customer_orders') }} as customer_orders on customers.customer_id = customer_orders.customer_id
    where customer_orders.order_days > 0 and customers.referrer_customer_id <> customers.customer_id
    group by customers.referrer_customer_id

)

select
    customers.customer_id,
    coalesce(customer_surveys.answers, 0) as answers,
    customer_surveys.recommend_score,
    coalesce(customer_complaints.recovered_complaints, 0) as recovered_complaints,
    coalesce(customer_complaints.suggestions, 0) as suggestions,
    coalesce(referrals.successful_referrals, 0) as successful_referrals,
    customers.credit_score,
    customer_wallets.wallet_share
from customers
left join {{ ref('customer_surveys') }} as customer_surveys on customers.customer_id = customer_surveys.customer_id
left join {{ ref('customer_complaints') }} as customer_complaints
    on customers.customer_id = customer_complaints.customer_id
left join {{ ref('customer_wallets') }} as customer_wallets on customers.customer_id = customer_wallets.customer_id
left join referrals on customers.customer_id = referrals.customer_id
