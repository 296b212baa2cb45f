{#
What each customer is today, in every scheme that is on. A customer whom an exclusive scheme cannot place gets a segment
that says so, so that each of them covers everyone. A new exclusive scheme is one more line here and in
orchestration/config/schemes.py.
#}
{% set exclusive_schemes = {
    'value_tier': "coalesce(value_tiers.value_tier, 'unplaced')",
    'abc': "coalesce(value_tiers.abc_class, 'unplaced')",
    'key_account': "case when value_tiers.is_key_account then 'key_account' else 'other' end",
    'contribution_class': "coalesce(value_tiers.contribution_class, 'unplaced')",
    'wallet_share': "coalesce(value_tiers.wallet_share_band, 'unplaced')",
    'value_quadrant': "coalesce(value_tiers.value_quadrant, 'unplaced')",
    'rfm': "coalesce(value_tiers.rfm_segment, 'no_orders')",
    'cluster': "coalesce(clusters.cluster, 'unplaced')",
    'lifecycle_stage': "lifecycle_stages.lifecycle_stage",
    'interest_group': "coalesce(interests.interest_group, 'no_views')",
    'interest_vip': "case when interests.is_vip then 'vip' else 'other' end",
    'opinion_leader': "coalesce(opinion_leaders.segment, 'other')",
} %}

with

lifecycle_stages as (

    select * from {{ ref('lifecycle_stages') }}

),

value_tiers as (

    select * from {{ source('scores', 'value_tiers') }}

),

clusters as (

    select * from {{ source('scores', 'clusters') }}

),

interests as (

    select * from {{ ref('customer_interests') }}

),

group_members as (

    select * from {{ source('scores', 'group_members') }}

),

opinion_leaders as (

    select * from group_members where scheme = 'opinion_leader'

),

schemes_that_are_on as (

    select scheme from {{ source('scores', 'segment_schemes') }} where is_on

),

placed as (

    select
        lifecycle_stages.customer_id,
        {% for scheme, segment in exclusive_schemes.items() %}
        {{ segment }} as {{ scheme }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from lifecycle_stages
    left join value_tiers on lifecycle_stages.customer_id = value_tiers.customer_id
    left join clusters on lifecycle_stages.customer_id = clusters.customer_id
    left join interests on lifecycle_stages.customer_id = interests.customer_id
    left join opinion_leaders on lifecycle_stages.customer_id = opinion_leaders.customer_id

)

{% for scheme in exclusive_schemes %}
select
    customer_id,
    '{{ scheme }}' as scheme,
    {{ scheme }}_segment as segment
from placed
where '{{ scheme }}' in (select scheme from schemes_that_are_on)

union all

{% endfor %}
select
    customer_id,
    scheme,
    segment
from group_members
where scheme = 'rule_group' and scheme in (select scheme from schemes_that_are_on)
