with

previous_intervals as (

    select * from {{ source('previous', 'segment_history') }}

),

current_segments as (

    select * from {{ ref('current_segments') }}

),

closed_before as (

    select
        customer_id,
        scheme,
        segment,
        valid_from,
        valid_to
    from previous_intervals
    where valid_to is not null

),

open_until_now as (

    select
        previous_intervals.customer_id,
        previous_intervals.scheme,
        previous_intervals.segment,
        previous_intervals.valid_from,
        case when current_segments.customer_id is null then {{ as_of_date() }} end as valid_to
    from previous_intervals
    left join current_segments
        on previous_intervals.customer_id = current_segments.customer_id
        and previous_intervals.scheme = current_segments.scheme
        and previous_intervals.segment = current_segments.segment
    where previous_intervals.valid_to is null

),

opened_now as (

    select
        current_segments.customer_id,
        current_segments.scheme,
        current_segments.segment,
        {{ as_of_date() }} as valid_from,
        cast(null as date) as valid_to
    from current_segments
    where not exists (
        select 1
        from previous_intervals
        where previous_intervals.valid_to is null
            and previous_intervals.customer_id = current_segments.customer_id
            and previous_intervals.scheme = current_segments.scheme
            and previous_intervals.segment = current_segments.segment
    )

)

select * from closed_before
union all
select * from open_until_now
union all
select * from opened_now
