{# One 64-bit number for the values of several columns. Not the same number on each engine: never publish it. #}
{% macro row_hash(columns) %}{{ return(adapter.dispatch('row_hash')(columns)) }}{% endmacro %}

{% macro default__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{# xxhash64 skips nulls, so a value that moves to the next column would go unseen without the flags. #}
{% macro spark__row_hash(columns) -%}
    xxhash64({{ columns | join(', ') }}{% for column in columns %}, {{ column }} is null{% endfor %})
{%- endmacro %}
