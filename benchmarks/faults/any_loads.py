"""Any exports of orders, arriving in any loads with any crashes: are rows conserved, and the facts those of one load?

    python benchmarks/faults/any_loads.py --times 2000 --seed 1

A third of the examples have corrections with a moment of their own each, for which the order of the loads must not
matter; in another third a table is pulled while it changes. Prints how many examples and loads there were, and where
the crashes were. The tests do the same a few times: what an example is, is told in tests/dbt, in exports.py,
any_loads.py and any_pulls.py.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "dbt"))

from any_loads import arrivals, check, compiled_models
from any_pulls import changes, check_pulls
from exports import exports

KINDS = ("files in any order", "dated corrections", "pulls")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tally, died = Counter(), Counter()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        models = compiled_models(Path(folder) / "home", Path(folder) / "target")

        @seed(options.seed)
        @settings(
            max_examples=options.times,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(data=st.data(), kind=st.sampled_from(KINDS))
        def trial(data, kind):
            if kind == KINDS[2]:
                tally["loads"] += check_pulls(data.draw(changes()), models, died)
            else:
                files = data.draw(exports(has_distinct_updates=kind == KINDS[1]))
                tally["loads"] += check(files, data.draw(arrivals(len(files))), models, died)
            tally[kind] += 1
            tally["examples"] += 1
            if tally["examples"] % 100 == 0:
                print(f"{tally['examples']} examples, {time.monotonic() - begun:.0f} s", flush=True)

        trial()
    tally["crashes"] = died.total()
    for name, count in [*tally.items(), *sorted(died.items())]:
        print(f"{name:32} {count:,}")


if __name__ == "__main__":
    main()
