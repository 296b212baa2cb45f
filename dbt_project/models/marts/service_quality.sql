{% set calendars = [months_up_to_as_of(12), quarters_up_to_as_of(5)] %}

with

cells as (

    select * from {{ source('scores', 'quality_index') }}

),

indicators as (

    select * from {{ ref('service_quality_indicators') }} where score is not null

),

consecutive_periods as (

    select *
    from (
        values
            {% for periods in calendars %}
            {% set is_last_calendar = loop.last %}
            {% for period in periods[:-1] %}
            ('{{ period.period }}', '{{ periods[loop.index].period }}'){{ ',' if not (loop.last and is_last_calendar) }}
            {% endfor %}
            {% endfor %}
    ) as consecutive_periods (period, period_before)

),

-- Two periods are compared on the indicators that both have: otherwise a missing one would look like a change.
changes as (

    select
        now_scored.dimension,
        now_scored.member,
        now_scored.period,
        sum(cast(now_scored.weight * (now_scored.score - before_scored.score) as decimal(18, 9))) as weighted_change,
        sum(cast(now_scored.weight as decimal(18, 9))) as compared_weight
    from indicators as now_scored
    inner join consecutive_periods on now_scored.period = consecutive_periods.period
    inner join indicators as before_scored
        on now_scored.dimension = before_scored.dimension
        and now_scored.member = before_scored.member
        and now_scored.indicator = before_scored.indicator
        and consecutive_periods.period_before = before_scored.period
    group by now_scored.dimension, now_scored.member, now_scored.period

)

select
    cells.dimension,
    cells.member,
    cells.period,
    cells.quality_index,
    cells.process_index,
    cells.performance_index,
    cells.coverage,
    before_cells.quality_index as quality_index_before,
    case
        when cells.quality_index is not null and before_cells.quality_index is not null
            then {{ ratio('changes.weighted_change', 'changes.compared_weight') }}
    end as quality_index_change
from cells
left join consecutive_periods on cells.period = consecutive_periods.period
left join cells as before_cells
    on cells.dimension = before_cells.dimension
    and cells.member = before_cells.member
    and consecutive_periods.period_before = before_cells.period
left join changes
    on cells.dimension = changes.dimension
    and cells.member = changes.member
    and cells.period = changes.period
