{{ config(materialized='table') }}

with

orders as (

    select
        'orders' as feed,
        named.order_id as record_key,
        named._load,
        named._row,
        named.customer_id as named_customer_id,
        named.ordered_at as happened_at,
        named.amount,
        'ambiguous_customer' as reason,
        merged.candidates
    from {{ ref('stg_orders') }} as named
    inner join {{ ref('merged_customers') }} as merged on named.customer_id = merged.named_customer_id
    where merged.customer_id is null

),

others as (

    select
        feed,
        record_key,
        _load,
        _row,
        named_customer_id,
        happened_at,
        amount,
        reason,
        candidates
    from {{ ref('resolutions') }}
    where reason is not null

)

select * from orders
union all
select * from others
