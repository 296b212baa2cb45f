{{ config(
    meta={
        'dagster': {'ref': {'name': 'segment_history'}},
        'description': 'No interval of the previous release disappears, and a closed one never changes.',
    }
) }}

with

published as (

    select * from {{ source('previous', 'segment_history') }}

),

history as (

    select * from {{ ref('segment_history') }}

)

select
    published.customer_id,
    published.scheme,
    published.segment,
    published.valid_from
from published
where not exists (
    select 1
    from history
    where history.customer_id = published.customer_id
        and history.scheme = published.scheme
        and history.segment = published.segment
        and history.valid_from = published.valid_from
        and (published.valid_to is null or history.valid_to = published.valid_to)
)
