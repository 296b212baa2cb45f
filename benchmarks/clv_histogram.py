"""What the histogram of customer lifetime value costs from the orders on, against the engine's plain GROUP BY.

    python benchmarks/clv_histogram.py [--orders 20000000] [--work FOLDER] [--repeat 3]

Synthetic orders of a twentieth as many customers over three years, few of them on the same day, which is the worst
case: days are hardly fewer than orders. Each measurement is a process of its own, so that its peak memory is its own;
medians of `--repeat` rounds, in turns. Processor seconds stand beside those on the wall, since they tell more on a busy
machine; the ratios are of processor seconds. All forms must find the same histogram.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import duckdb

THREADS = 2
ORDERS = """
    create table orders as
    select
        'SO-' || number as order_id,
        'C' || lpad(cast(cast({customers} * pow(hash(number, 1) / pow(2, 64), 1.7) as bigint) as varchar), 8, '0')
            as customer_id,
        date '2023-01-01' + cast(hash(number, 2) % 1095 as integer) as ordered_date,
        cast(1 + hash(number, 3) % 50000 / 100.0 as decimal(18, 4)) as amount,
        hash(number, 4) % 50 > 0 as is_counted
    from range({orders}) as numbers (number)
"""
DAYS = """
    select customer_id, ordered_date, count(*) as orders, cast(sum(amount) as decimal(18, 4)) as amount
    from orders
    where is_counted
    group by customer_id, ordered_date
"""
# Histories of customers, from days; and from orders, by three ways to count days that know nothing of the first one's
# spend.
FROM_DAYS = """
    select
        count(*) - 1 as frequency,
        max(ordered_date) - min(ordered_date) as recency,
        date '2025-12-31' - min(ordered_date) as age,
        sum(amount) - min_by(amount, ordered_date) as repeat_amount
    from {days}
    group by customer_id
"""
FROM_ORDERS = """
    select
        {days} - 1 as frequency,
        max(ordered_date) - min(ordered_date) as recency,
        date '2025-12-31' - min(ordered_date) as age,
        null as repeat_amount
    from orders
    where is_counted
    group by customer_id
"""
HISTOGRAM = """
    create temp table histogram as
    select frequency, recency, age, count(*) as customers, sum(repeat_amount) as repeat_amount
    from ({customers})
    group by frequency, recency, age
"""
BY_CUSTOMER = "plain GROUP BY customer_id"
BY_DAY = "plain GROUP BY customer_id, ordered_date"
FORMS = {
    BY_CUSTOMER: """
        create temp table plain as
        select customer_id, count(*), min(ordered_date), max(ordered_date), sum(amount)
        from orders
        where is_counted
        group by customer_id
    """,
    BY_DAY: f"create temp table plain as {DAYS}",
    "days, then customers": HISTOGRAM.format(customers=FROM_DAYS.format(days=f"({DAYS})")),
    "days kept as a table, then customers": (
        f"create temp table order_days as {DAYS};" + HISTOGRAM.format(customers=FROM_DAYS.format(days="order_days"))
    ),
    "count(distinct), no spend": HISTOGRAM.format(customers=FROM_ORDERS.format(days="count(distinct ordered_date)")),
    "list_unique(list), no spend": HISTOGRAM.format(
        customers=FROM_ORDERS.format(days="list_unique(list(ordered_date))")
    ),
    "bitstring_agg, no spend": HISTOGRAM.format(
        customers=FROM_ORDERS.format(
            days="bit_count(bitstring_agg(ordered_date - date '2023-01-01', cast(0 as bigint), cast(1094 as bigint)))"
        )
    ),
}


def prepare(file: Path, orders: int) -> None:
    """Write the orders once."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(file) as connection:
        connection.execute(ORDERS.format(orders=orders, customers=max(1, orders // 20)))


def measure(form: str, file: Path) -> None:
    """One measurement, in this process."""
    with duckdb.connect(file, read_only=True, config={"threads": THREADS}) as connection:
        began, worked = time.perf_counter(), time.process_time()
        connection.execute(FORMS[form])
        found = {"seconds": time.perf_counter() - began, "processor": time.process_time() - worked}
        # Not ru_maxrss: a process inherits that of the one that started it.
        status = Path("/proc/self/status").read_text("ascii")
        found["mib"] = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
        if "plain" not in form:
            found["histogram"] = connection.execute(
                "select count(*), cast(sum(hash(frequency, recency, age, customers)) as varchar) from histogram"
            ).fetchall()[0]
            spend = connection.execute("select cast(sum(repeat_amount) as varchar) from histogram").fetchall()[0][0]
            found |= {"repeat_amount": spend} if spend else {}
    print(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=20_000_000)
    parser.add_argument("--work", type=Path, default=Path("var/benchmarks/clv"))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure(given.one[0], Path(given.one[1]))
        return
    file = given.work / f"orders-{given.orders}.duckdb"
    prepare(file, given.orders)
    rounds: dict[str, list[dict]] = {form: [] for form in FORMS}
    for _ in range(given.repeat):
        for form in FORMS:
            command = [sys.executable, __file__, "--one", form, str(file)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            rounds[form].append(json.loads(done.stdout))
    for name in ("histogram", "repeat_amount"):
        answers = {str(each[name]) for found in rounds.values() for each in found if name in each}
        if len(answers) != 1:
            raise SystemExit(f"the forms do not agree on {name}: {answers}")
    medians = {
        form: {part: statistics.median(each[part] for each in found) for part in ("seconds", "processor", "mib")}
        for form, found in rounds.items()
    }
    print(f"| {given.orders:,} orders | seconds | processor s | times by customer | times by day | peak MiB |")
    print("|---|---|---|---|---|---|")
    for form, found in medians.items():
        ratios = (f"{found['processor'] / medians[plain]['processor']:.2f}" for plain in (BY_CUSTOMER, BY_DAY))
        times = f"{found['seconds']:.1f} | {found['processor']:.1f}"
        print(f"| {form} | {times} | {' | '.join(ratios)} | {found['mib']:,.0f} |")


if __name__ == "__main__":
    main()
