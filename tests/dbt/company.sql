-- A company of ten customers as of 2026-06-30, small enough to be worked out by hand: what a refresh finds in the
-- engine before dbt runs (raw, scores, previous, and the ends of claims on ids).

create schema raw;
create schema staging;
create schema scores;
create schema previous;

create table raw.orders (
    order_id varchar, customer_id varchar, ordered_at timestamp, amount decimal(18, 4), quantity decimal(18, 4),
    cost decimal(18, 4), channel varchar, category varchar, region varchar, status varchar, refund_of varchar,
    due_at timestamp, paid_at timestamp, promised_at timestamp, delivered_at timestamp, updated_at timestamp, _load varchar,
    _row bigint
);

insert into raw.orders
    (order_id, customer_id, ordered_at, amount, quantity, cost, channel, region, status, promised_at, delivered_at, updated_at, _load, _row)
values
    -- c01: six order days, the platinum customer; o03 is on the same day as o02.
    ('o01', 'c01', '2026-01-05 09:00', 300000, 900, null, 'web', 'north', 'completed', '2026-01-08', '2026-01-07', null, 'l1', 1),
    ('o02', 'c01', '2026-02-05 09:00', 300000, 900, null, 'web', 'north', 'completed', '2026-02-08', '2026-02-09', null, 'l1', 2),
    ('o03', 'c01', '2026-02-05 17:00', 100000, 300, null, 'shop', 'north', 'completed', null, null, null, 'l1', 3),
    ('o04', 'c01', '2026-03-05 09:00', 200000, 300, null, 'web', 'north', null, null, null, null, 'l1', 4),
    ('o05', 'c01', '2026-04-05 09:00', 100000, 200, null, 'web', 'north', 'completed', null, null, null, 'l1', 5),
    ('o06', 'c01', '2026-05-05 09:00', 100000, 200, null, 'web', 'north', 'completed', null, null, null, 'l1', 6),
    ('o07', 'c01', '2026-06-05 09:00', 100000, 200, null, 'web', 'north', 'completed', '2026-07-02', null, null, 'l1', 7),
    -- c02: a refund, a cancelled order, and an order in three versions of which one came twice.
    ('o08', 'c02', '2026-05-01 10:00', 80000, 10, 50000, 'shop', 'south', 'completed', null, null, '2026-05-01', 'l1', 8),
    ('o09', 'c02', '2026-05-20 10:00', -20000, -2, -12000, 'shop', 'south', 'completed', null, null, null, 'l1', 9),
    ('o10', 'c02', '2026-05-21 10:00', 5000, 1, 4000, 'shop', 'south', 'cancelled', null, null, null, 'l1', 10),
    ('o08', 'c02', '2026-05-01 10:00', 90000, 10, 50000, 'shop', 'south', 'completed', null, null, '2026-05-03', 'l2', 1),
    ('o08', 'c02', '2026-05-01 10:00', 90000, 10, 50000, 'shop', 'south', 'completed', null, null, '2026-05-03', 'l1', 11),
    -- The others: an order or two each. c07 falls in the gap of the rebate ladder.
    ('o11', 'c03', '2026-06-01 10:00', 1000, 5, null, 'web', 'south', 'completed', null, null, null, 'l1', 12),
    ('o12', 'c03', '2026-06-11 10:00', 1500, 5, null, 'web', 'south', 'completed', null, null, null, 'l1', 13),
    ('o13', 'c04', '2025-09-01 10:00', 700, 2, null, 'web', 'north', 'completed', null, null, null, 'l1', 14),
    ('o14', 'c05', '2026-06-02 10:00', 600, 2, null, 'shop', 'south', 'completed', null, null, null, 'l1', 15),
    ('o15', 'c06', '2026-06-03 10:00', 500, 2, null, 'shop', 'south', 'completed', null, null, null, 'l1', 16),
    ('o16', 'c07', '2026-06-04 10:00', 150000, 2, null, 'shop', 'south', 'completed', null, null, null, 'l1', 17),
    ('o17', 'c08', '2026-06-05 10:00', 300, 2, 900, 'shop', 'south', 'completed', null, null, null, 'l1', 18),
    ('o18', 'c10', '2026-06-06 10:00', 200, 2, null, null, 'east', 'completed', null, null, null, 'l1', 19);

-- One order is paid in time, and one not yet.
update raw.orders set due_at = '2026-06-20', paid_at = case order_id when 'o11' then timestamp '2026-06-20 12:00' end
where order_id in ('o11', 'o14');

create table raw.complaints (
    complaint_id varchar, customer_id varchar, opened_at timestamp, first_response_at timestamp, escalated_at timestamp, resolved_at timestamp,
    channel varchar, category varchar, severity varchar, need_violated varchar, resolution_accepted boolean,
    order_id varchar, is_suggestion boolean, text varchar, updated_at timestamp, _load varchar, _row bigint
);

insert into raw.complaints
    (complaint_id, customer_id, opened_at, first_response_at, escalated_at, resolved_at, channel, category, need_violated, resolution_accepted, order_id, is_suggestion, text, _load, _row)
values
    ('k1', 'c01', '2026-04-10 08:00', '2026-04-10 12:00', null, '2026-04-12', 'phone', 'delivery', null, true, 'o02', false, 'Call me on 555', 'l1', 1),
    ('k2', 'c01', '2026-05-10 08:00', '2026-05-12 08:00', '2026-05-10 18:00', '2026-05-13', 'phone', 'delivery', 'safety', false, null, null, 'Again', 'l1', 2),
    ('k3', '＋８６（５５５）０２', '2026-05-11 08:00', null, null, null, null, null, null, null, null, false, 'Hello?', 'l1', 3),
    ('k4', 'A14', '2026-06-30 20:00', null, null, null, 'web', 'price', null, null, null, false, 'Too dear', 'l1', 4),
    ('k5', 'c03', '2026-06-20 20:00', null, null, null, 'web', 'price', null, null, null, true, 'Add a button', 'l1', 5),
    ('k5', 'c03', '2026-06-20 20:00', null, null, null, 'web', 'price', null, null, null, true, 'Add a button', 'l2', 1);

create table raw.surveys (
    response_id varchar, customer_id varchar, answered_at timestamp, question varchar, score double,
    expected_score double, scale_min double, scale_max double, _load varchar, _row bigint
);

insert into raw.surveys values
    ('s1', 'c01', '2026-05-15', 'overall_satisfaction', 1, 4, 1, 5, 'l1', 1),
    ('s1', 'c01', '2026-05-15', 'would_recommend', 2, null, 0, 10, 'l1', 2),
    ('s1', 'c01', '2026-05-15', 'manner', 3, null, 1, 5, 'l1', 3),
    ('s2', 'c02', '2026-05-16', 'overall_satisfaction', 5, 5, 1, 5, 'l1', 4),
    ('s2', 'c02', '2026-05-16', 'would_rebuy', 1, null, 0, 1, 'l1', 5),
    ('s2', 'c02', '2026-05-16', 'would_recommend', 10, null, 0, 10, 'l1', 6),
    ('s3', 'c03', '2026-06-16', 'overall_satisfaction', 4, 0, 1, 5, 'l1', 7),
    ('s3', 'c03', '2026-06-16', 'content_effectiveness', 5, null, 1, 5, 'l1', 8),
    ('s3', 'c03', '2026-06-16', 'content_effectiveness', 4, null, 1, 5, 'l2', 1);

create table raw.customers (
    customer_id varchar, name varchar, phone varchar, email varchar, region varchar, industry varchar,
    registered_at timestamp, referrer_customer_id varchar, credit_score double, prepaid_balance decimal(18, 4),
    account_manager_id varchar, contact_allowed boolean, channels_refused varchar, _load varchar, _row bigint
);

insert into raw.customers
    (customer_id, name, phone, region, registered_at, prepaid_balance, account_manager_id, contact_allowed, _load, _row)
values
    ('c01', 'Ada', '555-01', 'north', '2025-12-01', 25000, 'm1', true, 'l1', 1),
    ('c02', 'Ben', '555-02', 'south', '2025-12-01', 0, 'm1', null, 'l1', 2),
    ('c03', 'Cai', '555-03', null, '2026-01-01', 0, 'm2', false, 'l1', 3),
    ('c03', 'Cai', '555-04', null, '2026-01-01', 0, 'm2', false, 'l2', 1),
    ('c04', 'Dan', '555-04', 'north', '2025-08-01', 0, null, true, 'l1', 4),
    ('c05', 'Eve', '555-05', 'south', null, 0, null, true, 'l1', 5),
    ('c06', 'Fay', '555-06', 'south', null, 0, null, true, 'l1', 6),
    ('c07', 'Gus', '555-07', 'south', null, 0, null, true, 'l1', 7),
    ('c08', 'Hal', '555-08', 'south', null, 0, null, true, 'l1', 8),
    ('c09', 'Ida', '555-09', 'east', '2026-06-01', 0, null, true, 'l1', 9);

create table raw.aliases (
    customer_id varchar, kind varchar, value varchar, valid_from timestamp, _load varchar, _row bigint
);

-- c03 was a14 in an older system; both c05 and c06 say that b15 was theirs.
insert into raw.aliases values
    ('c03', 'old_id', 'a14', null, 'l1', 1),
    ('c05', 'old_id', 'b15', null, 'l1', 2),
    ('c06', 'old_id', 'b15', null, 'l1', 3);

-- Nobody orders under these ids yet, so no claim joins two customers.
create table staging.claim_ends (named_customer_id varchar, customer_id varchar);

create table raw.interactions (
    customer_id varchar, occurred_at timestamp, kind varchar, category varchar, price decimal(18, 4),
    _load varchar, _row bigint
);

insert into raw.interactions values
    ('c01', '2026-06-20 10:00', 'visit', null, null, 'l1', 1),
    ('c01', '2026-06-21 10:00', 'search', 'valves', 10, 'l1', 2),
    ('c01', '2026-06-21 10:00', 'search', 'valves', 10, 'l1', 3),
    ('c02', '2026-06-21 10:00', 'post', null, null, 'l1', 4);

create table raw.service_costs (
    customer_id varchar, occurred_at timestamp, kind varchar, amount decimal(18, 4), _load varchar, _row bigint
);

insert into raw.service_costs values
    ('c02', '2026-06-01', 'visit', 3000, 'l1', 1),
    ('c02', '2026-06-01', 'visit', 3000, 'l1', 2);

create table raw.wallets (
    customer_id varchar, period_start date, period_end date, estimated_total_spend decimal(18, 4), _load varchar,
    _row bigint
);

-- c03 is named by its id in an older system.
insert into raw.wallets values
    ('c02', '2026-01-01', '2026-12-31', 60000, 'l1', 1),
    ('a14', '2026-01-01', '2026-12-31', 9000, 'l1', 2);

-- Scores: values are made up, ranks and shares are consistent with the orders above.
create table scores.clv (
    customer_id varchar, simple_ltv decimal(18, 2), discounted_ltv decimal(18, 2), clv decimal(18, 2),
    clv_low decimal(18, 2), clv_high decimal(18, 2), p_alive double, expected_orders double,
    orders_low bigint, orders_high bigint, expected_order_value decimal(18, 2), clv_method varchar
);

insert into scores.clv values
    ('c01', 90000, 80000, 70000, 50000, 90000, 0.99, 9.5, 0, 11, 8000, 'mbg_nbd'),
    ('c02', 9000, 8000, 7000, 5000, 9000, 0.9, 1.5, 0, 3, 4600, 'mbg_nbd'),
    ('c03', 900, 800, 700, 500, 900, 0.8, 1.2, 0, 3, 500, 'mbg_nbd'),
    ('c04', 90, 80, 70, 0, 90, 0.1, 0.1, 0, 2, 700, 'mbg_nbd'),
    ('c05', 85, 75, 65, 0, 90, 0.5, 0.5, 0, 2, 600, 'mbg_nbd'),
    ('c06', 80, 70, 60, 0, 90, 0.5, 0.5, 0, 2, 500, 'mbg_nbd'),
    ('c07', 75, 65, 55, 0, 90, 0.5, 0.5, 0, 2, 400, 'mbg_nbd'),
    ('c08', 70, 60, 50, 0, 90, 0.5, 0.5, 0, 2, 300, 'mbg_nbd'),
    ('c09', 0, 0, 0, 0, 0, null, 0, 0, 2, 0, 'mbg_nbd'),
    ('c10', 60, 50, 40, 0, 90, 0.5, 0.4, 0, 2, 200, 'mbg_nbd');

create table scores.clv_model (
    model varchar, is_published boolean, parameters varchar, log_likelihood double, fit_status varchar,
    fit_note varchar, customers bigint, total_clv decimal(18, 2), holdout varchar, naive_comparison varchar,
    histories varchar
);

insert into scores.clv_model values ('mbg_nbd', true, '{}', -12.5, 'converged', null, 9, 78040, '{}', '{}', '{}');

create table scores.value_tiers (
    customer_id varchar, clv_rank bigint, value_tier varchar, profit_rank bigint, cumulative_profit_share double,
    abc_class varchar, key_account_rank_revenue bigint, is_key_account boolean, recency_score integer,
    frequency_score integer, monetary_score integer, rfm_segment varchar, value_quadrant varchar,
    key_account_rank_non_monetary bigint, key_account_class varchar, contribution_class varchar, wallet_share double,
    wallet_share_band varchar, current_value_score double, potential_value_score double,
    is_held_by_margin boolean default false
);

insert into scores.value_tiers (
    customer_id, clv_rank, value_tier, profit_rank, cumulative_profit_share, abc_class, key_account_rank_revenue,
    is_key_account, recency_score, frequency_score, monetary_score, rfm_segment, value_quadrant,
    key_account_rank_non_monetary, key_account_class, contribution_class, wallet_share, wallet_share_band,
    current_value_score, potential_value_score
) values
    ('c01', 1, 'platinum', 1, 0.871, 'A', 1, true, 4, 5, 5, 'champions', 'high_value',
     2, 'A', 'strategic', null, 'unknown', 90, 60),
    ('c02', 2, 'iron', 3, 0.997, 'C', 3, true, 2, 3, 4, 'loyal', 'high_value',
     1, 'B', 'large', 0.5, 'half', 70, 70),
    ('c03', 3, 'lead', 4, 0.999, 'C', 4, false, 5, 4, 3, 'loyal', 'latent_value',
     3, null, 'potential', 0.1, 'little', 40, 80),
    ('c04', 4, 'lead', 5, 0.9995, 'C', 5, false, 1, 1, 3, 'lost', 'low_value',
     null, null, 'may_cause_loss', null, 'unknown', 20, 10),
    ('c05', 5, 'lead', 6, 1.0, 'C', 6, false, 3, 1, 2, 'recent', 'low_value',
     null, null, 'ordinary', null, 'unknown', 30, 20),
    ('c06', 6, 'lead', 7, 1.0, 'C', 7, false, 3, 1, 2, 'recent', 'low_value',
     null, null, 'ordinary', null, 'unknown', 30, 20),
    ('c07', 7, 'lead', 2, 0.987, 'B', 2, false, 3, 1, 4, 'recent', 'sub_value',
     null, null, 'ordinary', null, 'unknown', 80, 20),
    ('c08', 8, 'lead', 10, 1.0, 'C', 8, false, 4, 1, 1, 'recent', 'low_value',
     null, null, 'may_cause_loss', null, 'unknown', 10, 20),
    ('c09', 10, 'lead', 9, 1.0, 'C', 10, false, null, null, null, null, 'low_value',
     null, null, 'ordinary', null, 'unknown', null, null),
    ('c10', 9, 'lead', 8, 1.0, 'C', 9, false, 4, 1, 1, 'recent', 'low_value',
     null, null, 'may_cause_loss', null, 'unknown', 10, 20);

-- Every scheme; one overlaps, and for one nothing is fed.
create table scores.segment_schemes (
    scheme varchar, position bigint, rule varchar, is_exclusive boolean, is_on boolean, reason_off varchar,
    label_en varchar, label_zh varchar
);

insert into scores.segment_schemes values
    ('value_tier', 1, 'By lifetime value', true, true, null, 'Value tier', '价值等级'),
    ('abc', 2, 'By profit', true, true, null, 'ABC class', 'ABC 分类'),
    ('key_account', 3, 'By revenue', true, true, null, 'Key account', '大客户'),
    ('value_quadrant', 4, 'By value and potential', true, true, null, 'Quadrant', '价值矩阵'),
    ('rfm', 5, 'By scores', true, true, null, 'RFM', 'RFM 分群'),
    ('cluster', 6, 'k-means', true, true, null, 'Behaviour', '行为群组'),
    ('contribution_class', 12, 'By profit', true, true, null, 'Contribution', '贡献类别'),
    ('wallet_share', 13, 'By wallet', true, true, null, 'Wallet share', '钱包份额'),
    ('lifecycle_stage', 7, 'By silence', true, true, null, 'Lifecycle stage', '生命周期阶段'),
    ('rule_group', 8, 'high_value: value_tier is platinum', false, true, null, 'Group by rule', '规则分组'),
    ('interest_group', 9, 'By views', true, true, null, 'Interest', '兴趣群组'),
    ('interest_vip', 10, 'By views', true, true, null, 'Researching a purchase', '正在选购'),
    ('opinion_leader', 11, 'By referrals', true, false, 'nothing is fed of customers.referrer_customer_id', 'Opinion leader', '意见领袖');

create table scores.segment_labels (field varchar, value varchar, label_en varchar, label_zh varchar);

insert into scores.segment_labels values
    ('scheme', 'abc', 'ABC class', 'ABC 分类'),
    ('abc', 'A', 'A: the first 80 % of profit', 'A 类：前 80% 的利润');

create table scores.group_members as
select customer_id, 'rule_group' as scheme, 'high_value' as segment from scores.value_tiers where value_tier = 'platinum';

create table scores.clusters as
select customer_id, case when clv > 1000 then 'steady' else 'occasional' end as cluster from scores.clv;

create table scores.cluster_profiles as
select
    cluster, count(*) as customers, cast(count(*) as double) / 10 as customer_share, 'buys' as description_en,
    '购买' as description_zh, true as is_new, cast(3 as double) as median_order_days,
    cast(9 as double) as median_spend_per_order_day, cast(5 as double) as median_days_since_last_order,
    cast(60 as double) as median_age_days, cast(3 as double) as centroid_order_days,
    cast(9 as double) as centroid_spend_per_order_day, cast(5 as double) as centroid_days_since_last_order,
    cast(60 as double) as centroid_age_days, 'CNY' as currency, cast(2 as bigint) as k,
    cast(0.5 as double) as silhouette, '{}' as silhouette_by_k
from scores.clusters group by cluster;

create table scores.cluster_labels as
select distinct cluster, cluster as label_en, cluster as label_zh from scores.clusters;

create table scores.silence as
select customer_id, cast(60 as double) as silence_limit_days, customer_id = 'c04' as is_silent from scores.clv;

create table scores.quality_weights (
    hierarchy varchar, indicator varchar, parent varchar, level integer, local_weight double, global_weight double,
    consistency_ratio double, experts integer, weight_spread double, method varchar, is_leaf boolean
);

insert into scores.quality_weights values
    ('service_quality', 'quality', null, 0, 1.0, 1.0, 0, 2, 1.2, 'eigenvector', false),
    ('service_quality', 'process', 'quality', 1, 0.6, 0.6, 0, 2, 1.2, 'eigenvector', false),
    ('service_quality', 'performance', 'quality', 1, 0.4, 0.4, 0, 2, 1.2, 'eigenvector', false),
    ('service_quality', 'manner', 'process', 2, 0.5, 0.3, 0.05, 2, 1.2, 'eigenvector', true),
    ('service_quality', 'response_timeliness', 'process', 2, 0.5, 0.3, 0.05, 2, 1.2, 'eigenvector', true),
    ('service_quality', 'satisfaction', 'performance', 2, 1.0, 0.4, 0, 2, 1.2, 'eigenvector', true),
    ('customer_activity', 'value_added_purchase', 'customer_activity', 1, 0.5, 0.5, 0.02, 2, 1.2, 'eigenvector', true),
    ('customer_activity', 'search', 'customer_activity', 1, 0.3, 0.3, 0.02, 2, 1.2, 'eigenvector', true),
    ('customer_activity', 'post', 'customer_activity', 1, 0.2, 0.2, 0.02, 2, 1.2, 'eigenvector', true);

create table scores.quality_index_indicators (
    dimension varchar, member varchar, period varchar, indicator varchar, parent varchar, value double,
    raw_value double, standard_error double, raw_standard_error double, sample_size bigint, is_small_sample boolean, floor_value double,
    target_value double, score double, weight double, contribution double
);

insert into scores.quality_index_indicators values
    ('overall', 'all', '2026-05', 'response_timeliness', 'process', 60, 60, 10, 10, 4, true, 0, 100, 60, 0.428571428571, 25.71428571426),
    ('overall', 'all', '2026-05', 'satisfaction', 'performance', 50, 50, 10, 10, 4, true, 0, 100, 50, 0.571428571429, 28.57142857145),
    ('overall', 'all', '2026-06', 'response_timeliness', 'process', 80, 80, 10, 10, 4, true, 0, 100, 80, 0.3, 24),
    ('overall', 'all', '2026-06', 'manner', 'process', 90, 90, 10, 10, 4, true, 0, 100, 90, 0.3, 27),
    ('overall', 'all', '2026-06', 'satisfaction', 'performance', 40, 40, 10, 10, 4, true, 0, 100, 40, 0.4, 16),
    ('value_tier', 'lead', 'last_365_days', 'satisfaction', 'performance', 40, 40, 10, 10, 4, true, 0, 100, 40, 1, null);

create table scores.quality_shrinkage (dimension varchar, period varchar, indicator varchar, usual_variance double);

-- In May manner has no data, so May and June are compared on the two others: (0.3 x 20 + 0.4 x -10) / 0.7. Two errors of
-- 10 make one of 14.14, 1.96 of which are 27.72; those of the index are 5 / 7 of it.
create table scores.quality_changes (
    dimension varchar, member varchar, period varchar, period_before varchar, indicator varchar, value double,
    value_before double, change double, contribution double, raw_change double, change_low double, change_high double,
    is_more_than_noise boolean
);

insert into scores.quality_changes values
    ('overall', 'all', '2026-06', '2026-05', 'response_timeliness', 80, 60, 20, 8.571428571429, 20, -7.718076, 47.718076, false),
    ('overall', 'all', '2026-06', '2026-05', 'satisfaction', 40, 50, -10, -5.714285714286, -10, -37.718076, 17.718076, false),
    ('overall', 'all', '2026-06', '2026-05', 'index', 57.142857142857, 54.285714285714, 2.857142857143, 2.857142857143, 2.857142857143, -16, 22, false);

-- k1 to k4, against a year that is made up; price has none before.
create table scores.complaint_changes (
    month timestamp, category varchar, complaints bigint, orders bigint, complaints_before bigint, orders_before bigint,
    rate_ratio double, rate_ratio_low double, rate_ratio_high double, dispersion double, p_value double,
    is_more_than_noise boolean, no_ratio_reason varchar
);

insert into scores.complaint_changes values
    ('2026-06-01', 'all', 4, 12, 3, 12, 1.333333333333, 0.2, 9, 1, 1, false, null),
    ('2026-06-01', 'delivery', 2, 12, 2, 12, 1, 0.07, 14, 1, 1, false, null),
    ('2026-06-01', 'uncategorised', 1, 12, 1, 12, 1, 0.01, 80, 1, 1, false, null),
    ('2026-06-01', 'price', 1, 12, 0, 12, null, 0.03, null, 1, 1, false, 'none_before');

create table scores.quality_index (
    dimension varchar, member varchar, period varchar, quality_index double, process_index double,
    performance_index double, coverage double
);

insert into scores.quality_index values
    ('overall', 'all', '2026-05', 54.28571428571, 60, 50, 0.7),
    ('overall', 'all', '2026-06', 67, 85, 40, 1),
    ('value_tier', 'lead', 'last_365_days', null, null, 40, 0.4);

create table previous.segment_history (
    customer_id varchar, scheme varchar, segment varchar, valid_from date, valid_to date
);
create table previous.release (release_id varchar, as_of date);
create table previous.customer_value (
    customer_id varchar, last_ordered_at timestamp, orders bigint, revenue decimal(18, 2), profit decimal(18, 2),
    clv decimal(18, 2), clv_method varchar, key_account_rank_revenue bigint
);
create table previous.changed_rules (scheme varchar, rules varchar);
