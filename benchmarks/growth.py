"""How long staging and facts take: built in full, and grown by one day's load.

python benchmarks/growth.py --orders 5000000 --customers 1000000 --daily 10000
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "dbt"))

from growing import GrowingCompany

ORDERS = """
copy (
    select
        'o' || (number + {first}) as order_id,
        'c' || (hash(number + {first}, 1) % {customers}) as customer_id,
        ordered_at,
        cast(hash(number, 2) % 100000 / 100 as decimal(18, 4)) as amount,
        cast(hash(number, 3) % 9 + 1 as decimal(18, 4)) as quantity,
        cast(hash(number, 4) % 50000 / 100 as decimal(18, 4)) as cost,
        ['web', 'shop', 'phone'][cast(hash(number, 5) % 3 as int) + 1] as channel,
        'category ' || hash(number, 6) % 20 as category,
        ['north', 'south', 'east'][cast(hash(number, 7) % 3 as int) + 1] as region,
        case when hash(number, 8) % 50 = 0 then 'cancelled' else 'completed' end as status,
        cast(null as varchar) as refund_of,
        cast(null as timestamp) as due_at,
        ordered_at + to_days(cast(hash(number, 9) % 30 as int)) as paid_at,
        ordered_at + to_days(5) as promised_at,
        ordered_at + to_days(cast(hash(number, 10) % 7 + 1 as int)) as delivered_at,
        ordered_at as updated_at,
        '{load}' as _load,
        number as _row
    from (
        select
            number,
            date '{last_day}' - to_days(cast((1 - number / {orders}) * {days} as int))
                + to_seconds(cast(hash(number, 11) % 86400 as int)) as ordered_at
        from range(1, {orders} + 1) as numbers (number)
    )
    {corrections}
) to '{path}' (format parquet, compression zstd)
"""

# One order in a hundred of the day before comes again, with another amount.
CORRECTIONS = """
    union all
    select * replace (
        amount + 1 as amount, timestamp '{last_day}' as updated_at, '{load}' as _load, {orders} + _row as _row
    )
    from (from read_parquet('{path}') order by _row desc limit {orders}) where _row % 100 = 0
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=5_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--daily", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        company = GrowingCompany(Path(home))
        first, second = Path(home) / "first.parquet", Path(home) / "second.parquet"
        company.warehouse.rows("drop table raw.orders")
        for path, load, last_day, orders, days, start in (
            (first, "l1", "2026-06-30", options.orders, 1_095, 0),
            (second, "l2", "2026-07-01", options.daily, 1, options.orders),
        ):
            corrected = CORRECTIONS.format(path=first, last_day=last_day, load=load, orders=options.daily)
            company.warehouse.rows(
                ORDERS.format(
                    first=start,
                    customers=options.customers,
                    load=load,
                    last_day=last_day,
                    orders=orders,
                    days=days,
                    path=path,
                    corrections=corrected if start else "",
                )
            )
        for what, as_of, paths in (
            ("full build", "2026-06-30", [first]),
            ("the same again", "2026-06-30", [first]),
            ("a new day without a load", "2026-07-01", [first]),
            ("grown by a load", "2026-07-01", [first, second]),
            ("grown by a load and a day", "2026-07-02", [first, second]),
        ):
            company.warehouse.create_view("raw.orders", f"from read_parquet({[str(path) for path in paths]})")
            started = time.perf_counter()
            company.build(as_of, company.every_table)
            print(f"{what}: {time.perf_counter() - started:.1f} s", flush=True)
        grown = company.warehouse.rows("select count(*), sum(hash(orders)) from facts.orders")
        grown += company.warehouse.rows("select count(*), sum(hash(customers)) from facts.customer_orders as customers")
        from orchestration.quality.growth import forget

        forget(company.warehouse)
        started = time.perf_counter()
        company.build(as_of, company.every_table)
        print(f"full build of both loads: {time.perf_counter() - started:.1f} s")
        full = company.warehouse.rows("select count(*), sum(hash(orders)) from facts.orders")
        full += company.warehouse.rows("select count(*), sum(hash(customers)) from facts.customer_orders as customers")
        print("the same rows" if grown == full else f"other rows: {grown} against {full}")


if __name__ == "__main__":
    main()
