{#
Who moved since the base release, and why. In schemes that rank customers by a number, a customer moves because its number
changed or because the cut did, which is the number of the last customer above it: the larger of the two is the cause.
That holds for a day and for a year, where a threshold on the number alone would find peers only in short times.
#}
{# Segments from the top down; those on one step have no order among them. #}
{% set ladders = {
    'value_tier': {'number': 'clv', 'steps': [['platinum'], ['gold'], ['iron'], ['lead']]},
    'abc': {'number': 'profit', 'steps': [['A'], ['B'], ['C']]},
    'key_account': {'number': 'revenue', 'steps': [['key_account'], ['other']]},
    'contribution_class': {
        'number': 'profit', 'steps': [['strategic'], ['large'], ['ordinary', 'potential', 'may_cause_loss']]
    },
} %}
{# Time alone moves customers in these, and service costs in those. #}
{% set moved_by_time = "('value_tier', 'rfm', 'cluster', 'lifecycle_stage')" %}
{% set moved_by_costs = "('abc', 'contribution_class', 'value_quadrant')" %}

with

values_now as (

    select
        *,
        {{ is_key_by_revenue() }} as is_key_by_revenue
    from {{ ref('customer_value') }}

),

values_before as (

    select
        *,
        {{ is_key_by_revenue() }} as is_key_by_revenue
    from {{ source('previous', 'values_before') }}

),

steps as (

    select *
    from (
        values
            {% for name, ladder in ladders.items() %}
            {% set last_ladder = loop.last %}
            {% for segments in ladder.steps %}
            {% set step, last_step = loop.index, loop.last %}
            {% for segment in segments %}
            ('{{ name }}', '{{ segment }}', {{ step }}){{ ',' if not (loop.last and last_step and last_ladder) }}
            {% endfor %}
            {% endfor %}
            {% endfor %}
    ) as steps (scheme, segment, step)

),

-- Those who are key accounts by their attributes may have any revenue, and set no cut of it.
cuts_now as (

    select
        segments.scheme,
        segments.segment,
        min({{ ranked_number(ladders, 'segments.scheme', 'values_now') }}) as cut
    from {{ ref('current_segments') }} as segments
    inner join values_now on segments.customer_id = values_now.customer_id
    where segments.scheme in ('{{ ladders | join("', '") }}')
        and (segments.scheme <> 'key_account' or values_now.is_key_by_revenue)
    group by segments.scheme, segments.segment

),

cuts_before as (

    select
        intervals.scheme,
        intervals.segment,
        min({{ ranked_number(ladders, 'intervals.scheme', 'values_before') }}) as cut
    from {{ source('previous', 'segment_history') }} as intervals
    inner join values_before on intervals.customer_id = values_before.customer_id
    where intervals.valid_to is null
        and intervals.scheme in ('{{ ladders | join("', '") }}')
        and (intervals.scheme <> 'key_account' or values_before.is_key_by_revenue)
    group by intervals.scheme, intervals.segment

),

moved as (

    select
        changes.*,
        -- 1 is up, -1 is down; nothing where segments have no order.
        nullif(sign(steps_from.step - steps_to.step), 0) as direction,
        case when steps_to.step < steps_from.step then changes.to_segment else changes.from_segment end as crossed_segment
    from {{ ref('segment_changes') }} as changes
    left join steps as steps_from
        on changes.scheme = steps_from.scheme and changes.from_segment = steps_from.segment
    left join steps as steps_to
        on changes.scheme = steps_to.scheme and changes.to_segment = steps_to.segment
    where changes.comparison = 'previous_release'
        and (changes.from_segment <> changes.to_segment or changes.is_held_by_margin)

),

compared as (

    select
        moved.*,
        values_before.clv as clv_before,
        values_now.clv,
        changed_rules.scheme is not null
        or (
            moved.scheme = 'value_tier'
            and values_now.clv_method <> values_before.clv_method
            and values_now.clv_method <> 'no_orders'
            and values_before.clv_method <> 'no_orders'
        ) as is_by_other_rules,
        values_before.orders is not null
        and values_before.revenue is not null
        and values_before.profit is not null
        and values_before.clv is not null
        and (moved.scheme <> 'key_account' or values_before.key_account_rank_revenue is not null) as is_known_before,
        moved.scheme = 'key_account'
        and values_now.is_key_by_revenue = values_before.is_key_by_revenue as is_by_attributes,
        -- Whoever begins or ceases to lose money moves whatever the others do.
        case
            when moved.scheme <> 'contribution_class' then 0
            when values_now.profit < 0 and values_before.profit >= 0 then -1
            when values_now.profit >= 0 and values_before.profit < 0 then 1
            else 0
        end as turn_of_profit,
        moved.direction * (
            {{ ranked_number(ladders, 'moved.scheme', 'values_now') }} - {{ ranked_number(ladders, 'moved.scheme', 'values_before') }}
        ) as own_change,
        moved.direction * coalesce(cuts_before.cut - cuts_now.cut, 0) as change_of_cut,
        values_now.revenue < values_before.revenue as has_refunds,
        values_now.orders > values_before.orders
        or values_now.revenue > values_before.revenue
        or values_now.last_ordered_at > values_before.last_ordered_at as has_ordered,
        values_now.profit <> values_before.profit as has_other_profit
    from moved
    left join values_now on moved.customer_id = values_now.customer_id
    left join values_before on moved.customer_id = values_before.customer_id
    left join {{ source('previous', 'changed_rules') }} as changed_rules on moved.scheme = changed_rules.scheme
    left join cuts_now
        on moved.scheme = cuts_now.scheme and moved.crossed_segment = cuts_now.segment
    left join cuts_before
        on moved.scheme = cuts_before.scheme and moved.crossed_segment = cuts_before.segment

)

select
    customer_id,
    {{ as_of_date() }} as as_of,
    scheme,
    from_segment,
    to_segment,
    clv_before,
    clv,
    case
        when from_segment = 'new' then 'new_customer'
        when to_segment = 'gone' then 'gone_customer'
        when from_segment = to_segment then 'held_by_margin'
        when is_by_other_rules then 'rule_changed'
        when not is_known_before then 'unknown'
        when scheme in ('interest_group', 'interest_vip') then 'interests'
        when is_by_attributes or scheme = 'opinion_leader' then 'attributes'
        -- Nobody leaves a decline without an order but by what is usual among all.
        when scheme = 'lifecycle_stage' and from_segment = 'decline' and not has_ordered then 'peers_moved'
        when turn_of_profit = -1 then case when has_refunds then 'refunds' else 'costs' end
        when turn_of_profit = 1 then case when has_ordered then 'new_orders' else 'costs' end
        -- Ordinary, potential and low on both sides of the matrix: profit ranks nobody among these.
        when scheme = 'contribution_class' and direction is null then 'other'
        when own_change <= 0 or own_change < change_of_cut then 'peers_moved'
        when has_refunds and coalesce(direction, -1) < 0 then 'refunds'
        when has_ordered and coalesce(direction, 1) > 0 then 'new_orders'
        when has_other_profit and scheme in {{ moved_by_costs }} then 'costs'
        -- A value that rose without any order was estimated anew from everybody's.
        when scheme = 'value_tier' and direction > 0 then 'peers_moved'
        when scheme in {{ moved_by_time }} then 'lapse'
        else 'other'
    end as cause,
    is_held_by_margin
from compared
