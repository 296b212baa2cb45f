{# What the measures of service need: see models/facts/service_indicators.sql. #}

{# Seconds from one moment to another, exact; an end before its beginning, as of a date without a time, is at once. #}
{% macro seconds_or_zero(from_moment, to_moment) -%}
    case
        when {{ to_moment }} < {{ from_moment }} then 0
        else {{ seconds_between(from_moment, to_moment) }}
    end
{%- endmacro %}

{#
A measure's sums in a cell, exact. Without a base each row with a measure is one.

A factor of 19 digits, because of two with 18 DuckDB keeps 18 in their product.
#}
{% macro measure_sums(measure, base=none) -%}
    {%- set own = 'cast(measures.' ~ measure ~ ' as decimal(18, 6))' -%}
    {%- set other = 'measures.' ~ base -%}
    {%- set longer = 'cast(' ~ own ~ ' as decimal(19, 6))' -%}
    {%- set sums = {'total': own, 'squares': own ~ ' * ' ~ longer} -%}
    {%- if base -%}
    {%- do sums.update({
        'products': other ~ ' * ' ~ longer,
        'base': other,
        'base_squares': other ~ ' * cast(' ~ other ~ ' as decimal(19, 6))',
    }) -%}
    {%- endif -%}
    {%- for name, summed in sums.items() -%}
    cast(sum({{ summed }}) as decimal(38, 12)) as {{ measure }}_{{ name }},
        {% endfor -%}
    count(measures.{{ measure }}) as {{ measure }}_observations
{%- endmacro %}

{# From a column each measure to a row: the sums of the one that the indicator names. #}
{% macro sums_of_one_measure(indicator, measures) -%}
    {%- set ones = {'products': 'total', 'base': 'observations', 'base_squares': 'observations'} -%}
    {%- for sum in ['total', 'squares', 'products', 'base', 'base_squares', 'observations'] -%}
    case {{ indicator }}
            {%- for measure, base in measures.items() %}
            when '{{ measure }}' then {{ measure }}_{{ sum if base else ones.get(sum, sum) }}
            {%- endfor %}
        end as {{ sum }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
