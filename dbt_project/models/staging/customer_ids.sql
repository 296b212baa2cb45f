{{ config(materialized='table') }}

select customer_id
from {{ ref('stg_customers') }}
where registered_at is null or registered_at < {{ end_of_as_of() }}

union distinct

select customer_id
from {{ ref('stg_orders') }}
where ordered_at < {{ end_of_as_of() }}
