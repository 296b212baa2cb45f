{{ config(
    meta={
        'dagster': {'ref': {'name': 'complaint_trends'}},
        'description': 'Each month and category of the trends has as many complaints, and as many suggestions, as were opened in it.',
    }
) }}

with

trends as (

    select
        month,
        category,
        sum(complaints) as complaints,
        sum(suggestions) as suggestions
    from {{ ref('complaint_trends') }}
    group by month, category

),

opened as (

    select
        opened_month as month,
        category,
        count(*) filter (where not is_suggestion) as complaints,
        count(*) filter (where is_suggestion) as suggestions
    from {{ ref('complaints') }}
    where opened_month >= date '{{ months_up_to_as_of(24)[-1].first_day }}'
    group by opened_month, category

)

select
    coalesce(trends.month, opened.month) as month,
    coalesce(trends.category, opened.category) as category,
    trends.complaints,
    opened.complaints as opened_complaints,
    trends.suggestions,
    opened.suggestions as opened_suggestions
from trends
full outer join opened on trends.month = opened.month and trends.category = opened.category
where
    coalesce(trends.complaints, 0) <> coalesce(opened.complaints, 0)
    or coalesce(trends.suggestions, 0) <> coalesce(opened.suggestions, 0)
