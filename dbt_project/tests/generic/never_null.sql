{# The column has a value in every row. #}
{% test never_null(model, column_name, key) %}
select {{ key | join(', ') }}
from {{ model }}
where {{ column_name }} is null
{% endtest %}
