{{ config(
    meta={
        'dagster': {'ref': {'name': 'service_plan'}},
        'description': 'A rebate that the ladder does not specify is empty and says so; it is never guessed.',
    }
) }}

select
    customer_id,
    revenue_calendar_year,
    rebate_amount
from {{ ref('service_plan') }}
where (rebate_amount is null) <> (rebate_note is not null)
