-- Rows on which two engines are likely to differ, beside the company of tests/dbt/company.sql.

-- Fractions of a second, also before 1970; the last moment that counts and the first that does not; an early delivery;
-- an hour that daylight saving skips; ids that a language would sort in another order than their bytes; equal numbers of
-- orders by channel; the largest money; halves of the last place, which the margin of 0.5 makes.
insert into raw.orders
    (order_id, customer_id, ordered_at, amount, quantity, cost, channel, region, status, promised_at, delivered_at, updated_at, _load, _row)
values
    ('h01', 'h-ä', '1969-12-31 23:59:59.5', 0.1235, 0.5, null, 'web', 'Ost', null, null, null, null, 'h1', 1),
    ('h02', 'h-ä', '2026-06-30 23:59:59.999999', 0.1245, 0.5, null, 'Web', null, null, null, null, null, 'h1', 2),
    ('h03', 'h-ä', '2026-07-01 00:00:00', 5, 1, null, 'Web', 'West', null, null, null, null, 'h1', 3),
    ('h04', '客户一', '2026-03-29 02:30:00.25', 0.0001, 1, null, '网店', '华东', 'completed', '2026-04-02 10:00:00', '2026-04-01 09:59:59.75', null, 'h1', 4),
    ('h05', '客户一', '2026-03-29 02:30:00.25', -0.0003, 1, null, '门店', '华北', 'completed', '2026-04-01 10:00:00.75', '2026-04-03 10:00:00.25', null, 'h1', 5),
    ('h06', '客户一', '2026-03-30 02:30:00', 0.0003, 1, 0, '门店', null, 'completed', null, null, null, 'h1', 6),
    ('h07', '😀|o''brien', '2024-02-29 12:00:00', 99999999999999.9999, 99999999999999.9999, 0.0001, 'shop', 'a', 'completed', null, null, null, 'h1', 7),
    ('h07', '😀|o''brien', '2024-02-29 12:00:00', 9999999999999.9999, 1, 0.0001, 'shop', 'a', 'completed', null, null, '2024-03-01 00:00:00.000001', 'h0', 1),
    ('h08', 'h-z', '2026-06-01 12:00:00', -7.0001, null, null, null, null, 'completed', null, null, null, 'h1', 8),
    ('h09', 'h-Z', '2026-06-01 12:00:00', 10, null, null, null, '', 'returned', null, null, null, 'h1', 9),
    ('h09', 'h-Z', '2026-06-01 12:00:00', 10, null, null, '', null, 'returned', null, null, null, 'h2', 1);

insert into raw.complaints
    (complaint_id, customer_id, opened_at, first_response_at, escalated_at, resolved_at, category, need_violated, resolution_accepted, order_id, is_suggestion, _load, _row)
values
    ('h1', '客户一', '2026-02-28 23:59:59.9', '2026-03-01 00:00:00.1', '2026-03-01 12:00:00.8', null, '物流', 'safety', null, 'h04', null, 'h1', 1),
    ('h2', '客户一', '2026-05-29 23:59:59.9', '2026-05-30 23:59:59.8', null, '2026-07-01', '物流', 'fairness', true, 'h05', false, 'h1', 2),
    ('h3', '客户一', '2026-06-29 23:59:59.9', null, '2026-07-01', '2026-06-30 23:59:59.999999', '物流', 'safety', false, null, false, 'h1', 3),
    ('h4', '客户一', '2026-03-01 00:00:00.1', null, null, '2026-03-30 01:59:59.999999', '物流', 'esteem', true, null, false, 'h1', 4);

-- The answers' means are halves of the sixth place; 0 and -0 are one value; a recommendation is read on 0 to 10.
insert into raw.surveys values
    ('h1', 'h-ä', '2026-06-01', 'overall_satisfaction', 0.1234565, 0.0000005, 0, 1, 'h1', 1),
    ('h2', 'h-ä', '2026-06-01', 'overall_satisfaction', 0.0000015, 0.0000025, 0, 1, 'h1', 2),
    ('h3', 'h-ä', '2026-06-01', 'would_recommend', 3, null, 1, 8, 'h1', 3),
    ('h4', 'h-ä', '2026-06-01', 'would_recommend', 4, null, 1, 8, 'h1', 4),
    ('h5', 'h-z', '2026-06-01', 'manner', 0.0, null, 0, 1, 'h1', 5),
    ('h5', 'h-z', '2026-06-01', 'manner', -0.0, null, 0, 1, 'h2', 1);

-- 4000 halves of the sixth place in one hundred customers' answers.
insert into raw.surveys
select
    'half-' || number, printf('half-%02d', number % 100), timestamp '2026-06-02' + to_milliseconds(number * 7),
    case number % 3 when 0 then 'overall_satisfaction' when 1 then 'manner' else 'would_recommend' end,
    (2 * (number * 7919 % 500000) + 1) / 2e6, (2 * (number * 104729 % 500000) + 1) / 2e6, 0, 1, 'h1', 10 + number
from range(4000) as numbers (number);
insert into raw.customers (customer_id, region, _load, _row)
select printf('half-%02d', number), 'r' || number % 3, 'h1', number + 1 from range(100) as numbers (number);

-- One event in two loads, told apart by a fraction of a second.
insert into raw.interactions values
    ('h-ä', '2026-06-21 10:00:00.120000', 'search', null, 0.5, 'h1', 1),
    ('h-ä', '2026-06-21 10:00:00.120000', 'search', null, 0.5, 'h2', 1),
    ('h-ä', '2026-06-21 10:00:00.120001', 'search', null, 0.5, 'h2', 2);

-- A customer who was in two tiers; the other interval is open.
insert into previous.segment_history values
    ('c01', 'value_tier', 'gold', '2025-07-01', '2026-03-01'),
    ('c01', 'value_tier', 'platinum', '2026-03-01', null),
    ('客户一', 'value_tier', '铂金', '2026-01-01', null),
    ('C000001', 'value_tier', 'lead', '2025-01-01', null);

-- An old id of c02 with an order of its own, and an event of somebody whom nobody knows.
insert into raw.aliases by name
select * replace ('c02' as customer_id, 'old_id' as kind, 'old-c02' as value, null as valid_from, 'hard' as _load)
from raw.aliases limit 1;
insert into staging.claim_ends values ('old-c02', 'c02');
insert into raw.orders by name
select * replace ('old-1' as order_id, 'old-c02' as customer_id, 'hard' as _load) from raw.orders limit 1;
insert into raw.interactions by name select * replace ('nobody' as customer_id, 'hard' as _load) from raw.interactions limit 1;
