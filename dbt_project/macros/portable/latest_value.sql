{# The value of the group's latest row that has one. `tie_breaker` decides between equal moments. #}
{% macro latest_value(value, moment, tie_breaker) %}{{ return(adapter.dispatch('latest_value')(value, moment, tie_breaker)) }}{% endmacro %}

{% macro default__latest_value(value, moment, tie_breaker) -%}
    max_by({{ value }}, row({{ moment }}, {{ tie_breaker }})) filter (where {{ value }} is not null)
{%- endmacro %}

{% macro spark__latest_value(value, moment, tie_breaker) -%}
    max_by({{ value }}, struct({{ moment }}, {{ tie_breaker }})) filter (where {{ value }} is not null)
{%- endmacro %}
