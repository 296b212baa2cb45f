with

history as (

    select * from {{ ref('segment_history') }}

),

exclusive_schemes as (

    select scheme from {{ source('scores', 'segment_schemes') }} where is_exclusive

),

-- "From what" makes sense only where a customer is in one segment at a time.
left_segments as (

    select
        history.customer_id,
        history.scheme,
        history.segment,
        row_number() over (
            partition by history.customer_id, history.scheme
            order by history.valid_to desc, history.valid_from desc, history.segment
        ) as recency_rank
    from history
    inner join exclusive_schemes on history.scheme = exclusive_schemes.scheme
    where history.valid_to is not null

)

select
    history.customer_id,
    history.scheme,
    history.segment,
    {{ as_of_date() }} as as_of,
    history.valid_from as since,
    left_segments.segment as previous_segment
from history
left join left_segments
    on history.customer_id = left_segments.customer_id
    and history.scheme = left_segments.scheme
    and left_segments.recency_rank = 1
where history.valid_to is null
