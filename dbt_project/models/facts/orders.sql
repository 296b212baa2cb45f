{{ config(
    materialized='incremental' if target.type == 'duckdb' else 'table',
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where order_id in ({{ changed_orders('order_id') }}){% endif %}",
) }}

-- depends_on: {{ ref('stg_orders') }}

with

staged as (

    {% if is_incremental() %}
    {{ changed_orders('*', 'identified_orders') }}
    {% else %}
    select * from {{ ref('identified_orders') }}
    {% endif %}

),

accepted as (

    select
        *,
        -- A returned order has no money; a returned row below 0 is the refund itself.
        coalesce(status, 'completed') = 'completed' or (status = 'returned' and amount < 0) as moves_money,
        {{ if_known('delivered_at') }} as known_delivered_at
    from staged
    where ordered_at < {{ end_of_as_of() }}

)

select
    order_id,
    customer_id,
    ordered_at,
    cast(ordered_at as date) as ordered_date,
    amount,
    quantity,
    cost,
    channel,
    category,
    region,
    coalesce(status, 'completed') as status,
    refund_of,
    due_at,
    {{ if_known('paid_at') }} as paid_at,
    promised_at,
    known_delivered_at as delivered_at,
    moves_money and amount >= 0 as is_counted,
    moves_money and amount < 0 as is_refund,
    case
        when not moves_money or promised_at is null then null
        when known_delivered_at is not null then known_delivered_at > promised_at
        when promised_at < {{ end_of_as_of() }} then true
    end as is_delivered_late,
    {{ hours_between('promised_at', 'known_delivered_at') }} / 24 as delivery_delay_days,
    case
        when not moves_money then 0
        when cost is null then cast(amount * {{ var('margin') }} as decimal(18, 4))
        else amount - cost
    end as profit
from accepted
