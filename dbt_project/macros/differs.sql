{# Whether two numbers are not the same to the ninth place; nothing is the same as nothing, and no number as NaN. #}
{% macro differs(found, expected, tolerance='0.000000001') -%}
    not coalesce(abs({{ found }} - ({{ expected }})) <= {{ tolerance }}, {{ found }} is null and ({{ expected }}) is null)
{%- endmacro %}

{# 0 to 100 between floor and target of service_quality_indicators. #}
{% macro score_of(value) -%}
    greatest(
        cast(0 as double),
        least(cast(100 as double), 100 * ({{ value }} - floor_value) / (target_value - floor_value))
    )
{%- endmacro %}
