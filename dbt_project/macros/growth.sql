{#
Tables that grow: a build replaces the rows that the new loads change, and those that a move of as_of changes.

The variable `growth` is given at each run by orchestration/quality/growth.py. It says of each table that may grow what
it was built from: {earlier_as_of: 'YYYY-MM-DD', new_loads: [the loads that have come since]}. A table that it does not
name is built in full, and so is each table of `dbt build` without the variable.
#}

{# Takes the place of dbt's own macro: is_incremental() is true for the tables that `growth` names, and for no other. #}
{% macro should_full_refresh() %}
    {% set is_named = this.identifier in var('growth', {}) %}
    {{ return(flags.FULL_REFRESH or (config.get('materialized') == 'incremental' and not is_named)) }}
{% endmacro %}

{# Whether a row came with a load that this table has not seen. #}
{% macro is_of_a_new_load(load='_load') -%}
    {% set loads = var('growth')[this.identifier]['new_loads'] -%}
    {% if loads %}{{ load }} in ('{{ loads | join("', '") }}'){% else %}false{% endif %}
{%- endmacro %}

{# The two dates between which as_of has moved, the earlier first: going back changes the same rows as going forward. #}
{% macro days_of_the_move() %}
    {% set earlier = modules.datetime.date.fromisoformat(var('growth')[this.identifier]['earlier_as_of']) %}
    {{ return([earlier, as_of_day()] | sort) }}
{% endmacro %}

{# Whether one of these moments lies between the two dates, so that it has become known, or is not known any more. #}
{% macro is_passed(moments) -%}
    {% set days = days_of_the_move() -%}
    {% set a_day = modules.datetime.timedelta(days=1) -%}
    {% if days[0] == days[1] %}false
    {%- else %}(
        {% for moment in moments %}
        ({{ moment }} >= timestamp '{{ days[0] + a_day }} 00:00:00' and {{ moment }} < timestamp '{{ days[1] + a_day }} 00:00:00')
        {{ 'or' if not loop.last }}
        {% endfor %}
    ){% endif %}
{%- endmacro %}

{# Whether the row of an order in facts.orders may have changed. #}
{% macro is_changed_order() -%}
    ({{ is_of_a_new_load() }} or {{ is_passed(['ordered_at', 'paid_at', 'promised_at', 'delivered_at']) }})
{%- endmacro %}

{# Whether an order of this date counts in a window (the last 365 days, the calendar year) of one as_of and not of the other. #}
{% macro is_in_one_window_only(ordered_date) -%}
    {% set days = days_of_the_move() -%}
    {% set a_year = modules.datetime.timedelta(days=365) -%}
    (
        ({{ ordered_date }} > date '{{ days[0] - a_year }}' and {{ ordered_date }} <= date '{{ days[1] - a_year }}')
        {% if days[0].year != days[1].year %}
        or {{ ordered_date }} >= date '{{ days[0].year }}-01-01'
        {% endif %}
    )
{%- endmacro %}

{#
The customers whose summary may have changed: those of changed orders, before and after a correction, and those with
orders that entered or left a window. The earlier versions of a corrected order are all in repeated_orders.
#}
{% macro touched_customers() %}
    select customer_id from {{ ref('stg_orders') }} where {{ is_changed_order() }}

    union

    select customer_id
    from {{ ref('repeated_orders') }}
    where order_id in (select order_id from {{ ref('repeated_orders') }} where {{ is_of_a_new_load() }})

    union

    select customer_id from {{ ref('orders') }} where {{ is_in_one_window_only('ordered_date') }}
{% endmacro %}
