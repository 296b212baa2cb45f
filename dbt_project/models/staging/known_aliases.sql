select
    customer_id,
    kind,
    value,
    valid_from
from {{ ref('stg_aliases') }}
where valid_from is null or valid_from < {{ end_of_as_of() }}
