"""Whether the past is still what it was: each customer's orders up to the base release's day, said then and said now.

What was ordered up to a day does not change afterwards, but for late rows, corrections and returns. So this needs no
history of releases, no season disturbs it, and it sees what totals hide: customers under other ids, moved dates,
amounts in another unit, orders that are there twice.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from orchestration.quality.drift.allowance import grown

LEAST_DAYS = 28  # of history; before, the returns of a week are a large part of all money
LEAST_CUSTOMERS = 20
MOST = 0.5  # a limit that grew beyond half of everything would hold nothing back
SAME_MONEY = 0.01


@dataclass(frozen=True)
class Past:
    """Customers of the base release, those whose past is another now, and money up to that day, then and now.

    `begin` is the day of the first order of which the base release or the candidate knows: an export that lost most of
    its past looks young.
    """

    customers: int
    changed: int
    gone: int
    money_before: Decimal
    money_now: Decimal
    begin: dt.date | None

    @property
    def changed_share(self) -> float:
        return self.changed / self.customers if self.customers else 0.0

    @property
    def money_moved(self) -> float | None:
        """By which share of what it was the money changed; None where there was none."""
        return float(self.money_now / self.money_before - 1) if self.money_before > 0 else None


def past_sql(base: dt.date) -> str:
    """SELECT of the fields of `Past`, in order.

    The past is today's sums less what came since, so that only the orders since are added up, and days are looked at
    only of the customers who ordered since: a twentieth of the work where the base release is of yesterday.
    """
    after = base + dt.timedelta(days=1)
    return f"""
        with came_since as (
            select customer_id, sum(amount) as revenue
            from facts.orders
            where (is_counted or is_refund) and ordered_date > date '{base}'
            group by customer_id
        ),
        ordered_since as (
            select customer_id from facts.customer_orders where last_ordered_at >= date '{after}'
        ),
        days_before as (
            select customer_id, max(ordered_date) as last_date
            from facts.order_days
            where ordered_date <= date '{base}' and customer_id in (select customer_id from ordered_since)
            group by customer_id
        ),
        past as (
            select
                now.customer_id,
                cast(now.revenue - coalesce(came_since.revenue, 0) as decimal(18, 2)) as revenue,
                case
                    when now.last_ordered_at >= date '{after}' then days_before.last_date
                    else cast(now.last_ordered_at as date)
                end as last_date,
                cast(now.first_ordered_at as date) as first_date
            from facts.customer_orders as now
            left join came_since on now.customer_id = came_since.customer_id
            left join days_before on now.customer_id = days_before.customer_id
        ),
        compared as (
            select
                before.customer_id is not null as was_there,
                past.customer_id is not null as is_there,
                coalesce(before.revenue, 0) as before_revenue,
                coalesce(past.revenue, 0) as now_revenue,
                cast(before.last_ordered_at as date) as before_date,
                past.last_date as now_date,
                least(past.first_date, cast(before.first_ordered_at as date)) as first_date
            from (select * from previous.customer_value where revenue is not null) as before
            full join past on before.customer_id = past.customer_id
        )
        select
            count(*) filter (where was_there),
            count(*) filter (where was_there and (
                not is_there
                or before_date is distinct from now_date
                or abs(now_revenue - before_revenue)
                    > {SAME_MONEY} * greatest(abs(now_revenue), abs(before_revenue))
            )),
            count(*) filter (where was_there and not is_there),
            coalesce(sum(before_revenue), 0),
            coalesce(sum(now_revenue), 0),
            min(first_date)
        from compared
    """


def is_held_by_money(past: Past, base: dt.date, threshold: float, days: int) -> tuple[bool, float]:
    """Whether too much money of the past came or went, and the limit."""
    limit = grown(threshold, days, MOST)
    is_young = past.begin is None or (base - past.begin).days < LEAST_DAYS
    return not is_young and past.money_moved is not None and abs(past.money_moved) > limit, limit


def is_held_by_customers(past: Past, threshold: float, days: int) -> tuple[bool, float]:
    """Whether too many customers have another past, and the limit."""
    limit = grown(threshold, days, MOST)
    return past.changed >= LEAST_CUSTOMERS and past.changed_share > limit, limit
