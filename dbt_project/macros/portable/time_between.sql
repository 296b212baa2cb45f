{# Whole days from one date to another. #}
{% macro days_between(from_date, to_date) %}{{ return(adapter.dispatch('days_between')(from_date, to_date)) }}{% endmacro %}

{% macro default__days_between(from_date, to_date) -%}
    date_diff('day', {{ from_date }}, {{ to_date }})
{%- endmacro %}

{% macro spark__days_between(from_date, to_date) -%}
    cast(datediff({{ to_date }}, {{ from_date }}) as bigint)
{%- endmacro %}

{# Whole seconds from one moment to another. #}
{% macro seconds_between(from_moment, to_moment) %}{{ return(adapter.dispatch('seconds_between')(from_moment, to_moment)) }}{% endmacro %}

{% macro default__seconds_between(from_moment, to_moment) -%}
    date_sub('second', {{ from_moment }}, {{ to_moment }})
{%- endmacro %}

{% macro spark__seconds_between(from_moment, to_moment) -%}
    timestampdiff(second, {{ from_moment }}, {{ to_moment }})
{%- endmacro %}

{# Hours from one moment to another, to the second, as a double. #}
{% macro hours_between(from_moment, to_moment) -%}
    cast({{ seconds_between(from_moment, to_moment) }} as double) / 3600
{%- endmacro %}
