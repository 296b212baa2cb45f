{{ config(
    meta={
        'dagster': {'ref': {'name': 'service_quality'}},
        'description': 'Scores follow from values, weights from the experts, contributions and indices from both, in each cell.',
    }
) }}

{% set quality = var('quality') %}
{% set cell = ['dimension', 'member', 'period'] %}
{% set scored = ['score', 'weight', 'contribution'] %}
{% set told = ['quality_index', 'process_index', 'performance_index', 'coverage'] %}

with

nodes as (

    select
        indicator,
        parent,
        level,
        is_leaf,
        global_weight
    from {{ ref('quality_weights') }}
    where hierarchy = '{{ quality.hierarchy }}'

),

-- The branch at the top that each leaf is under, in trees of up to five levels.
leaves as (

    select
        leaf.indicator,
        leaf.global_weight,
        case 1
            when leaf.level then leaf.indicator
            when above_1.level then above_1.indicator
            when above_2.level then above_2.indicator
            when above_3.level then above_3.indicator
            when above_4.level then above_4.indicator
        end as branch
    from nodes as leaf
    {% for level in range(1, 5) %}
    left join nodes as above_{{ level }}
        on {{ 'leaf' if loop.first else 'above_' ~ (level - 1) }}.parent = above_{{ level }}.indicator
    {% endfor %}
    where leaf.is_leaf

),

present as (

    select
        {% for column in cell + scored + ['indicator', 'value'] %}
        indicators.{{ column }},
        {% endfor %}
        leaves.branch,
        case when value is not null then leaves.global_weight end as present_weight,
        case when value is not null then {{ score_of('value') }} end as score_expected
    from {{ ref('service_quality_indicators') }} as indicators
    inner join leaves on indicators.indicator = leaves.indicator

),

covered as (

    select
        *,
        sum(present_weight) over (partition by {{ cell | join(', ') }}) as cell_weight
    from present

),

weighed as (

    select
        *,
        present_weight / cell_weight as weight_expected,
        case
            when round(cell_weight, 9) >= {{ quality.minimum_coverage }} then score_expected * present_weight / cell_weight
        end as contribution_expected
    from covered

),

cells as (

    select
        {{ cell | join(', ') }},
        sum(contribution_expected) as quality_index,
        {% for branch in ['process', 'performance'] %}
        sum(case when branch = '{{ branch }}' then score_expected * present_weight end)
        / sum(case when branch = '{{ branch }}' then present_weight end) as {{ branch }}_index,
        {% endfor %}
        coalesce(max(cell_weight), 0) as coverage
    from weighed
    group by {{ cell | join(', ') }}

)

{% for column in scored %}
select
    {{ cell | join(', ') }},
    indicator,
    '{{ column }}' as what,
    {{ column }} as found,
    {{ column }}_expected as expected
from weighed
where {{ differs(column, column ~ '_expected') }}

union all

{% endfor %}
{% for column in told %}
select
    coalesce(published.dimension, cells.dimension) as dimension,
    coalesce(published.member, cells.member) as member,
    coalesce(published.period, cells.period) as period,
    cast(null as string) as indicator,
    '{{ column }}' as what,
    published.{{ column }} as found,
    cells.{{ column }} as expected
from {{ ref('service_quality') }} as published
full join cells
    on published.dimension = cells.dimension
    and published.member = cells.member
    and published.period = cells.period
where {{ differs('published.' ~ column, 'cells.' ~ column) }}
{% if not loop.last %}
union all

{% endif %}
{% endfor %}
