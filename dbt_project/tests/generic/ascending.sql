{# In every row, each of these columns is at most the next; nulls are passed over. #}
{% test ascending(model, key, columns) %}
select
    {{ key | join(', ') }},
    {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns[1:] %}{{ columns[loop.index0] }} > {{ column }}{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
