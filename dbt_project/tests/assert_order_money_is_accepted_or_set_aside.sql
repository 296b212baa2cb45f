{{ config(
    meta={
        'dagster': {'ref': {'name': 'set_aside'}},
        'description': 'The money of the landed orders is the money accepted plus the money set aside.',
    }
) }}

with

landed as (

    select coalesce(sum(amount), 0) as landed_amount from {{ source('raw', 'orders') }}

),

accepted as (

    select coalesce(sum(amount), 0) as accepted_amount from {{ ref('stg_orders') }}

),

removed as (

    select coalesce(sum(amount), 0) as removed_amount from {{ ref('set_aside') }} where feed = 'orders'

)

select
    'orders' as feed,
    landed.landed_amount,
    accepted.accepted_amount,
    removed.removed_amount
from landed
cross join accepted
cross join removed
where landed.landed_amount <> accepted.accepted_amount + removed.removed_amount
