"""Random loads and random moves of as_of, for as many rounds as it is given: grown tables against a full build.

    python benchmarks/faults/incremental.py --rounds 200 --seed 1

The company, and what may happen to it, are in tests/dbt/growing.py.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "dbt"))

from growing import DAYS, GrowingCompany


def main() -> None:
    """Stop with the tables that differ, or say how many rounds passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = Random(options.seed)
    with tempfile.TemporaryDirectory() as home:
        company = GrowingCompany(Path(home), draw)
        as_of = DAYS[0]
        for number in range(1, options.rounds + 1):
            loads = {f"l{draw.randrange(1_000):03}" for _ in range(draw.choice((0, 1, 1, 3)))}
            loads -= {row["_load"] for row in company.rows["orders"]}
            for load in sorted(loads, key=lambda _: draw.random()):
                company.land(load, size=draw.choice((1, 20, 100)))
            known = sorted({row["_load"] for row in company.rows["orders"]})
            removed = draw.choice(known) if known and draw.random() < 0.1 else None
            if removed:
                company.remove(removed)
            as_of = draw.choice((as_of, draw.choice(DAYS)))
            company.build(as_of)
            grown, full = company.contents(), company.full_contents(as_of)
            differing = [table for table in grown if grown[table] != full[table]]
            told = f"round {number}: as_of {as_of}, landed {sorted(loads)}, removed {removed}"
            if differing:
                sys.exit(f"{told}: {', '.join(differing)} differ from a full build")
            print(told, flush=True)
    print(f"{options.rounds} rounds passed")


if __name__ == "__main__":
    main()
