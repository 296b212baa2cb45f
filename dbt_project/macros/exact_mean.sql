{# A mean that has the same bits in any order of the rows: doubles are added as decimals. #}
{% macro exact_mean(value) -%}
    cast(sum({{ as_decimal(value) }}) as double) / count({{ value }})
{%- endmacro %}

{# The population standard deviation of a decimal(18, 6) between -1 and 1: the difference is exact, and 0 where all are equal. #}
{% macro exact_deviation(value) -%}
    sqrt(cast(
        cast(count({{ value }}) as decimal(10, 0)) * cast(sum({{ value }} * {{ value }}) as decimal(26, 12))
        - cast(sum({{ value }}) as decimal(19, 6)) * cast(sum({{ value }}) as decimal(18, 6))
    as double)) / count({{ value }})
{%- endmacro %}
