{# At least this share of the rows that name something name something that exists. Fewer, and the others are returned. #}
{% test relationship_share(model, column_name, key, to, field, at_least) %}
with

named as (

    select
        {% for column in key %}
        origin.{{ column }},
        {% endfor %}
        origin.{{ column_name }} as named_value,
        known.known_value is not null as is_found
    from {{ model }} as origin
    left join (select distinct {{ field }} as known_value from {{ to }}) as known
        on origin.{{ column_name }} = known.known_value
    where origin.{{ column_name }} is not null

),

shares as (

    select
        count(*) as named_rows,
        count(*) filter (where is_found) as found_rows
    from named

)

select
    {% for column in key %}
    named.{{ column }},
    {% endfor %}
    named.named_value
from named
cross join shares
where not named.is_found and shares.found_rows < shares.named_rows * {{ at_least }}
{% endtest %}
