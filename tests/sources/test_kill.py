"""A process that is killed while it lands loses nothing: the next landing gives what one that nobody killed gives."""

import re
import subprocess
import sys

from orchestration.settings import PROJECT


def test_a_landing_killed_at_any_moment_is_completed_by_the_next():
    """Power fails when it likes. Landings are forked from a process without threads, which this one is not."""
    script = PROJECT / "benchmarks" / "faults" / "kill_landing.py"
    options = ["--times", "10", "--seed", "7", "--rows", "8000"]
    run = subprocess.run([sys.executable, script, *options], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "differed after the second landing: 0" in run.stdout
    spared = int(re.search(r"after the end +(\d+)", run.stdout)[1])
    assert spared < 5, f"half of the kills came too late to prove anything:\n{run.stdout}"
