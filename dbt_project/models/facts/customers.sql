with

merged as (

    select * from {{ ref('merged_customers') }}

),

-- A customer who registers after as_of is not known yet, unless an order says otherwise.
register as (

    select
        accepted.*,
        coalesce(merged.customer_id, accepted.customer_id) as resolved_customer_id
    from {{ ref('stg_customers') }} as accepted
    left join merged on accepted.customer_id = merged.named_customer_id
    where (accepted.registered_at is null or accepted.registered_at < {{ end_of_as_of() }})
        and (merged.named_customer_id is null or merged.customer_id is not null)

),

-- The customer's own row goes before those of its old ids; the rows are not mixed.
numbered as (

    select
        *,
        row_number() over (
            partition by resolved_customer_id
            order by case when customer_id = resolved_customer_id then 0 else 1 end, customer_id
        ) as choice
    from register

),

registered as (

    select
        numbered.resolved_customer_id as customer_id,
        numbered.region,
        numbered.industry,
        numbered.account_manager_id,
        numbered.registered_at,
        coalesce(merged.customer_id, numbered.referrer_customer_id) as referrer_customer_id,
        numbered.credit_score,
        numbered.prepaid_balance,
        numbered.contact_allowed,
        numbered.channels_refused
    from numbered
    left join merged on numbered.referrer_customer_id = merged.named_customer_id
    where numbered.choice = 1

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
