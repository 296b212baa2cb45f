select
    model,
    {{ as_of_date() }} as as_of,
    is_published,
    parameters,
    log_likelihood,
    fit_status,
    fit_note,
    cast(customers as bigint) as customers,
    cast(total_clv as decimal(18, 2)) as total_clv,
    holdout,
    naive_comparison,
    histories
from {{ source('scores', 'clv_model') }}
