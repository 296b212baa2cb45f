{{ config(
    meta={
        'dagster': {'ref': {'name': 'service_plan'}},
        'description': 'Equal revenue gives an equal rebate and equal quantity an equal gift, whatever the tier.',
    }
) }}

select
    min(customer_id) as customer_id,
    'rebate' as benefit,
    revenue_calendar_year as basis
from {{ ref('service_plan') }}
group by revenue_calendar_year
having count(distinct coalesce(rebate_amount, -1)) > 1

union all

select
    min(customer_id) as customer_id,
    'gift' as benefit,
    quantity_calendar_year as basis
from {{ ref('service_plan') }}
group by quantity_calendar_year
having count(distinct gift) > 1
