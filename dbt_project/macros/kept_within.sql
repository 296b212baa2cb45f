{#
Whether what was promised within some hours came in time. What has not come is missed once more hours than these have
passed, and not judged before. Hours below 0 (a date without a time lies before the moment of its day) are in time.
#}
{% macro kept_within(hours, hours_so_far, promised_hours) -%}
    case
                when {{ hours }} is not null then {{ hours }} <= {{ promised_hours }}
                when {{ hours_so_far }} > {{ promised_hours }} then false
            end
{%- endmacro %}
