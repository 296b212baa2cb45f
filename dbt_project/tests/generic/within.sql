{# The column lies between two bounds, both included, or is null. The tolerance is for what doubles cannot hold. #}
{% test within(model, column_name, key, least, most, tolerance=0) %}
select
    {{ key | join(', ') }},
    {{ column_name }}
from {{ model }}
where {{ column_name }} < {{ least }} - {{ tolerance }} or {{ column_name }} > {{ most }} + {{ tolerance }}
{% endtest %}
