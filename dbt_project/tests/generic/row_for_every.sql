{# There is a row for every value of the other table's field, and for nothing else. #}
{% test row_for_every(model, column_name, to, field) %}
select
    coalesce(there.{{ field }}, here.{{ column_name }}) as {{ column_name }},
    case when here.{{ column_name }} is null then 'missing' else 'unexpected' end as problem
from {{ model }} as here
full outer join {{ to }} as there on here.{{ column_name }} = there.{{ field }}
where here.{{ column_name }} is null or there.{{ field }} is null
{% endtest %}
