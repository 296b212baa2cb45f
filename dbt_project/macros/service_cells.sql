{# Where an order, a complaint or an answer counts: in which periods, and for which region, channel, tier and manager. #}

{# The last 12 months, 5 quarters and 365 days, as a list of {period, first_day, last_day}. #}
{% macro service_periods() %}
    {% set last_365_days = {'period': 'last_365_days', 'first_day': days_before_as_of(364), 'last_day': as_of_day()} %}
    {{ return(months_up_to_as_of(12) + quarters_up_to_as_of(5) + [last_365_days]) }}
{% endmacro %}

{# What was before it is in no period. #}
{% macro first_service_day() %}
    {{ return(service_periods() | map(attribute='first_day') | min) }}
{% endmacro %}

{#
The rows of a model of measures (customer_id, observed_date, observed_channel and what is measured), once for each period
that they are in, with {period, region, channel, value_tier, account_manager_id}.
#}
{% macro in_service_cells(model) -%}
    select
        measures.*,
        period_days.period,
        coalesce(customers.region, 'unknown') as region,
        coalesce(measures.observed_channel, customer_orders.main_channel, 'unknown') as channel,
        past_tiers.segment as value_tier,
        customers.account_manager_id
    from {{ ref(model) }} as measures
    inner join ({{ days_of(service_periods()) }}) as period_days on measures.observed_date = period_days.period_day
    left join {{ ref('customers') }} as customers on measures.customer_id = customers.customer_id
    left join {{ ref('customer_orders') }} as customer_orders on measures.customer_id = customer_orders.customer_id
    -- The tier at the start of the period: today's would credit service with the customers it kept.
    left join {{ source('previous', 'segment_history') }} as past_tiers
        on measures.customer_id = past_tiers.customer_id
        and past_tiers.scheme = 'value_tier'
        and period_days.first_day >= past_tiers.valid_from
        and period_days.first_day < coalesce(past_tiers.valid_to, date '9999-12-31')
{%- endmacro %}

{# The groups that service is told of, by dimension: the column that holds the member. #}
{% macro service_dimensions() %}
    {{ return({
        'region': 'region', 'channel': 'channel', 'value_tier': 'value_tier', 'account_manager': 'account_manager_id',
    }) }}
{% endmacro %}

{# Groups rows of service cells by some columns, for the whole company and for each dimension. #}
{% macro by_each_dimension(columns) -%}
    grouping sets (
        {% for member in service_dimensions().values() %}
        ({{ columns }}, {{ member }}),
        {% endfor %}
        ({{ columns }})
    )
{%- endmacro %}

{# Which group a row of such a grouping is of. A customer may have no tier and no manager: the member is null then. #}
{% macro dimension_and_member(dimensions=service_dimensions()) -%}
    case
            {% for dimension, member in dimensions.items() %}
            when grouping({{ member }}) = 0 then '{{ dimension }}'
            {% endfor %}
            else 'overall'
        end as dimension,
        case
            {% for dimension, member in dimensions.items() %}
            when grouping({{ member }}) = 0 then {{ member }}
            {% endfor %}
            else 'all'
        end as member
{%- endmacro %}
