{#
The plan of each customer. What is worth money (rebate, gift) comes from a published ladder open to all who meet it
and never reads the tier; the tier decides attention only.
#}

with

customers as (

    select
        customers.*,
        customer_orders.late_deliveries_last_365_days,
        cast(customer_orders.revenue_calendar_year as decimal(18, 2)) as revenue_calendar_year,
        cast(customer_orders.quantity_calendar_year as decimal(18, 2)) as quantity_calendar_year,
        row_number() over (
            order by customer_orders.quantity_calendar_year desc, customers.customer_id
        ) as quantity_rank
    from {{ ref('customers') }} as customers
    inner join {{ ref('customer_orders') }} as customer_orders
        on customers.customer_id = customer_orders.customer_id

),

last_contacts as (

    select
        customer_id,
        max(occurred_at) as last_contacted_at
    from {{ ref('identified_interactions') }}
    where kind in ('visit', 'call') and occurred_at < {{ end_of_as_of() }}
    group by customer_id

),

highest_gifts as (

    select
        customers.customer_id,
        max(gift_ladder.gift_amount) as gift_amount
    from customers
    inner join {{ ref('gift_ladder') }} as gift_ladder
        on customers.quantity_calendar_year >= gift_ladder.lowest_quantity
    group by customers.customer_id

),

rebate_steps as (

    select
        *,
        lead(lowest_revenue) over (order by lowest_revenue) as next_lowest_revenue
    from {{ ref('rebate_ladder') }}

),

known as (

    select
        customers.customer_id,
        customers.revenue_calendar_year,
        customers.quantity_calendar_year,
        customers.quantity_calendar_year > 0 and customers.quantity_rank <= {{ var('award_places') }} as gets_award,
        coalesce(customers.prepaid_balance >= {{ var('vip_prepaid_balance') }}, false) as is_vip,
        coalesce(customers.contact_allowed, true) as is_contact_allowed,

        customers.channels_refused is not null or not coalesce(customers.contact_allowed, true)
            as needs_channel_care,
        customers.late_deliveries_last_365_days > 0 as needs_reliable_supply,
        coalesce(customer_complaints.safety_complaints_last_365_days, 0) > 0 as has_safety_risk,
        coalesce(customer_complaints.unanswered_complaints, 0) > 0 as has_unanswered_complaint,
        coalesce(customer_value.value_quadrant = 'latent_value', false) as may_expand,

        customer_value.is_key_account,
        customer_value.lifecycle_stage,
        plan_packages.package,
        contact_cadences.cadence,
        contact_cadences.interval_days,
        cast(last_contacts.last_contacted_at as date) as last_contacted_date,

        coalesce(rebate_steps.rule = 'unspecified', false) as is_rebate_unspecified,
        coalesce(rebate_steps.rebate_percent, 0) as rebate_percent,
        coalesce(rebate_steps.flat_amount, 0) as flat_amount,
        coalesce(highest_gifts.gift_amount, 0) as gift_amount,

        customer_relationship.loyalty_score,
        customer_relationship.satisfaction_level,
        customer_relationship.is_profitable_but_dissatisfied
    from customers
    inner join {{ ref('customer_value') }} as customer_value
        on customers.customer_id = customer_value.customer_id
    inner join {{ ref('customer_relationship') }} as customer_relationship
        on customers.customer_id = customer_relationship.customer_id
    left join {{ ref('customer_complaints') }} as customer_complaints
        on customers.customer_id = customer_complaints.customer_id
    left join last_contacts on customers.customer_id = last_contacts.customer_id
    left join highest_gifts on customers.customer_id = highest_gifts.customer_id
    left join {{ ref('plan_packages') }} as plan_packages
        on customer_value.value_tier = plan_packages.value_tier
    left join {{ ref('contact_cadences') }} as contact_cadences
        on customer_value.abc_class = contact_cadences.abc_class
        and customer_value.is_key_account = contact_cadences.is_key_account
    left join rebate_steps
        on customers.revenue_calendar_year >= rebate_steps.lowest_revenue
        and (
            rebate_steps.next_lowest_revenue is null
            or customers.revenue_calendar_year < rebate_steps.next_lowest_revenue
        )

),

horizons as (

    select
        known.customer_id,
        max(planning_horizons.horizon_months) as horizon_months
    from known
    inner join {{ ref('planning_horizons') }} as planning_horizons
        on (known.is_key_account or not planning_horizons.is_for_key_accounts_only)
        and coalesce(known.loyalty_score, 0) >= planning_horizons.lowest_loyalty_score
    group by known.customer_id

),

due as (

    select
        known.*,
        horizons.horizon_months,
        case
            when not known.is_contact_allowed then null
            when known.last_contacted_date is null then {{ as_of_date() }}
            else {{ add_days('known.last_contacted_date', 'known.interval_days') }}
        end as next_contact_due_date
    from known
    left join horizons on known.customer_id = horizons.customer_id

)

select
    customer_id,
    {{ as_of_date() }} as as_of,

    package,
    nullif(
        concat_ws(
            ', ',
            case when needs_channel_care then 'communication_preference' end,
            case when may_expand then 'expansion_need' end,
            case when needs_reliable_supply then 'supply_reliability' end,
            case when has_safety_risk then 'safety_risk' end
        ),
        ''
    ) as personal_packages,
    case when is_contact_allowed then cadence else 'no_contact' end as contact_cadence,
    cast(next_contact_due_date as timestamp) as next_contact_due_at,

    revenue_calendar_year,
    cast(
        case when not is_rebate_unspecified then flat_amount + revenue_calendar_year * rebate_percent * 0.01 end
        as decimal(18, 2)
    ) as rebate_amount,
    case
        when is_rebate_unspecified then 'The ladder says nothing about this revenue: somebody has to decide.'
    end as rebate_note,
    quantity_calendar_year,
    cast(gift_amount as decimal(18, 2)) as gift,
    gets_award,
    is_vip,

    cast(horizon_months as bigint) as planning_horizon_months,
    nullif(
        concat_ws(
            ', ',
            case when has_unanswered_complaint then 'answer_complaint' end,
            case when has_safety_risk then 'escalate_safety' end,
            case when is_profitable_but_dissatisfied or satisfaction_level = 'dissatisfied' then 'recover_satisfaction' end,
            case when lifecycle_stage = 'decline' and is_contact_allowed then 'win_back_without_offer' end,
            case when next_contact_due_date <= {{ as_of_date() }} then 'make_contact' end,
            case when is_rebate_unspecified then 'decide_rebate' end
        ),
        ''
    ) as actions
from due
