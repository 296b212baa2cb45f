{# Dates around `as_of`, as SQL literals. The engine's own clock and its calendar arithmetic stay out. #}

{% macro as_of_day() %}
    {% set text = var('as_of', none) %}
    {% if not text %}
        {% if execute and flags.WHICH not in ('parse', 'list', 'docs') %}
            {{ exceptions.raise_compiler_error("No as_of is given. Pass --vars '{as_of: YYYY-MM-DD}'.") }}
        {% endif %}
        {% set text = '1970-01-01' %}
    {% endif %}
    {{ return(modules.datetime.datetime.strptime(text | string, '%Y-%m-%d').date()) }}
{% endmacro %}

{# The date itself, or the one so many days before it. #}
{% macro as_of_date(days_before=0) -%}
    date '{{ as_of_day() - modules.datetime.timedelta(days=days_before) }}'
{%- endmacro %}

{# The first moment that does not count any more. #}
{% macro end_of_as_of() -%}
    timestamp '{{ as_of_day() + modules.datetime.timedelta(days=1) }} 00:00:00'
{%- endmacro %}

{% macro first_day_of_year() -%}
    date '{{ as_of_day().year }}-01-01'
{%- endmacro %}

{# A moment after as_of is not known yet. #}
{% macro if_known(moment) -%}
    case when {{ moment }} < {{ end_of_as_of() }} then {{ moment }} end
{%- endmacro %}

{# The calendar months up to the one of as_of, as a list of {period, first_day, last_day}, the latest first. #}
{% macro months_up_to_as_of(count) %}
    {{ return(calendar_up_to_as_of(count, 1)) }}
{% endmacro %}

{# The same of quarters: the running one, and those before. #}
{% macro quarters_up_to_as_of(count) %}
    {{ return(calendar_up_to_as_of(count, 3)) }}
{% endmacro %}

{% macro calendar_up_to_as_of(count, months) %}
    {% set spans = [] %}
    {% set cursor = namespace(last_day=as_of_day()) %}
    {% for _ in range(count) %}
        {% set number = (cursor.last_day.month - 1) // months %}
        {% set first_day = cursor.last_day.replace(month=number * months + 1, day=1) %}
        {% set name = first_day.strftime('%Y-%m') if months == 1 else first_day.year ~ '-Q' ~ (number + 1) %}
        {% do spans.append({'period': name, 'first_day': first_day, 'last_day': cursor.last_day}) %}
        {% set cursor.last_day = first_day - modules.datetime.timedelta(days=1) %}
    {% endfor %}
    {{ return(spans) }}
{% endmacro %}
