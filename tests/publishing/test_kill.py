"""A process that is killed while it publishes leaves a complete release served, and the next run mends the rest."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_kill_at_any_moment_leaves_a_complete_release_served_and_the_next_publishing_goes_on():
    """Power fails when it likes: ten times at a random moment, ten times before a line of ours."""
    script = ROOT / "benchmarks" / "faults" / "kill_publishing.py"
    found = subprocess.run(
        [sys.executable, str(script), "--times", "10", "--lines", "10", "--seed", "20260630"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "wrong afterwards: 0" in found.stdout
