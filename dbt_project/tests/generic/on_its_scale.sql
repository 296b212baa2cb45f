{# The column lies between two others of its row, both included; a row that lacks one of the three has no scale. #}
{% test on_its_scale(model, column_name, key, least, most) %}
select
    {{ key | join(', ') }},
    {{ column_name }},
    {{ least }},
    {{ most }}
from {{ model }}
where {{ column_name }} < {{ least }} or {{ column_name }} > {{ most }}
{% endtest %}
