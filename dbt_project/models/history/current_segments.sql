{#
What each customer is today, in every scheme. A customer whom a scheme cannot place gets a segment that says so, so
that each scheme covers everyone. A new scheme is one more line here and in the seed `segment_schemes`.
#}
{% set schemes = {
    'value_tier': "coalesce(value_tiers.value_tier, 'unplaced')",
    'abc': "coalesce(value_tiers.abc_class, 'unplaced')",
    'key_account': "case when value_tiers.is_key_account then 'key_account' else 'other' end",
    'contribution_class': "coalesce(value_tiers.contribution_class, 'unplaced')",
    'wallet_share': "coalesce(value_tiers.wallet_share_band, 'unplaced')",
    'value_quadrant': "coalesce(value_tiers.value_quadrant, 'unplaced')",
    'rfm': "coalesce(value_tiers.rfm_segment, 'no_orders')",
    'cluster': "coalesce(clusters.cluster, 'unplaced')",
    'lifecycle_stage': "lifecycle_stages.lifecycle_stage",
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

placed as (

    select
        lifecycle_stages.customer_id,
        {% for scheme, segment in schemes.items() %}
        {{ segment }} as {{ scheme }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from lifecycle_stages
    left join value_tiers on lifecycle_stages.customer_id = value_tiers.customer_id
    left join clusters on lifecycle_stages.customer_id = clusters.customer_id

)

{% for scheme in schemes %}
select
    customer_id,
    '{{ scheme }}' as scheme,
    {{ scheme }}_segment as segment
from placed
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
