{{ config(materialized='table') }}

with

aliases as (

    select * from {{ ref('known_aliases') }}

),

ids as (

    select customer_id from {{ ref('customer_ids') }}
    union distinct
    select customer_id from aliases

),

claims as (

    select distinct
        customer_id,
        value
    from aliases
    where kind in ('old_id', 'account')

),

exact as (

    select
        claims.value as named_customer_id,
        claims.customer_id
    from claims
    inner join ids on claims.value = ids.customer_id

),

in_another_spelling as (

    select
        claims.value,
        claims.customer_id,
        min(ids.customer_id) as named_customer_id
    from claims
    inner join ids on {{ normalised_id('claims.value') }} = {{ normalised_id('ids.customer_id') }}
    where not exists (select 1 from exact where exact.named_customer_id = claims.value)
    group by claims.value, claims.customer_id
    -- Ids that differ in their case alone are two customers; which of them is meant is not known.
    having count(*) = 1

),

all_claims as (

    select
        named_customer_id,
        customer_id
    from exact

    union distinct

    select
        named_customer_id,
        customer_id
    from in_another_spelling

)

select *
from all_claims
where named_customer_id <> customer_id
