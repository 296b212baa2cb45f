{{ config(
    meta={
        'dagster': {'ref': {'name': 'tier_migration'}},
        'description': 'In each comparison and scheme, those who are not gone are all customers of today.',
    }
) }}

with

arrived as (

    select
        comparison,
        scheme,
        sum(case when to_segment = 'gone' then 0 else customers end) as customers
    from {{ ref('tier_migration') }}
    group by comparison, scheme

),

present as (

    select
        scheme,
        count(*) as customers
    from {{ ref('customer_segments') }}
    group by scheme

)

select
    arrived.comparison,
    arrived.scheme,
    arrived.customers,
    present.customers as customers_of_today
from arrived
left join present on arrived.scheme = present.scheme
where arrived.customers <> coalesce(present.customers, 0)
