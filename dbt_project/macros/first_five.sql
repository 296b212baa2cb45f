{# Up to five values of a group as text. `position` numbers them from 1; the engines have no common way to join texts. #}
{% macro first_five(value, position) -%}
    concat_ws(
        ', ',
        {% for number in range(1, 6) %}
        max(case when {{ position }} = {{ number }} then {{ value }} end){{ ',' if not loop.last }}
        {% endfor %}
    )
{%- endmacro %}
