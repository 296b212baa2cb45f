{{ config(
    meta={
        'dagster': {'ref': {'name': 'complaint_changes'}},
        'description': 'In each month of the changes, all together are as many complaints as were opened in its three months, and as its categories have.',
    }
) }}

with

changes as (

    select
        month,
        sum(case when category = 'all' then complaints end) as complaints,
        sum(case when category <> 'all' then complaints else 0 end) as complaints_of_categories
    from {{ ref('complaint_changes') }}
    group by month

),

-- The third month begins 59 to 62 days before the last one, the fourth 89 or more: 80 lies between them.
opened as (

    select
        changes.month,
        count(complaints.complaint_id) as complaints
    from changes
    left join {{ ref('complaints') }} as complaints
        on not complaints.is_suggestion
        and complaints.opened_month <= changes.month
        and complaints.opened_month > {{ add_days('changes.month', -80) }}
    group by changes.month

)

select
    changes.month,
    changes.complaints,
    changes.complaints_of_categories,
    opened.complaints as opened_complaints
from changes
inner join opened on changes.month = opened.month
where changes.complaints is distinct from opened.complaints or changes.complaints_of_categories <> opened.complaints
