{# A mean that has the same bits in any order of the rows: doubles are added as decimals. #}
{% macro exact_mean(value) -%}
    cast(sum({{ as_decimal(value) }}) as double) / count({{ value }})
{%- endmacro %}
