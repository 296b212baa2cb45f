"""How long customer lifetime value takes from the histogram on, and how much memory.

    python benchmarks/clv.py [--customers 1000000] [--models bg_nbd,pareto_nbd] [--work FOLDER] [--repeat 3]
                             [--peer PYTHON_WITH_LIFETIMES]

Synthetic customers over two years of days. Each measurement is a process of its own, so that its peak memory is its
own; medians of `--repeat` rounds. It begins with what the engine hands over (distinct histories with counts, each
repeat customer's frequency and mean spend) and ends with the lifetime value of each customer: fit, P(alive), discounted
expected orders of a year, Gamma-Gamma, value. `--peer` runs lifetimes on the same customers, in its own environment.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

DAYS = 730


def prepare(file: Path, customers: int) -> None:
    """Write the customers once: orders at Gamma rates until a Beta chance stops them, collapsed to days."""
    if file.exists():
        return
    chance = np.random.default_rng(20)
    age = chance.integers(1, DAYS, customers)
    rate, stop = chance.gamma(0.5, 1 / 30, customers), chance.beta(0.8, 4, customers)
    frequency, recency = np.zeros(customers, np.int64), np.zeros(customers, np.int64)
    moment, going = np.zeros(customers), np.arange(customers)
    while len(going):
        moment[going] += chance.exponential(1 / np.maximum(rate[going], 1e-300))
        going = going[moment[going] < age[going] + 1]
        day = moment[going].astype(np.int64)
        frequency[going] += day > recency[going]
        recency[going] = day
        going = going[chance.uniform(size=len(going)) >= stop[going]]
    spend = chance.gamma(6 * np.maximum(frequency, 1)) / (np.maximum(frequency, 1) * chance.gamma(4, 1 / 60, customers))
    histories, cell_of, counts = np.unique(
        (frequency * DAYS + recency) * DAYS + age, return_inverse=True, return_counts=True
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        file,
        cell_frequency=(histories // DAYS**2).astype(float),
        cell_recency=(histories // DAYS % DAYS).astype(float),
        cell_age=(histories % DAYS).astype(float),
        cell_counts=counts,
        cell_of=cell_of.astype(np.int32),
        frequency=frequency.astype(float),
        recency=recency.astype(float),
        age=age.astype(float),
        spend=np.round(spend, 2) + 0.01,
    )


def measure(kind: str, file: Path) -> None:
    """One measurement, in this process."""
    columns = np.load(file)
    seconds = (lifetimes_value if kind == "lifetimes" else our_value)(kind, columns)
    # Not ru_maxrss: a process inherits that of the one that started it.
    status = Path("/proc/self/status").read_text("ascii")
    peak = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps(seconds | {"mib": peak}))


def our_value(kind: str, columns) -> dict:
    import scipy.optimize  # as lifetimes does when it is imported: half a second that is not the method's
    import scipy.special  # noqa: F401

    from orchestration.scoring.clv.fitting import fit
    from orchestration.scoring.clv.gamma_gamma import Spending, fit_spend
    from orchestration.scoring.clv.histogram import Histogram

    cells = [columns[f"cell_{name}"] for name in ("frequency", "recency", "age", "counts")]
    cell_of, frequency, spend = columns["cell_of"], columns["frequency"], columns["spend"]
    began = time.perf_counter()
    histogram = Histogram(*cells)
    found = fit(kind, histogram)
    fitted = time.perf_counter()
    alive = found.model.p_alive(histogram)
    orders = found.model.discounted_orders(histogram, 365, 0.1)
    predicted = time.perf_counter()
    repeats = frequency > 0
    money = fit_spend(Spending(frequency[repeats], spend[repeats], np.ones(repeats.sum())))
    value = orders[cell_of] * money.model.expected_spend(frequency, spend)
    ended = time.perf_counter()
    return {
        "seconds": ended - began,
        "fit": fitted - began,
        "predict": predicted - fitted,
        "spend": ended - predicted,
        "cells": len(histogram),
        "alive": float(alive.mean()),
        "total": float(value.sum()),
        "status": found.report.status,
    }


def lifetimes_value(kind: str, columns) -> dict:
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    frequency, recency, age, spend = (columns[name] for name in ("frequency", "recency", "age", "spend"))
    began = time.perf_counter()
    counts = BetaGeoFitter()
    counts.fit(frequency, recency, age)
    fitted = time.perf_counter()
    alive = counts.conditional_probability_alive(frequency, recency, age)
    predicted = time.perf_counter()
    repeats = frequency > 0
    money = GammaGammaFitter()
    money.fit(frequency[repeats], spend[repeats])
    monthly = 1.1 ** (30 / 365) - 1
    import pandas as pd

    series = [pd.Series(column) for column in (frequency, recency, age, spend)]
    value = money.customer_lifetime_value(counts, *series, time=12, discount_rate=monthly, freq="D")
    ended = time.perf_counter()
    return {
        "seconds": ended - began,
        "fit": fitted - began,
        "predict": predicted - fitted,
        "spend": ended - predicted,
        "cells": len(frequency),
        "alive": float(np.mean(alive)),
        "total": float(np.sum(value)),
        "status": "converged",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--models", default="bg_nbd,mbg_nbd,pareto_nbd")
    parser.add_argument("--work", type=Path, default=Path("var/benchmarks/clv"))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peer", default="")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure(given.one[0], Path(given.one[1]))
        return
    file = given.work / f"{given.customers}.npz"
    prepare(file, given.customers)
    print(f"| {given.customers:,} customers | seconds | fit | predict | spend and value | peak MiB | total value |")
    print("|---|---|---|---|---|---|---|")
    for kind in given.models.split(",") + (["lifetimes"] if given.peer else []):
        python = given.peer if kind == "lifetimes" else sys.executable
        command = [python, __file__, "--one", kind, str(file)]
        rounds = [
            json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(given.repeat)
        ]
        medians = [statistics.median(each[part] for each in rounds) for part in ("seconds", "fit", "predict", "spend")]
        peak = statistics.median(each["mib"] for each in rounds)
        shown = " | ".join(f"{seconds:.2f}" for seconds in medians)
        name = f"{kind}, {rounds[0]['cells']:,} histories, {rounds[0]['status']}"
        print(f"| {name} | {shown} | {peak:.0f} | {rounds[0]['total']:,.0f} |")


if __name__ == "__main__":
    main()
