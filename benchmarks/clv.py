"""How long customer lifetime value takes from the histogram on, and how much memory.

    python benchmarks/clv.py [--customers 1000000] [--models bg_nbd,pareto_nbd] [--work FOLDER] [--repeat 3]
                             [--peer lifetimes=PYTHON] [--peer pymc-marketing=PYTHON]

Synthetic customers over two years of days. Each measurement is a process of its own, so that its peak memory is its
own; medians of `--repeat` rounds. It begins with what the engine hands over (distinct histories with counts, each
repeat customer's frequency and mean spend) and ends with the lifetime value of each customer: fit, P(alive), discounted
expected orders of a year, Gamma-Gamma, value; then, on top, intervals of each history's orders and spend. A peer is
another library's BG/NBD on the same customers, by a Python that has it; it has no such intervals.
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
MONTHLY = 1.1 ** (30 / 365) - 1  # both peers discount 12 months of 30 days


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
    """One measurement, in this process: seconds of each lap, the peak memory at its end, and the outcome."""
    columns, laps = np.load(file), {}
    columns = {name: columns[name] for name in columns.files}
    moment = None

    def lap(name: str = "") -> None:
        """The lap of this name ends here; the first call begins."""
        nonlocal moment
        if moment is not None:
            # Not ru_maxrss: a process inherits that of the one that started it.
            status = Path("/proc/self/status").read_text("ascii")
            peak = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
            laps[name] = {"seconds": time.perf_counter() - moment, "mib": peak}
        moment = time.perf_counter()

    outcome = PEERS[kind](columns, lap) if kind in PEERS else our_value(kind, columns, lap)
    print(json.dumps({"laps": laps} | outcome))


def our_value(kind: str, columns: dict, lap) -> dict:
    import scipy.optimize  # as lifetimes does when it is imported: half a second that is not the method's
    import scipy.special  # noqa: F401

    from orchestration.scoring.clv.fitting import fit
    from orchestration.scoring.clv.gamma_gamma import Spending, fit_spend
    from orchestration.scoring.clv.histogram import Histogram
    from orchestration.scoring.clv.intervals import intervals
    from orchestration.scoring.clv.plausible import Point, plausible

    cells = [columns[f"cell_{name}"] for name in ("frequency", "recency", "age", "counts")]
    cell_of, frequency, spend = columns["cell_of"], columns["frequency"], columns["spend"]
    lap()
    histogram = Histogram(*cells)
    found = fit(kind, histogram)
    lap("fit")
    found.model.p_alive(histogram)
    orders = found.model.discounted_orders(histogram, 365, 0.1)
    lap("predict")
    repeats = frequency > 0
    money = fit_spend(Spending(frequency[repeats], spend[repeats], np.ones(repeats.sum())))
    value = orders[cell_of] * money.model.expected_spend(frequency, spend)
    lap("value")
    intervals(Point(found.model, money.model), histogram, 365, plausible(found, money))
    lap("intervals")
    return {"rows": len(histogram), "total": float(value.sum()), "status": found.report.status}


def lifetimes_value(columns: dict, lap) -> dict:
    import pandas as pd
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    frequency, recency, age, spend = (pd.Series(columns[name]) for name in ("frequency", "recency", "age", "spend"))
    lap()
    counts = BetaGeoFitter()
    counts.fit(frequency, recency, age)
    lap("fit")
    counts.conditional_probability_alive(frequency, recency, age)
    lap("predict")
    repeats = frequency > 0
    money = GammaGammaFitter()
    money.fit(frequency[repeats], spend[repeats])
    value = money.customer_lifetime_value(
        counts, frequency, recency, age, spend, time=12, discount_rate=MONTHLY, freq="D"
    )
    lap("value")
    return {"rows": len(frequency), "total": float(value.sum()), "status": "fitted"}


def pymc_value(columns: dict, lap) -> dict:
    import pandas as pd
    from pymc_marketing.clv import BetaGeoModel, GammaGammaModel

    names = {"frequency": "frequency", "recency": "recency", "age": "T", "spend": "monetary_value"}
    data = pd.DataFrame({theirs: columns[ours] for ours, theirs in names.items()})
    data.insert(0, "customer_id", np.arange(len(data)))
    lap()
    counts = BetaGeoModel(data)
    counts.fit(method="map", progressbar=False)
    lap("fit")
    counts.expected_probability_alive()
    lap("predict")
    money = GammaGammaModel(data[data["frequency"] > 0])
    money.fit(method="map", progressbar=False)
    value = money.expected_customer_lifetime_value(counts, data, future_t=12, discount_rate=MONTHLY, time_unit="D")
    lap("value")
    return {"rows": len(data), "total": float(value.sum()), "status": "fitted"}


PEERS = {"lifetimes": lifetimes_value, "pymc-marketing": pymc_value}


def row(kind: str, python: str, file: Path, repeat: int) -> str:
    """Medians of the rounds, as a line of the table."""
    rounds = []
    for _ in range(repeat):
        command = [python, __file__, "--one", kind, str(file)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        rounds.append(json.loads(done.stdout.splitlines()[-1]))
    medians = {
        name: {unit: statistics.median(each["laps"][name][unit] for each in rounds) for unit in ("seconds", "mib")}
        for name in rounds[0]["laps"]
    }
    parts = [medians[name]["seconds"] for name in ("fit", "predict", "value")]
    shown = [f"{sum(parts):.2f}", *(f"{seconds:.2f}" for seconds in parts), f"{medians['value']['mib']:.0f}"]
    ahead = medians.get("intervals")
    shown += [f"{ahead['seconds']:.2f}", f"{ahead['mib']:.0f}"] if ahead else ["", ""]
    first = rounds[0]
    return f"| {kind}, {first['rows']:,} rows, {first['status']} | {' | '.join(shown)} | {first['total']:,.0f} |"


def peer(given: str) -> tuple[str, str]:
    name, _, python = given.partition("=")
    if name not in PEERS or not python:
        raise argparse.ArgumentTypeError(f"{given!r} is not NAME=PYTHON with a NAME of {', '.join(PEERS)}")
    return name, python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--models", default="bg_nbd,mbg_nbd,pareto_nbd")
    parser.add_argument("--work", type=Path, default=Path("var/benchmarks/clv"))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peer", type=peer, action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure(given.one[0], Path(given.one[1]))
        return
    file = given.work / f"{given.customers}.npz"
    prepare(file, given.customers)
    heads = ["s", "fit", "predict", "value", "peak MiB", "intervals", "peak MiB", "total value"]
    print(f"| {given.customers:,} customers | {' | '.join(heads)} |")
    print("|" + "---|" * (len(heads) + 1))
    for kind, python in [(model, sys.executable) for model in given.models.split(",")] + given.peer:
        print(row(kind, python, file, given.repeat), flush=True)


if __name__ == "__main__":
    main()
