with

-- A customer who registers after as_of is not known yet, unless an order says otherwise.
registered as (

    select *
    from {{ ref('stg_customers') }}
    where registered_at is null or registered_at < {{ end_of_as_of() }}

),

ordering as (

    select
        customer_id,
        latest_region
    from {{ ref('order_summaries') }}

)

select
    coalesce(registered.customer_id, ordering.customer_id) as customer_id,
    coalesce(registered.region, ordering.latest_region) as region,
    registered.industry,
    registered.account_manager_id,
    registered.registered_at,
    registered.referrer_customer_id,
    registered.credit_score,
    registered.prepaid_balance,
    registered.contact_allowed,
    registered.channels_refused
from registered
full outer join ordering on registered.customer_id = ordering.customer_id
