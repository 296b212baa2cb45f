{{ config(
    meta={
        'dagster': {'ref': {'name': 'customer_value'}},
        'description': 'The cuts of the pyramid are cumulative ceilings: n customers give ceil(n x 1 %) platinum, up to '
            ~ 'ceil(n x 5 %) gold, up to ceil(n x 20 %) iron.',
    }
) }}

{% set percents = var('value_tier_cumulative_percent') %}

with

sizes as (

    select
        count(*) as customers,
        count(*) filter (where value_tier = 'platinum') as platinum,
        count(*) filter (where value_tier in ('platinum', 'gold')) as gold,
        count(*) filter (where value_tier in ('platinum', 'gold', 'iron')) as iron
    from {{ ref('customer_value') }}

),

-- In whole numbers: ceil(n x p / 100) is the only m with 100 x (m - 1) < n x p <= 100 x m.
cuts as (

    {% for tier in ['platinum', 'gold', 'iron'] %}
    select
        '{{ tier }}' as value_tier,
        {{ tier }} as customers_down_to_it,
        100 * ({{ tier }} - 1) < customers * {{ percents[tier] }} and customers * {{ percents[tier] }} <= 100 * {{ tier }}
            as is_the_ceiling
    from sizes
    where customers > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    value_tier,
    customers_down_to_it
from cuts
where not is_the_ceiling
