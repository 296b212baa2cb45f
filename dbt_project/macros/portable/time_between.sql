{# Whole days from one date to another. #}
{% macro days_between(from_date, to_date) %}{{ return(adapter.dispatch('days_between')(from_date, to_date)) }}{% endmacro %}

{% macro default__days_between(from_date, to_date) -%}
    date_diff('day', {{ from_date }}, {{ to_date }})
{%- endmacro %}

{% macro spark__days_between(from_date, to_date) -%}
    cast(datediff({{ to_date }}, {{ from_date }}) as bigint)
{%- endmacro %}

{# Hours from one moment to another, to the second, as a double. #}
{% macro hours_between(from_moment, to_moment) %}{{ return(adapter.dispatch('hours_between')(from_moment, to_moment)) }}{% endmacro %}

{% macro default__hours_between(from_moment, to_moment) -%}
    cast(date_sub('second', {{ from_moment }}, {{ to_moment }}) as double) / 3600
{%- endmacro %}

{% macro spark__hours_between(from_moment, to_moment) -%}
    cast(timestampdiff(second, {{ from_moment }}, {{ to_moment }}) as double) / 3600
{%- endmacro %}
