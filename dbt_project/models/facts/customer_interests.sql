{#
What each customer looks at: a row for those who looked at anything. The most viewed category wins, then the one viewed
last, then the first by name. A price band is the third of the category's viewers that the customer's mean price falls
in, so that dear cables are told from cheap ones, and not transformers from cables.
#}
{% set interests = var('interests') %}
{% set spans = {'views': 'true', 'recent_views': 'is_recent', 'earlier_views': 'not is_recent'} %}

with

views as (

    select
        customer_id,
        category,
        price,
        occurred_at,
        cast(occurred_at as date) > {{ as_of_date(interests.recent_days) }} as is_recent
    from {{ ref('identified_interactions') }}
    where kind in ('{{ interests.kinds | join("', '") }}')
        and category is not null
        and occurred_at < {{ end_of_as_of() }}
        and cast(occurred_at as date) > {{ as_of_date(interests.days) }}

),

by_category as (

    select
        customer_id,
        category,
        sum(price) as price,
        count(price) as priced_views,
        {% for span, condition in spans.items() %}
        count(*) filter (where {{ condition }}) as {{ span }},
        max(occurred_at) filter (where {{ condition }}) as last_of_{{ span }}{{ ',' if not loop.last }}
        {% endfor %}
    from views
    group by customer_id, category

),

ranked as (

    select
        *,
        {% for span in spans %}
        row_number() over (
            partition by customer_id
            order by {{ span }} desc, last_of_{{ span }} desc nulls last, category
        ) as rank_by_{{ span }}{{ ',' if not loop.last }}
        {% endfor %}
    from by_category

),

viewers as (

    select
        customer_id,
        cast(sum(views) as bigint) as views,
        max(case when rank_by_views = 1 then category end) as main_category,
        max(case when rank_by_views = 1 and priced_views > 0 then cast(price as double) / priced_views end) as mean_price,
        max(case when rank_by_recent_views = 1 and recent_views > 0 then category end) as recent_category,
        max(case when rank_by_recent_views = 1 then recent_views end) as recent_views,
        max(case when rank_by_earlier_views = 1 and earlier_views > 0 then category end) as earlier_category
    from ranked
    group by customer_id

),

popularity as (

    select
        main_category,
        row_number() over (order by count(*) desc, main_category) as popularity_rank
    from viewers
    group by main_category

),

-- Whole numbers: twice the viewers below and once those beside, against twice all of them, so that ties stay together.
priced as (

    select
        *,
        2 * (rank() over (partition by main_category order by mean_price) - 1)
            + count(*) over (partition by main_category, mean_price) as twice_position,
        count(*) over (partition by main_category) as viewers_of_category
    from viewers
    where mean_price is not null

),

banded as (

    select
        viewers.*,
        case
            when priced.customer_id is null then 'unpriced'
            when 3 * priced.twice_position < 2 * priced.viewers_of_category then 'low'
            when 3 * priced.twice_position > 4 * priced.viewers_of_category then 'high'
            else 'middle'
        end as price_band
    from viewers
    left join priced on viewers.customer_id = priced.customer_id

)

select
    banded.customer_id,
    banded.views,
    banded.main_category,
    banded.price_band,
    case when popularity.popularity_rank <= {{ interests.most_categories }} then banded.main_category else 'other' end
        || '_' || banded.price_band as interest_group,
    banded.recent_category,
    banded.earlier_category,
    coalesce(
        banded.recent_category <> banded.earlier_category and banded.recent_views >= {{ interests.vip_views }}, false
    ) as is_vip
from banded
inner join popularity on banded.main_category = popularity.main_category
