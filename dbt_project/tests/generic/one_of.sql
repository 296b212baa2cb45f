{# The column holds nothing but these values; null is allowed. #}
{% test one_of(model, column_name, key, values) %}
select
    {{ key | join(', ') }},
    {{ column_name }}
from {{ model }}
where {{ column_name }} not in ('{{ values | join("', '") }}')
{% endtest %}
