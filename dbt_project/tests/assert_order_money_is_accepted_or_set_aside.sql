{{ config(
    meta={
        'dagster': {'ref': {'name': 'set_aside'}},
        'description': 'The money of the landed orders is the money accepted, set aside, and of customers whom nobody knows.',
    }
) }}

with

landed as (

    select coalesce(sum(amount), 0) as landed_amount from {{ source('raw', 'orders') }}

),

accepted as (

    select coalesce(sum(amount), 0) as accepted_amount from {{ ref('identified_orders') }}

),

removed as (

    select coalesce(sum(amount), 0) as removed_amount from {{ ref('set_aside') }} where feed = 'orders'

),

unidentified as (

    select coalesce(sum(amount), 0) as unidentified_amount from {{ ref('unidentified') }} where feed = 'orders'

)

select
    'orders' as feed,
    landed.landed_amount,
    accepted.accepted_amount,
    removed.removed_amount,
    unidentified.unidentified_amount
from landed
cross join accepted
cross join removed
cross join unidentified
where landed.landed_amount
    <> accepted.accepted_amount + removed.removed_amount + unidentified.unidentified_amount
