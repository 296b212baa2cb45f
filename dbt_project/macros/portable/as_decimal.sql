{#
A double as a decimal(18, 6), a half rounded away from zero.

The half is judged on the shortest decimal that names the double: 0.0000125 is a half, though the double lies beside it.
Spark does so itself; DuckDB multiplies first, and rounds 0.8 % of the halves the other way.
#}
{% macro as_decimal(value) %}{{ return(adapter.dispatch('as_decimal')(value)) }}{% endmacro %}

{% macro default__as_decimal(value) -%}
    cast(cast({{ value }} as varchar) as decimal(18, 6))
{%- endmacro %}

{% macro spark__as_decimal(value) -%}
    cast({{ value }} as decimal(18, 6))
{%- endmacro %}
