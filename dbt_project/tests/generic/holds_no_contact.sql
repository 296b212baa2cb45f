{# No phone and no e-mail stands in these columns, which are published as they are. A row for each value that has one. #}
{% test holds_no_contact(model, columns, key) %}
{% for column in columns %}
select
    min({{ key[0] }}) as {{ key[0] }},
    '{{ column }}' as column_name,
    count(*) as rows_with_it
from {{ model }}
where {{ column }} is not null
group by {{ column }}
having {{ has_contact(column) }}
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
{% endtest %}
