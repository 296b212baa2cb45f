{# A mean that has the same bits in any order of the rows: doubles are added as decimals. #}
{% macro exact_mean(value) -%}
    cast(sum(cast({{ value }} as decimal(18, 6))) as double) / count({{ value }})
{%- endmacro %}
