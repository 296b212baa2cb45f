{# No two rows share these columns. Only rows with a hash that occurs twice are compared, which is cheap on large tables. #}
{% test unique_key(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as occurrences
from {{ model }}
where {{ row_hash(columns) }} in (
    select {{ row_hash(columns) }} from {{ model }} group by {{ row_hash(columns) }} having count(*) > 1
)
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
