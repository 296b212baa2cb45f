"""What the decision about silence costs for a million customers: the sample, the law, the cells' limits, the statement.

    python benchmarks/silence.py [--customers 1000000]

Synthetic customers over two years: mean gaps log-normal about 30 days, shapes 1 to 16, one in twenty stops after each
order. Prints a table of seconds, peak memory of the process, and how many cells there were.
"""

import argparse
import resource
import time

import duckdb
import numpy as np
import pandas as pd

from orchestration.scoring import silence

DAYS = 730


def customers(count: int, draws: np.random.Generator) -> pd.DataFrame:
    """Rows of facts.customer_orders, as far as silence reads them."""
    shape = draws.choice([1.0, 2.0, 4.0, 8.0, 16.0], count)
    usual = 30 * np.exp(0.7 * draws.normal(size=count))
    last = draws.uniform(0, DAYS, count)
    orders_left = draws.geometric(0.05, count)
    gaps, logs, first = np.zeros(count), np.zeros(count), last.copy()
    going = np.flatnonzero(orders_left > 1)
    while len(going):
        gap = np.maximum(np.rint(draws.gamma(shape[going], usual[going] / shape[going])), 1)
        is_seen = last[going] + gap < DAYS
        going, gap = going[is_seen], gap[is_seen]
        last[going] += gap
        gaps[going] += 1
        logs[going] += np.log(gap)
        orders_left[going] -= 1
        going = going[orders_left[going] > 1]
    has_gaps = np.where(gaps > 0, gaps, np.nan)
    return pd.DataFrame(
        {
            "customer_id": np.arange(count).astype(str),
            "order_days": gaps.astype(int) + 1,
            "frequency": gaps.astype(int),
            "recency_days": np.rint(last - first).astype(int),
            "mean_gap_days": (last - first) / has_gaps,
            "mean_log_gap_days": logs / has_gaps,
            "days_since_last_order": np.floor(DAYS - last).astype(int),
        }
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--customers", type=int, default=1_000_000)
    count = arguments.parse_args().customers
    connection = duckdb.connect(config={"threads": 2})
    frame = customers(count, np.random.default_rng(1))
    connection.execute("create table told as select * replace (customer_id::varchar as customer_id) from frame")
    del frame
    silence.decide_limits(  # imports and compiled code are not what is measured
        connection.execute(silence.sample_sql("(select * from told limit 100)")).df(),
        connection.execute(silence.cells_sql("(select * from told limit 100)")).df(),
    )

    def timed(step):
        started = time.perf_counter(), time.process_time()
        result = step()
        return result, time.perf_counter() - started[0], time.process_time() - started[1]

    before = peak_mib()
    sample, *of_sample = timed(lambda: connection.execute(silence.sample_sql("told")).df())
    cells, *of_cells = timed(lambda: connection.execute(silence.cells_sql("told")).df())
    limits, *of_decision = timed(lambda: silence.decide_limits(sample, cells))
    connection.register("factors", limits.factors)
    statement = silence.silence_sql(limits, "told", "factors")
    _, *of_table = timed(lambda: connection.execute(f"create table silence as {statement}"))
    print("| step | seconds | processor s |\n|---|---|---|")
    for step, (seconds, processor) in {
        f"sample of {len(sample):,}": of_sample,
        f"cells of {count:,} customers": of_cells,
        f"law, and limits of {len(cells):,} cells": of_decision,
        "the limit of each customer": of_table,
    }.items():
        print(f"| {step} | {seconds:.1f} | {processor:.1f} |")
    print(f"\npeak {peak_mib():,.0f} MiB, {before:,.0f} before the first step")


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
