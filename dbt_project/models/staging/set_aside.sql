{{ config(materialized='table') }}

with

removed as (

    {% for feed_name in [
        'orders', 'complaints', 'surveys', 'customers', 'aliases', 'interactions', 'service_costs', 'wallets'
    ] %}
    select
        '{{ feed_name }}' as feed,
        {{ record_key(feed_name) }} as record_key,
        _load,
        _row,
        outcome,
        {{ feed(feed_name).get('amount', 'cast(null as decimal(18, 4))') }} as amount
    from {{ ref('repeated_' ~ feed_name) }}
    where outcome <> 'kept'
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select * from removed
