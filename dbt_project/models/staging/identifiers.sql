{{ config(materialized='table') }}

with

known_names as (

    select * from {{ ref('known_names') }}

),

-- Phones and e-mails of the register stay in raw but for this table.
register as (

    select
        landed.customer_id,
        landed.phone,
        landed.email
    from {{ source('raw', 'customers') }} as landed
    inner join {{ ref('stg_customers') }} as accepted
        on landed._load = accepted._load and landed._row = accepted._row
    where landed.registered_at is null or landed.registered_at < {{ end_of_as_of() }}

),

named as (

    select
        customer_id,
        'phone' as kind,
        {{ normalised_phone('phone') }} as value,
        cast(null as timestamp) as valid_from
    from register

    union all

    select
        customer_id,
        'email' as kind,
        {{ normalised_email('email') }} as value,
        cast(null as timestamp) as valid_from
    from register

    union all

    select
        customer_id,
        kind,
        case kind
            when 'phone' then {{ normalised_phone('value') }}
            when 'email' then {{ normalised_email('value') }}
            else {{ normalised_id('value') }}
        end as value,
        valid_from
    from {{ ref('known_aliases') }}

    union all

    select
        named_customer_id as customer_id,
        'customer_id' as kind,
        {{ normalised_id('named_customer_id') }} as value,
        cast(null as timestamp) as valid_from
    from known_names

)

select distinct
    named.kind,
    named.value,
    -- Of an id that several claim, each of them: so it stays ambiguous.
    coalesce(known_names.customer_id, claim_ends.customer_id) as customer_id,
    named.valid_from
from named
inner join known_names on named.customer_id = known_names.named_customer_id
left join {{ source('staging', 'claim_ends') }} as claim_ends
    on known_names.customer_id is null and known_names.named_customer_id = claim_ends.named_customer_id
where named.value is not null
