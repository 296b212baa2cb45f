{{ config(
    meta={
        'dagster': {'ref': {'name': 'complaint_trends'}},
        'description': 'Each month of the trends has as many complaints as were opened in it.',
    }
) }}

with

trends as (

    select
        month,
        sum(complaints) as complaints
    from {{ ref('complaint_trends') }}
    group by month

),

opened as (

    select
        opened_month as month,
        count(*) as complaints
    from {{ ref('complaints') }}
    where not is_suggestion and opened_month >= date '{{ months_up_to_as_of(24)[-1].first_day }}'
    group by opened_month

)

select
    coalesce(trends.month, opened.month) as month,
    trends.complaints,
    opened.complaints as opened_complaints
from trends
full outer join opened on trends.month = opened.month
where coalesce(trends.complaints, 0) <> coalesce(opened.complaints, 0)
