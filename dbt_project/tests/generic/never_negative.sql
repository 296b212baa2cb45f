{# The column is zero or more, or null. #}
{% test never_negative(model, column_name, key) %}
select
    {{ key | join(', ') }},
    {{ column_name }}
from {{ model }}
where {{ column_name }} < 0
{% endtest %}
