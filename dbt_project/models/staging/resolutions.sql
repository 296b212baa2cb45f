{{ config(materialized='table') }}

with

known_names as (

    select named_customer_id from {{ ref('known_names') }} where customer_id is not null

),

unsettled as (

    {% for feed_name in ['complaints', 'surveys', 'interactions', 'service_costs', 'wallets'] %}
    select
        '{{ feed_name }}' as feed,
        {{ record_key(feed_name) }} as record_key,
        _load,
        _row,
        customer_id as named_customer_id,
        {{ feed(feed_name)['moment'] }} as happened_at,
        {{ 'amount' if 'amount' in feed(feed_name)['columns'] else 'cast(null as decimal(18, 4))' }} as amount
    from {{ ref('stg_' ~ feed_name) }} as named
    where not exists (select 1 from known_names where known_names.named_customer_id = named.customer_id)
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

spelled as (

    select
        feed,
        _load,
        _row,
        happened_at,
        true as is_phone,
        {{ normalised_phone('named_customer_id') }} as value
    from unsettled

    union all

    select
        feed,
        _load,
        _row,
        happened_at,
        false as is_phone,
        {{ normalised_id('named_customer_id') }} as value
    from unsettled

),

-- The latest holder of an identifier at the time. One without a date has held it from the beginning.
holders as (

    select
        spelled.feed,
        spelled._load,
        spelled._row,
        identifiers.customer_id,
        rank() over (
            partition by spelled.feed, spelled._load, spelled._row, identifiers.kind
            order by identifiers.valid_from desc nulls last
        ) as recency
    from spelled
    inner join {{ ref('identifiers') }} as identifiers
        on spelled.value = identifiers.value
        and spelled.is_phone = (identifiers.kind = 'phone')
        and (identifiers.valid_from is null or identifiers.valid_from <= spelled.happened_at)

),

candidates as (

    select distinct
        feed,
        _load,
        _row,
        customer_id
    from holders
    where recency = 1

),

numbered as (

    select
        *,
        row_number() over (partition by feed, _load, _row order by customer_id) as position
    from candidates

),

verdicts as (

    select
        feed,
        _load,
        _row,
        count(*) as customers,
        min(customer_id) as customer_id,
        {{ first_five('customer_id', 'position') }} as candidates
    from numbered
    group by feed, _load, _row

)

select
    unsettled.feed,
    unsettled.record_key,
    unsettled._load,
    unsettled._row,
    unsettled.named_customer_id,
    unsettled.happened_at,
    unsettled.amount,
    case when verdicts.customers = 1 then verdicts.customer_id end as customer_id,
    case
        when verdicts.customers is null then 'unknown_customer'
        when verdicts.customers > 1 then 'ambiguous_customer'
    end as reason,
    case when verdicts.customers > 1 then verdicts.candidates end as candidates
from unsettled
left join verdicts
    on unsettled.feed = verdicts.feed
    and unsettled._load = verdicts._load
    and unsettled._row = verdicts._row
