{{ config(
    meta={
        'dagster': {'ref': {'name': 'segment_history'}},
        'description': 'A customer has one open interval in each exclusive scheme, and it is the present segment.',
    }
) }}

with

open_intervals as (

    select
        history.customer_id,
        history.scheme,
        count(*) as open_intervals
    from {{ ref('segment_history') }} as history
    inner join {{ source('scores', 'segment_schemes') }} as segment_schemes on history.scheme = segment_schemes.scheme
    where segment_schemes.is_exclusive and history.valid_to is null
    group by history.customer_id, history.scheme

),

current_segments as (

    select
        current_segments.customer_id,
        current_segments.scheme
    from {{ ref('current_segments') }} as current_segments
    inner join {{ source('scores', 'segment_schemes') }} as segment_schemes
        on current_segments.scheme = segment_schemes.scheme
    where segment_schemes.is_exclusive

)

select
    coalesce(current_segments.customer_id, open_intervals.customer_id) as customer_id,
    coalesce(current_segments.scheme, open_intervals.scheme) as scheme,
    coalesce(open_intervals.open_intervals, 0) as open_intervals
from current_segments
full outer join open_intervals
    on current_segments.customer_id = open_intervals.customer_id
    and current_segments.scheme = open_intervals.scheme
where coalesce(open_intervals.open_intervals, 0) <> 1 or current_segments.customer_id is null
