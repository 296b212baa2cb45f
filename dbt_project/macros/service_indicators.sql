{# What the measures of service, and the indicators made of them, need. #}

{# Seconds from one moment to another, exact; an end before its beginning, as of a date without a time, is at once. #}
{% macro seconds_or_zero(from_moment, to_moment) -%}
    case
        when {{ to_moment }} < {{ from_moment }} then 0
        else {{ seconds_between(from_moment, to_moment) }}
    end
{%- endmacro %}

{#
An indicator's sums in a cell, exact, of its measure: {of: a column, over: its base}, see models/facts/service_indicators.
Without a base each row with a measure is one.

A factor of 19 digits, because of two with 18 DuckDB keeps 18 in their product.
#}
{% macro measure_sums(indicator, measure) -%}
    {%- set measured = 'measures.' ~ measure.get('of', indicator) -%}
    {%- set own = 'cast(' ~ measured ~ ' as decimal(18, 6))' -%}
    {%- set longer = 'cast(' ~ own ~ ' as decimal(19, 6))' -%}
    {%- set sums = {'total': own, 'squares': own ~ ' * ' ~ longer} -%}
    {%- if measure.over -%}
    {%- set other = 'measures.' ~ measure.over -%}
    {%- do sums.update({
        'products': other ~ ' * ' ~ longer,
        'base': other,
        'base_squares': other ~ ' * cast(' ~ other ~ ' as decimal(19, 6))',
    }) -%}
    {%- endif -%}
    {%- for name, summed in sums.items() -%}
    cast(sum({{ summed }}) as decimal(38, 12)) as {{ indicator }}_{{ name }},
        {% endfor -%}
    count({{ measured }}) as {{ indicator }}_observations
{%- endmacro %}

{# From a column each indicator to a row: the sums of the one that `named` says. #}
{% macro sums_of_one_indicator(named, indicators) -%}
    {%- set ones = {'products': 'total', 'base': 'observations', 'base_squares': 'observations'} -%}
    {%- for sum in ['total', 'squares', 'products', 'base', 'base_squares', 'observations'] -%}
    case {{ named }}
            {%- for indicator, measure in indicators.items() %}
            when '{{ indicator }}' then {{ indicator }}_{{ sum if measure.over else ones.get(sum, sum) }}
            {%- endfor %}
        end as {{ sum }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
