{#
Rows under the customer that they are of: `customer_id` is resolved, `named_customer_id` is what the source wrote.

Orders name customers by id alone; the rows of the other feeds that do not are in `resolutions`. What names nobody, or
several, is left out here and stands in `unidentified`.
#}
{% macro identified_rows(feed_name) %}
{%- set is_looked_up = feed_name != 'orders' -%}
select
    {% for column in feed(feed_name)['columns'] %}
    {% if column == 'customer_id' %}
    coalesce({{ 'resolutions.customer_id, ' if is_looked_up }}merged.customer_id, named.customer_id) as customer_id,
    {% else %}
    named.{{ column }},
    {% endif %}
    {% endfor %}
    named.customer_id as named_customer_id,
    named._load,
    named._row
from {{ ref('stg_' ~ feed_name) }} as named
left join {{ ref('merged_customers') }} as merged on named.customer_id = merged.named_customer_id
{% if is_looked_up %}
left join {{ ref('resolutions') }} as resolutions
    on resolutions.feed = '{{ feed_name }}' and named._load = resolutions._load and named._row = resolutions._row
where resolutions._row is null or resolutions.customer_id is not null
{% else %}
where merged.named_customer_id is null or merged.customer_id is not null
{% endif %}
{% endmacro %}
