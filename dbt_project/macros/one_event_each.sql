{#
From landed events to one row an event, where an export may hold all history again.

Events have no key, and two of equal content may both be true: a customer may be charged the same twice in a day. The
n-th of equal events of a load is the same event as the n-th of any other load, so of equal events as many are kept as
the load with the most of them has. As with keys, only events whose content occurs more than once are ranked, and after
the first time only those of new loads are looked at.
#}

{# The events whose content occurs more than once, and what becomes of each: kept or duplicate. #}
{% macro repeated_events(feed_name) %}
{%- set columns = feed(feed_name)['columns'] -%}
with

landed as (

    select * from {{ source('raw', feed_name) }}

),

suspect_hashes as (

    select {{ row_hash(columns) }} as content_hash
    from landed
    {% if is_incremental() %}
    where {{ row_hash(columns) }} in (select {{ row_hash(columns) }} from landed where {{ is_of_a_new_load() }})
    {% endif %}
    group by {{ row_hash(columns) }}
    having count(*) > 1

),

numbered as (

    select
        *,
        row_number() over (partition by {{ columns | join(', ') }}, _load order by _row) as occurrence
    from landed
    where {{ row_hash(columns) }} in (select content_hash from suspect_hashes)

),

ranked as (

    select
        *,
        count(*) over (partition by {{ columns | join(', ') }}) as copies,
        row_number() over (partition by {{ columns | join(', ') }}, occurrence order by _load, _row) as copy_rank
    from numbered

)

select
    {% for column in columns %}
    {{ column }},
    {% endfor %}
    _load,
    _row,
    case when copy_rank = 1 then 'kept' else 'duplicate' end as outcome
from ranked
where copies > 1
{% endmacro %}

{# Each event once. #}
{% macro accepted_events(feed_name) %}
select
    {% for column in feed(feed_name)['columns'] %}
    landed.{{ column }},
    {% endfor %}
    landed._load,
    landed._row
from {{ source('raw', feed_name) }} as landed
where not exists (
    select 1
    from {{ ref('repeated_' ~ feed_name) }} as repeated
    where repeated.outcome = 'duplicate' and repeated._load = landed._load and repeated._row = landed._row
)
{% endmacro %}
