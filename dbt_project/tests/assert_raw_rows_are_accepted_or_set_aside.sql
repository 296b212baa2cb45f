{{ config(
    meta={
        'dagster': {'ref': {'name': 'set_aside'}},
        'description': 'Every landed row has one outcome: it is accepted, or set aside as a duplicate or superseded.',
    }
) }}

with

landed as (

    {% for feed_name in ['orders', 'complaints', 'surveys', 'customers', 'interactions', 'service_costs'] %}
    select '{{ feed_name }}' as feed, count(*) as landed_rows from {{ source('raw', feed_name) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

accepted as (

    {% for feed_name in ['orders', 'complaints', 'surveys', 'customers', 'interactions', 'service_costs'] %}
    select '{{ feed_name }}' as feed, count(*) as accepted_rows from {{ ref('stg_' ~ feed_name) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

removed as (

    select
        feed,
        count(*) as removed_rows
    from {{ ref('set_aside') }}
    group by feed

)

select
    landed.feed,
    landed.landed_rows,
    accepted.accepted_rows,
    coalesce(removed.removed_rows, 0) as removed_rows
from landed
inner join accepted on landed.feed = accepted.feed
left join removed on landed.feed = removed.feed
where landed.landed_rows <> accepted.accepted_rows + coalesce(removed.removed_rows, 0)
