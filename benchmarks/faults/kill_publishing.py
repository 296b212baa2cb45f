"""Publishing, going back, unpinning and telling a hold, killed: is what is served whole, and does the next one go on?

    python benchmarks/faults/kill_publishing.py --times 300 --seed 1

Each piece of work is a process of its own, which gets SIGKILL: `--times` of them at a moment drawn from the whole time
that it takes, and then one before each line of ours that it runs (`--lines` draws fewer). After each, what is served
must be a complete release by the hashes of its manifest, in both formats; the status must tell the truth; the next
publishing must succeed without help and leave no file behind, in the home or in the folder for temporary files. The
tests do the same with twenty kills.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from children import ended, started
from homes import HELD_NOW, assert_goes_on, hold, make_pinned, make_served, publish

import orchestration
from orchestration import durable
from orchestration.publishing import catalogue, release

Line = tuple[str, int]

# What is killed, what the home is like before, and how often it is drawn.
WORKS = {
    "publish": (make_served, lambda home, ready: publish(home, 35, ready), 6),
    "rollback": (make_served, lambda home, ready: (ready(), release.rollback(home)), 2),
    "unpin": (make_pinned, lambda home, ready: (ready(), release.unpin(home)), 1),
    "hold": (make_served, lambda home, ready: (ready(), hold(home, HELD_NOW)), 1),
}
OURS = (str(Path(orchestration.__file__).parent / "publishing"), durable.__file__)
PHASES = (
    "nothing has been written",
    "a release is being written",
    "it is complete, and not switched to",
    "pinned, and not switched",
    "switched, and not told",
    "done",
)


def phase(home: Path, before: list[str], was_killed: bool) -> str:
    """What was going on, from what lies there."""
    if not was_killed:
        return PHASES[5]
    served, published = catalogue.served_id(home), catalogue.published(home)
    told = json.loads((published / "status.json").read_text("utf-8"))
    pin = published / "pinned.json"
    if served != told["release_id"]:
        return PHASES[4]
    if pin.exists() and json.loads(pin.read_text("utf-8"))["release_id"] != served:
        return PHASES[3]
    if set(catalogue.release_ids(home)) - {*before, served}:
        return PHASES[2]
    writing = any(map(durable.is_leftover, [*published.iterdir(), *catalogue.releases_directory(home).iterdir()]))
    return PHASES[1] if writing else PHASES[0]


def followed(work: Callable[[], object], seen: Callable[[Line], None]) -> None:
    """Do something, and tell of each line of ours before it runs."""

    def trace(frame, event, _):
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line":
            seen((Path(frame.f_code.co_filename).name, frame.f_lineno))
        return trace

    sys.settrace(trace)
    work()


def write_lines(home: Path, work: Callable, path: Path) -> None:
    """The distinct lines that a work runs, as JSON."""
    lines: dict[Line, None] = {}
    followed(lambda: work(home, lambda: None), lambda line: lines.setdefault(line))
    path.write_text(json.dumps(list(lines)))


def die_at(line: Line) -> Callable[[Line], None]:
    """What kills this process before it runs a line."""
    return lambda seen: os.kill(os.getpid(), signal.SIGKILL) if seen == line else None


class Trials:
    """Homes to begin with, and what came of the kills."""

    def __init__(self, folder: Path):
        self.home, self.temporary = folder / "home", folder / "tmp"
        self.bases, self.lines, self.seconds = {}, {}, {}
        self.phases, self.wrong = Counter(), 0
        self.temporary.mkdir()
        tempfile.tempdir = str(self.temporary)
        for make in (make_served, make_pinned):
            self.bases[make] = folder / make.__name__
            if ended(started(lambda make=make: make(self.bases[make]))):
                raise SystemExit("the home could not be made")
        for name, (_, work, _) in WORKS.items():
            self.renew(name)
            found = folder / f"lines-{name}.json"
            if ended(started(lambda work=work, found=found: write_lines(self.home, work, found))):
                raise SystemExit(f"{name} fails without being killed")
            self.lines[name] = [tuple(line) for line in json.loads(found.read_text())]
            self.seconds[name] = self.timed(name)

    def renew(self, name: str) -> None:
        """The home as it was before a work."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self.bases[WORKS[name][0]], self.home, symlinks=True)

    def begun(self, name: str) -> int:
        """A child that has its candidate and begins to work now."""
        waiting, told = os.pipe()
        child = started(lambda: WORKS[name][1](self.home, lambda: os.write(told, b".")))
        os.close(told)
        os.read(waiting, 1)
        os.close(waiting)
        return child

    def timed(self, name: str) -> float:
        self.renew(name)
        child, begun = self.begun(name), time.monotonic()
        ended(child)
        return time.monotonic() - begun

    def kill_at_moment(self, name: str, share: float) -> None:
        """Kill when this share of the usual time is over."""
        self.renew(name)
        child = self.begun(name)
        time.sleep(share * self.seconds[name])
        os.kill(child, signal.SIGKILL)
        self.judge(name, f"after {share:.2f} of its time", ended(child) == -signal.SIGKILL)

    def kill_at_line(self, name: str, line: Line) -> None:
        """Kill before a line runs for the first time."""
        self.renew(name)
        work = WORKS[name][1]
        child = started(lambda: followed(lambda: work(self.home, lambda: None), die_at(line)))
        self.judge(name, f"before {line[0]}:{line[1]}", ended(child) == -signal.SIGKILL)

    def judge(self, name: str, when: str, was_killed: bool) -> None:
        before = catalogue.release_ids(self.bases[WORKS[name][0]])
        self.phases[name, phase(self.home, before, was_killed)] += 1
        failed = ended(started(lambda: assert_goes_on(self.home, before)))
        left = list(self.temporary.iterdir())
        if failed or left:
            self.wrong += 1
            print(f"wrong: {name} killed {when}; in the folder for temporary files: {left}", flush=True)
            for path in left:
                shutil.rmtree(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=300, help="kills at a random moment")
    parser.add_argument("--lines", type=int, help="kills before a line of ours; default: one before each")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(Path(folder))
        for name in chance.choices(list(WORKS), [weight for *_, weight in WORKS.values()], k=options.times):
            trials.kill_at_moment(name, chance.random())
        lines = [(name, line) for name in WORKS for line in trials.lines[name]]
        drawn = lines if options.lines is None else chance.sample(lines, options.lines)
        for name, line in drawn:
            trials.kill_at_line(name, line)
    print(f"{options.times} kills at a random moment, {len(drawn)} of {len(lines)} before a line (seed {options.seed})")
    print(f"{'':38}" + "".join(f"{name:>10}" for name in WORKS))
    print(f"{'seconds of one':38}" + "".join(f"{trials.seconds[name]:10.2f}" for name in WORKS))
    for told in PHASES:
        print(f"{told:38}" + "".join(f"{trials.phases[name, told]:10}" for name in WORKS))
    print(f"wrong afterwards: {trials.wrong}")
    sys.exit(trials.wrong > 0)


if __name__ == "__main__":
    main()
