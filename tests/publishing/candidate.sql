-- Marts of an invented company with customers() customers. Deterministic: no random numbers, no clock.
create schema if not exists marts;

create or replace table marts.customer_value as
select
    printf('C%05d', number) as customer_id,
    date '2026-06-30' as as_of,
    timestamp '2024-01-01' + to_days(cast(number % 700 as integer)) as first_ordered_at,
    number % 9 + 1 as order_days,
    cast(90000.0 / (number + 2) as decimal(18, 2)) as revenue,
    cast(60000.0 / (number + 2) as decimal(18, 2)) as revenue_last_365_days,
    cast(30000.0 / (number + 2) - 190 as decimal(18, 2)) as profit,
    case when number % 50 = 7 then null else 1 / (1 + number % 7)::double end as p_alive,
    cast(120000.0 / (number + 3) as decimal(18, 2)) as clv,
    case
        when number < ceil(0.01 * customers()) then 'platinum'
        when number < ceil(0.05 * customers()) then 'gold'
        when number < ceil(0.20 * customers()) then 'iron'
        else 'lead'
    end as value_tier,
    number % 5 + 1 as recency_score,
    number % 3 + 1 as frequency_score,
    number % 100 as current_value_score,
    number % 90 as potential_value_score,
    case
        when number % 100 >= 50 then case when number % 90 >= 45 then 'high_value' else 'sub_value' end
        when number % 90 >= 45 then 'latent_value'
        else 'low_value'
    end as value_quadrant
from range(customers()) as numbers (number)
order by hash(number);

create or replace table marts.customer_relationship as
with answered as (
    select
        *,
        row_number() over (order by customer_id) % 5 / 4 as satisfaction_score,
        (row_number() over (order by customer_id) - 1) / (customers() - 1) as loyalty_score
    from marts.customer_value
)
select
    customer_id,
    as_of,
    satisfaction_score,
    loyalty_score,
    case
        when satisfaction_score >= 0.625 then case when loyalty_score >= 0.5 then 'advocate' else 'mercenary' end
        when loyalty_score >= 0.5 then 'captive'
        else 'saboteur'
    end as loyalty_type,
    case
        when satisfaction_score < 0.375 then 'dissatisfied'
        when satisfaction_score < 0.625 then 'neutral'
        when satisfaction_score < 0.875 then 'basically_satisfied'
        else 'completely_satisfied'
    end as satisfaction_level,
    satisfaction_score <= 0.25 and loyalty_score < 0.5 as is_silent,
    profit > 500 and hash(customer_id) % 6 = 0 as is_profitable_but_dissatisfied
from answered;

-- 西南 delivers late, and its complaints follow: 30 and 9 per 100 orders, where the others have 5 and 2.
create or replace table marts.relationship_summary as
select
    *,
    0.6 as satisfied_share,
    0.2 as top_box_share,
    0.15 as dissatisfied_share,
    answering_customers as recommendation_answering_customers,
    12.0 as nps,
    800.0 as people_told_good,
    220.0 as people_told_bad,
    580.0 as net_word_of_mouth,
    silent_without_complaint + 2 as silent_customers,
    complaints_last_365_days * 2 as complaints,
    green_channel_breaches * 2 as green_channel_complaints,
    cast(profitable_but_dissatisfied * 1000 as decimal(18, 2)) as profit_of_profitable_but_dissatisfied,
    cast(100000 as decimal(18, 2)) as profit
from (
    values
    ('overall', 'all', cast(48 as bigint), 100, 5, 1500, 175, 65, 9, 8),
    ('region', '华东', 20, 40, 2, 500, 25, 10, 1, 3),
    ('region', '西南 & <West>', 10, 20, 2, 400, 120, 36, 8, 1),
    ('region', 'Cost $5 $6', 18, 40, 1, 600, 30, 19, 0, 4)
) as members (
    dimension, member, ordering_customers, answering_customers, profitable_but_dissatisfied, orders_last_365_days,
    late_deliveries_last_365_days, complaints_last_365_days, green_channel_breaches, silent_without_complaint
);

create or replace table marts.profit_curve as
with ranked as (
    select profit, row_number() over (order by profit desc, customer_id) as profit_rank from marts.customer_value
)
select
    cast(percentile as bigint) as percentile,
    cast(ceil(percentile * customers() / 100.0) as bigint) as customers,
    percentile / 100 as cumulative_customer_share,
    cast((select sum(profit) from ranked where profit_rank <= ceil(percentile * customers() / 100.0)) as double)
        / (select cast(sum(profit) as double) from ranked) as cumulative_profit_share
from range(1, 101) as percentiles (percentile);

create or replace table marts.quality_weights as
select
    *,
    0.021 as consistency_ratio,
    cast(4 as bigint) as experts,
    1.2 as weight_spread,
    'eigenvector' as method
from (
    values
    ('service_quality', 'process', null, 0.6, 0.6, false),
    ('service_quality', 'performance', null, 0.4, 0.4, false),
    ('service_quality', 'response_timeliness', 'process', 0.35, 0.21, true),
    ('service_quality', 'content_effectiveness', 'process', 0.2, 0.12, true),
    ('service_quality', 'manner', 'process', 0.15, 0.09, true),
    ('service_quality', 'problem_resolution', 'process', 0.3, 0.18, true),
    ('service_quality', 'satisfaction', 'performance', 0.65, 0.26, true),
    ('service_quality', 'complaint_count', 'performance', 0.35, 0.14, true),
    ('customer_activity', 'search', 'customer_activity', 0.7, 0.7, true),
    ('customer_activity', 'post', 'customer_activity', 0.3, 0.3, true)
) as weights (hierarchy, indicator, parent, local_weight, global_weight, is_leaf);

create or replace table marts.service_quality as
select
    'overall' as dimension,
    'overall' as member,
    strftime(date '2025-07-01' + to_months(cast(month as integer)), '%Y-%m') as period,
    68 + 5 * sin(month / 2.0) + month / 3.0 as quality_index,
    1.0 as coverage
from range(12) as months (month)
union all
select 'overall', 'overall', 'last_365_days', 71.4, 1.0
union all
select 'region', region, 'last_365_days', quality_index, 1.0
from (values ('华东', 78.2), ('华南', 74.9), ('华北', 71.0), ('西南 & <West>', 66.3), ('Cost $5 $6', 58.7), ('东北', null))
    as regions (region, quality_index)
union all
select 'value_tier', tier, strftime(date '2026-04-01' + to_months(cast(month as integer)), '%Y-%m'), 60 + 4 * month + height, 1.0
from range(3) as months (month), (values ('platinum', 20), ('gold', 12), ('iron', 6), ('lead', 0)) as tiers (tier, height);

create or replace table marts.service_quality_changes as
select 'overall' as dimension, 'all' as member, '2026-Q2' as period, '2026-Q1' as period_before, *
from (
    values
    ('response_timeliness', 84.0, 78.0, 2.5, 1.0, 4.0, true),
    ('manner', 71.0, 73.0, -0.5, -1.5, 0.5, false),
    ('index', 72.0, 70.0, 2.0, -0.1, 4.1, false)
) as changes (indicator, value, value_before, contribution, change_low, change_high, is_more_than_noise);

create or replace table marts.service_quality_indicators as
select
    dimension,
    member,
    period,
    'complaint_count' as indicator,
    cast(4 + 1.5 * cos(length(period) + row_number() over (order by period)) as double) as value,
    cast(null as double) as raw_value,
    cast(null as double) as raw_standard_error,
    cast(case period when 'last_365_days' then 600 when '2026-02' then 12 when '2026-04' then 24 else 50 end as bigint)
        as sample_size,
    period = '2026-02' as is_small_sample,
    20.0::double as floor_value,
    0.0::double as target_value,
    cast(null as double) as score,
    0.14::double as weight,
    cast(null as double) as contribution
from marts.service_quality
where dimension = 'overall'
union all
-- Each indicator of a region is as good as its index, with a standard error of 2.
select
    'region', member, 'last_365_days', indicator, quality_index, quality_index, 2.0,
    cast(if(member = '华南', 12, 40) as bigint), member = '华南',
    0.0, 100.0, quality_index, global_weight, global_weight * quality_index
from marts.service_quality, marts.quality_weights
where dimension = 'region' and quality_index is not null and hierarchy = 'service_quality' and is_leaf;

create or replace table marts.complaint_trends as
select month, category, 'phone' as channel, complaints, complaints / 20.0 as complaints_per_100_orders
from
    (values (date '2026-05-01'), (date '2026-06-01')) as months (month),
    (values ('power_quality', cast(65 as bigint)), ('service', 21), ('billing', 14)) as categories (category, complaints);

create or replace table marts.complaint_changes as
select date '2026-06-01' as month, *
from (
    values
    ('outage', 1.8, 1.2, 2.6, true), ('service', 0.9, 0.5, 1.6, false), ('billing', null, 2.1, null, true)
) as changes (category, rate_ratio, rate_ratio_low, rate_ratio_high, is_more_than_noise);

create or replace table marts.service_timings as
select
    'overall' as dimension,
    'all' as member,
    strftime(date '2025-07-01' + to_months(cast(month as integer)), '%Y-%m') as period,
    'response' as timing,
    6 + cos(month) as median_time,
    22 + 6 * cos(month) as p90_time,
    cast(10 as bigint) as promised,
    0.9 + 0.05 * cos(month) as within_promise_share
from range(12) as months (month)
union all
select dimension, member, 'last_365_days', 'response', 6, 22, promised, share
from (
    values
    ('overall', 'all', cast(60 as bigint), 0.75), ('region', '西南 & <West>', 32, 0.5), ('region', '华东', 10, 1.0)
) as timings (dimension, member, promised, share);

create or replace table marts.tier_migration as
select 'previous_release' as comparison, 'value_tier' as scheme, *
from (
    values
    ('platinum', 'platinum', cast(1 as bigint)), ('platinum', 'gold', 1), ('gold', 'gold', 6), ('gold', 'iron', 2),
    ('gold', 'platinum', 1), ('iron', 'iron', 24), ('iron', 'lead', 5), ('iron', 'gold', 1),
    ('lead', 'lead', 148), ('lead', 'iron', 4), ('new', 'lead', 7)
) as moves (from_segment, to_segment, customers)
union all
select 'year_ago', 'value_tier', 'lead', 'gold', 1000;

create or replace table marts.segment_summary as
select 'value_tier' as scheme, * from (
    values ('platinum', 1::bigint), ('gold', 2), ('iron', 7), ('lead', 40)
) as segments (segment, customers)
union all
select 'rule_group', 'group_' || number, number from range(1, 9) as groups (number);

create or replace table marts.segment_schemes as
select *
from (
    values
    ('value_tier', 1::bigint, 'By lifetime value: top 1 % platinum', true, true, null, 'Value tier', '价值等级'),
    ('rule_group', 2, 'arrears_risk: overdue_amount above 0', false, true, 'arrears_risk: nothing is fed of orders.due_at', 'Group by rule', '规则分组'),
    ('opinion_leader', 3, 'Loyalty above 5 of 10', true, false, 'nothing is fed of customers.referrer_customer_id', 'Opinion leader', '意见领袖')
) as schemes (scheme, position, rule, is_exclusive, is_on, reason_off, label_en, label_zh);

create or replace table marts.segment_moves as
select 'value_tier' as scheme, *
from (
    values
    ('C00001', 'gold', 'platinum', 'new_orders', cast(500 as decimal(18, 2)), cast(2500 as decimal(18, 2))),
    ('C00002', 'platinum', 'gold', 'peers_moved', 900, 900),
    ('C00003', 'gold', 'iron', 'lapse', 800, 300),
    ('C00004', 'gold', 'iron', 'lapse', 700, 200),
    ('C00005', 'gold', 'gold', 'held_by_margin', 700, 600)
) as moves (customer_id, from_segment, to_segment, cause, clv_before, clv)
union all
select 'value_tier', 'C' || number, 'iron', 'lead', 'lapse', 100, 0 from range(10, 15) as five (number)
union all
select 'value_tier', 'C' || number, 'lead', 'iron', 'new_orders', 0, 100 from range(20, 24) as four (number)
union all
select 'value_tier', 'C24', 'iron', 'gold', 'new_orders', 100, 500
union all
select 'value_tier', 'C' || number, 'new', 'lead', 'new_customer', null, 10 from range(30, 37) as seven (number);

create or replace table marts.clv_model as
select *
from (
    values
    ('MBG/NBD', true, 'converged', 'Chosen: the best likelihood of those whose hold-out passed.', -9582.136, 200, 512345.67),
    ('BG/NBD', false, 'converged', '', -9582.429, 200, 510211.10),
    ('Pareto/NBD', false, 'boundary', 'No dropout is seen: s is beyond its bound.', -9594.976, 200, null)
) as models (model, is_published, fit_status, fit_note, log_likelihood, customers, total_clv);

create or replace table marts.cluster_profiles as
select *, '{"2": 0.41, "3": 0.38}' as silhouette_by_k, cast(2 as bigint) as k
from (
    values
    ('frequent_recent', 40::bigint, 0.2::double, 'buys often', '购买频繁', 24.0::double, 88.5::double, 5.0::double, 700.0::double),
    ('rare_lapsed', 150::bigint, 0.75::double, 'buys rarely', '购买很少', 1.0::double, 31.0::double, 250.0::double, 400.0::double),
    ('no_orders', 10::bigint, 0.05::double, 'has no order yet', '尚无订单', null, null, null, null)
) as profiles (
    cluster, customers, customer_share, description_en, description_zh, median_order_days,
    median_spend_per_order_day, median_days_since_last_order, median_age_days
);

create or replace table marts.labels as
select *
from (
    values
    ('value_tier', 'platinum', 'Platinum', '铂金客户'),
    ('value_tier', 'gold', 'Gold', '黄金客户'),
    ('value_tier', 'iron', 'Iron', '铁质客户'),
    ('value_tier', 'lead', 'Lead', '重铅客户'),
    ('cluster', 'frequent_recent', 'Buys often, bought recently', '购买频繁、近期购买'),
    ('segment', 'new', 'New', '新增'),
    ('cause', 'lapse', 'Fewer orders than expected', '订单少于预期'),
    ('segment', 'gone', 'Gone', '消失'),
    ('loyalty_type', 'advocate', 'Advocate', '传播者'),
    ('loyalty_type', 'mercenary', 'Mercenary', '利益驱动者'),
    ('loyalty_type', 'captive', 'Captive', '被锁定者'),
    ('loyalty_type', 'saboteur', 'Saboteur', '破坏者'),
    ('indicator', 'process', 'Process', '服务过程'),
    ('indicator', 'performance', 'Performance', '服务绩效'),
    ('indicator', 'response_timeliness', 'Response timeliness', '响应及时性'),
    ('indicator', 'content_effectiveness', 'Content effectiveness', '内容有效性'),
    ('indicator', 'manner', 'Manner', '服务态度'),
    ('indicator', 'problem_resolution', 'Problem resolution', '问题解决'),
    ('indicator', 'satisfaction', 'Satisfaction', '满意度'),
    ('indicator', 'complaint_count', 'Complaints per 100 orders', '每百单投诉数')
) as labels (field, value, label_en, label_zh);

comment on table marts.customer_value is 'One row a customer: what it''s worth.';
comment on column marts.customer_value.clv is 'Lifetime value over the horizon, 客户终身价值.';
comment on column marts.customer_value.value_tier is 'platinum, gold, iron or lead.';
