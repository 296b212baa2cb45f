{# Nothing that happened after as_of is counted. #}
{% test not_after_as_of(model, column_name, key) %}
select
    {{ key | join(', ') }},
    {{ column_name }}
from {{ model }}
where {{ column_name }} >= {{ end_of_as_of() }}
{% endtest %}
