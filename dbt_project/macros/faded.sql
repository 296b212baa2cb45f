{# Sums in which old answers fade: what is so many days older than the newest weighs 2 ^ -(days / half-life). #}

{#
The weight of an answer beside its customer's newest, which weighs 1. Days are those of the calendar. Rounded to the
sixth place, so that engines whose powers differ in the last bit weigh alike; after twenty half-lives nothing is left.
#}
{% macro fading_weight(moment, newest) -%}
    {%- set days = days_between('cast(' ~ moment ~ ' as date)', 'cast(' ~ newest ~ ' as date)') -%}
    {{ as_decimal(
        'power(cast(2 as double), -cast(' ~ days ~ ' as double) / '
        ~ var('relationship').satisfaction.half_life_days ~ ')'
    ) }}
{%- endmacro %}

{# The sum of values, each times its weight (a decimal); exact in any order. 19 digits as in measure_sums. #}
{% macro faded_sum(value, weight) -%}
    cast(sum({{ as_decimal(value) }} * cast({{ weight }} as decimal(19, 6))) as decimal(38, 12))
{%- endmacro %}

{# One faded sum over another, to the sixth place, so that a cut is met exactly: 5.7 of 6 is .95. #}
{% macro faded_ratio(part, whole) -%}
    cast({{ as_decimal(ratio(part, whole)) }} as double)
{%- endmacro %}
