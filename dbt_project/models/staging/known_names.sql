{{ config(materialized='table') }}

with

used as (

    select
        customer_ids.customer_id as named_customer_id,
        case
            when merged.named_customer_id is null then customer_ids.customer_id
            else merged.customer_id
        end as customer_id
    from {{ ref('customer_ids') }} as customer_ids
    left join {{ ref('merged_customers') }} as merged on customer_ids.customer_id = merged.named_customer_id

),

known as (

    select distinct customer_id
    from used
    where customer_id is not null

),

known_by_claims_alone as (

    select distinct
        merged.named_customer_id,
        merged.customer_id
    from {{ source('staging', 'claim_ends') }} as claim_ends
    inner join known on claim_ends.customer_id = known.customer_id
    inner join {{ ref('merged_customers') }} as merged on claim_ends.named_customer_id = merged.named_customer_id

)

select
    named_customer_id,
    customer_id
from used

union distinct

select
    named_customer_id,
    customer_id
from known_by_claims_alone

union distinct

select
    customer_id as named_customer_id,
    customer_id
from known
