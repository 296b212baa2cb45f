{{ config(materialized='table') }}

with

numbered as (

    select
        named_customer_id,
        customer_id,
        row_number() over (partition by named_customer_id order by customer_id) as position
    from {{ source('staging', 'claim_ends') }}

)

select
    named_customer_id,
    case when count(*) = 1 then min(customer_id) end as customer_id,
    case when count(*) > 1 then {{ first_five('customer_id', 'position') }} end as candidates
from numbered
group by named_customer_id
