{#
Complaints are few, and timed to the second: the engine ranks them. Deliveries are as many as orders, and in whole days:
they are counted by day first, and the quantiles read off the counts (of 2M orders in 5 s and 0.3 GB).
#}
{% set quantiles = {'median_time': 0.5, 'p90_time': 0.9} %}

with

complaint_cells as (

    {{ in_service_cells('complaint_measures') }}

),

complaint_events as (

    select
        *,
        'response' as timing,
        answered_after_seconds as seconds,
        response_timeliness as is_kept
    from complaint_cells

    union all

    select
        *,
        'resolution' as timing,
        resolved_after_seconds as seconds,
        resolution_timeliness as is_kept
    from complaint_cells

),

complaint_timings as (

    select
        {{ dimension_and_member() }},
        period,
        timing,
        'hours' as unit,
        count(seconds) as events,
        -- Between two whole seconds it is some tenths; what is beyond them is the engine's own rounding.
        {% for name, share in quantiles.items() %}
        round(percentile_cont({{ share }}) within group (order by seconds), 1) / 3600 as {{ name }},
        {% endfor %}
        count(is_kept) as promised,
        sum(is_kept) as kept
    from complaint_events
    group by {{ by_each_dimension('period, timing') }}

),

order_counts as (

    select
        {{ dimension_and_member() }},
        period,
        delivered_after_days,
        delivered_late_days,
        delivery_on_time,
        count(*) as orders
    from ({{ in_service_cells('order_measures') }}) as order_cells
    group by {{ by_each_dimension('period, delivered_after_days, delivered_late_days, delivery_on_time') }}

),

day_counts as (

    {% for timing, days in {'delivery': 'delivered_after_days', 'delay': 'delivered_late_days'}.items() %}
    select
        dimension,
        member,
        period,
        '{{ timing }}' as timing,
        {{ days }} as days,
        cast(sum(case when {{ days }} is null then 0 else orders end) as bigint) as delivered,
        sum(case when delivery_on_time is null then 0 else orders end) as promised,
        sum(coalesce(delivery_on_time, 0) * orders) as kept
    from order_counts
    group by dimension, member, period, {{ days }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

ranked as (

    select
        *,
        sum(delivered) over (
            partition by dimension, member, period, timing order by days rows unbounded preceding
        ) as delivered_so_soon,
        cast(sum(delivered) over (partition by dimension, member, period, timing) as bigint) as events
    from day_counts

),

-- A quantile lies at position share x (events - 1), counted from 0, or between the two days beside it.
neighbours as (

    select
        dimension,
        member,
        period,
        timing,
        max(events) as events,
        {% for name, share in quantiles.items() %}
        {{ share }} * (max(events) - 1) as {{ name }}_position,
        min(case when delivered_so_soon > floor({{ share }} * (events - 1)) then days end) as {{ name }}_before,
        min(case when delivered_so_soon > ceil({{ share }} * (events - 1)) then days end) as {{ name }}_after,
        {% endfor %}
        sum(promised) as promised,
        sum(kept) as kept
    from ranked
    group by dimension, member, period, timing

),

order_timings as (

    select
        dimension,
        member,
        period,
        timing,
        'days' as unit,
        events,
        {% for name in quantiles %}
        cast(
            {{ name }}_before + ({{ name }}_after - {{ name }}_before) * ({{ name }}_position - floor({{ name }}_position))
            as double
        ) as {{ name }},
        {% endfor %}
        promised,
        kept
    from neighbours

),

timings as (

    select * from complaint_timings

    union all

    select * from order_timings

)

select
    dimension,
    member,
    period,
    timing,
    unit,
    events,
    median_time,
    p90_time,
    cast(promised as bigint) as promised,
    {{ ratio('kept', 'promised') }} as within_promise_share
from timings
where member is not null and (events > 0 or promised > 0)
