{# At least this share of a feed's rows up to as_of are of a customer who is known. Fewer, and the others are returned. #}
{% test identified_share(model, feed_name, key, at_least) %}
with

unidentified as (

    select
        {{ key | join(', ') }},
        reason
    from {{ model }}
    where feed = '{{ feed_name }}' and happened_at < {{ end_of_as_of() }}

),

failing as (

    select count(*) as failing_rows from unidentified

),

total as (

    select count(*) as all_rows
    from {{ ref('stg_' ~ feed_name) }}
    where {{ feed(feed_name)['moment'] }} < {{ end_of_as_of() }}

)

select unidentified.*
from unidentified
cross join failing
cross join total
where total.all_rows - failing.failing_rows < total.all_rows * {{ at_least }}
{% endtest %}
