{{ config(
    meta={
        'dagster': {'ref': {'name': 'set_aside'}},
        'description': 'Every landed row has one outcome: it is accepted, set aside as a duplicate or superseded, or of a '
            ~ 'customer whom nobody knows.',
    }
) }}

{% set identified = ['orders', 'complaints', 'surveys', 'interactions', 'service_costs', 'wallets'] %}
{% set unnamed = ['customers', 'aliases'] %}

with

landed as (

    {% for feed_name in identified + unnamed %}
    select '{{ feed_name }}' as feed, count(*) as landed_rows from {{ source('raw', feed_name) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

accepted as (

    {% for feed_name in identified + unnamed %}
    select '{{ feed_name }}' as feed, count(*) as accepted_rows
    from {{ ref(('identified_' if feed_name in identified else 'stg_') ~ feed_name) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

removed as (

    select
        feed,
        count(*) as removed_rows
    from {{ ref('set_aside') }}
    group by feed

),

unidentified as (

    select
        feed,
        count(*) as unidentified_rows
    from {{ ref('unidentified') }}
    group by feed

)

select
    landed.feed,
    landed.landed_rows,
    accepted.accepted_rows,
    coalesce(removed.removed_rows, 0) as removed_rows,
    coalesce(unidentified.unidentified_rows, 0) as unidentified_rows
from landed
inner join accepted on landed.feed = accepted.feed
left join removed on landed.feed = removed.feed
left join unidentified on landed.feed = unidentified.feed
where landed.landed_rows
    <> accepted.accepted_rows + coalesce(removed.removed_rows, 0) + coalesce(unidentified.unidentified_rows, 0)
