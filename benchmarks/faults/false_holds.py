"""How often the checks of drift hold clean refreshes, and which planted faults they hold.

    python benchmarks/faults/false_holds.py --days 1000 --faults 3000 --seed 1

Simulated at the level of the checks: companies of several sizes and calendars are refreshed each day for so many days,
then faults are planted on random days. A whole refresh takes half a minute, a simulated one some milliseconds. What a
company is, is told in tests/quality/drifting.py, what each fault does in planted.py beside it. The tests do the same on
one company for a few weeks. Checks of marts (rows, missing values) and of feeds (rows) are not simulated: they compare
two counts.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from quality.drifting import CLOSED_ON_SUNDAY, Company, held, is_warned
from quality.planted import FAULTS, broken
from quality.refreshing import refreshed

OF_NEW_ORDERS = ("day at 15 %", "amounts x 100 in new files")  # nothing to spoil on a day of rest
WARM_UP = 450  # days before the first refresh that is judged: a year of seasons, and some weeks
WEEKDAYS_ONLY = (1.4, 1.4, 1.4, 1.4, 1.4, 0.28, 0.28)
COMPANIES = {
    "300 customers": {"customers": 300},
    "300 customers, refreshed each month": {"customers": 300, "every": 30, "kept_days": 1000},
    "5,000 customers, refreshed each quarter": {"customers": 5_000, "every": 91, "kept_days": 1000},
    "5,000 customers, weekends at 20 %": {"customers": 5_000, "weekdays": WEEKDAYS_ONLY},
    "5,000 customers, the same, two days a file": {
        "customers": 5_000,
        "weekdays": WEEKDAYS_ONLY,
        "way": "the last two days",
    },
    "5,000 customers, exports of everything": {"customers": 5_000, "way": "everything"},
    "5,000 customers, exported in the morning": {"customers": 5_000, "way": "everything", "share": 0.15},
    "300 customers, new": {"customers": 300, "warm_up": 15},
    "5,000 customers": {"customers": 5_000},
    "5,000 customers, closed on Sundays": {"customers": 5_000, "weekdays": CLOSED_ON_SUNDAY},
    "5,000 customers, a tenth of the orders on holidays": {"customers": 5_000, "skeleton": 0.1},
    "5,000 customers, the same, new": {"customers": 5_000, "skeleton": 0.1, "warm_up": 60},
    "5,000 customers, doubling each year": {"customers": 5_000, "growth": 1.0},
    "100,000 customers": {"customers": 100_000},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--faults", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="companies whose name has this")
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    for name, told in COMPANIES.items():
        if options.only not in name:
            continue
        told = dict(told)
        warm_up = told.pop("warm_up", WARM_UP)
        feeding = {key: told.pop(key) for key in ("every", "way", "share") if key in told}
        company, begun = Company(seed=options.seed, **told), time.monotonic()
        for _ in range(warm_up):
            company.live()
        holds, refreshes_held = refreshed(company, options.days, **feeding)
        refreshes = -(-options.days // feeding.get("every", 1))
        print(
            f"{name}: {refreshes_held} of {refreshes} clean refreshes held {dict(holds)}, "
            f"{time.monotonic() - begun:.0f} s",
            flush=True,
        )
        for kind, (tried, caught, by) in planted(company, options.faults // len(COMPANIES), random).items():
            told_by = ", ".join(f"{check} {count}" for check, count in by.most_common() if count)
            print(f"    {kind:28} {caught:4} of {tried:4} held; {told_by or 'nothing found'}", flush=True)


def planted(company: Company, times: int, random: np.random.Generator) -> dict[str, tuple[int, int, Counter]]:
    """Plant each fault on days over a year, so many in all; how often it was tried and held, and by which checks."""
    found = {kind: (0, 0, Counter()) for kind in FAULTS}
    published = [one.day for one in company.snapshots]
    for number in range(times):
        kind = FAULTS[number % len(FAULTS)]
        if kind == FAULTS[0]:
            for _ in range(max(1, 365 * len(FAULTS) // times)):
                base = company.snapshots[-1]
                company.live()
                published.append(company.day)
        if kind in OF_NEW_ORDERS and not company.counts[company.day]:
            continue
        seen = broken(kind, company, base, random)
        checks = held(company, base, seen, published[:-1])
        tried, caught, by = found[kind]
        by.update(checks)
        by["volume_is_usual, a warning,"] += is_warned(base, seen)
        found[kind] = tried + 1, caught + bool(checks), by
    return found


if __name__ == "__main__":
    main()
