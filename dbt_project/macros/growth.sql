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

{# Whether this moment lies between the two dates, so that it has become known, or is not known any more. #}
{% macro is_passed(moment) -%}
    {% set days = days_of_the_move() -%}
    {% set a_day = modules.datetime.timedelta(days=1) -%}
    ({{ moment }} >= timestamp '{{ days[0] + a_day }} 00:00:00' and {{ moment }} < timestamp '{{ days[1] + a_day }} 00:00:00')
{%- endmacro %}

{#
The orders whose row in facts.orders may have changed, each once.

One branch a reason: the engine skips what a range on one column rules out, while one condition with `or` reads every
row (of 5M orders a day's are found with 0.2 s of processor time instead of 2.1 s).
#}
{% macro changed_orders(columns, model='stg_orders') %}
    {% set reasons = [is_of_a_new_load()] -%}
    {% set days = days_of_the_move() -%}
    {% if days[0] != days[1] -%}
        {% for moment in ['ordered_at', 'paid_at', 'promised_at', 'delivered_at'] -%}
            {% do reasons.append(is_passed(moment)) -%}
        {% endfor -%}
    {% endif -%}
    {% for reason in reasons %}
    select {{ columns }}
    from {{ ref(model) }}
    where {{ reason }}
        {% for earlier in reasons[:loop.index0] %}
        and not coalesce({{ earlier }}, false)
        {% endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}

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
The customers of changed orders, before and after a correction. The earlier versions of a corrected order are all in
repeated_orders. Staging has customers as the source named them.
#}
{% macro customers_of_changed_orders() %}
    select coalesce(merged.customer_id, named.customer_id) as customer_id
    from (
        select customer_id from ({{ changed_orders('customer_id') }}) as changed_orders

        union

        select customer_id
        from {{ ref('repeated_orders') }}
        where order_id in (select order_id from {{ ref('repeated_orders') }} where {{ is_of_a_new_load() }})
    ) as named
    left join {{ ref('merged_customers') }} as merged on named.customer_id = merged.named_customer_id
{% endmacro %}

{# The customers whose summary may have changed: also those with orders that entered or left a window. #}
{% macro touched_customers() %}
    {{ customers_of_changed_orders() }}

    union

    select customer_id from {{ ref('orders') }} where {{ is_in_one_window_only('ordered_date') }}
{% endmacro %}
