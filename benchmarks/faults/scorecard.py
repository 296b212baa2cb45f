"""Kinds of fault, each planted into a company of its own: what was expected, what happened, is what is served whole?

    python benchmarks/faults/scorecard.py --write                      # all of them, and docs/faults.md
    python benchmarks/faults/scorecard.py --only empty_file,leap_day   # some, again; --write keeps the others' rows
    python benchmarks/faults/scorecard.py --list

A company of 300 customers gets a release of each of some days (`--releases`), from exports that grow by a day. Each
kind works on a copy of that home, spoils the next day's export, its configuration, its disk or its programs, and runs
the refresh that a person would run, with the settings as they are shipped. Results are kept in the folder `--work`, so
that a run that was broken off goes on; remove the folder where the program has changed. As root on Linux, since two
kinds mount a small disk. About a minute a kind.

What a fault is, and the place that it is planted in, is told in planting.py; the kinds are in kinds_of_*.py.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import kinds_of_configuration
import kinds_of_data
import kinds_of_processes
from planting import Answer, Fault, Place, build_company, copied, days_before, import_libraries

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
KINDS = [*kinds_of_data.KINDS, *kinds_of_configuration.KINDS, *kinds_of_processes.KINDS]
FAMILIES = ("data", "configuration", "process", "disk", "time")
SET_ASIDE = ("duplicate", "superseded", "unidentified", "quarantined")
# That no number of customers changes while the file that they come from looks different.
COMPARED = ("customer_value", "customer_relationship", "service_quality")


@dataclass(frozen=True)
class Result:
    """What became of one kind."""

    name: str
    happened: str
    by: list[str]
    is_caught: bool
    is_served_whole: bool
    is_cause_named: bool
    damage: list[str]
    told: str
    seconds: float


def tried(fault: Fault, company: Path, folder: Path, seed: int, clean: dict[str, Any]) -> Result:
    """Plant a fault into a copy of the company, and judge what became of it."""
    place = copied(company, folder)
    begun = time.monotonic()
    warned = warnings(place)
    answer = fault.plant(place, Random(f"{seed} {fault.name}")) or place.touchstone("refresh")
    happened, by = outcome(fault, place, answer, warned, clean)
    told = answer.told + "\n".join(warnings(place).values() if answer.exit_code == 0 else [])
    if place.environment and any(secret in told for secret in place.environment.values()):
        place.damage.append("a secret is told")
    if fault.claim and not fault.claim(place):
        place.damage.append("what must be so afterwards is not")
    if answer.exit_code and place.served() != place.before and not place.damage:
        # Kinds that let something publish on purpose, or spoil what is served, say so by what they compare themselves.
        place.damage += (
            [] if fault.family in ("process", "disk") and is_whole(place) else ["what is served has changed"]
        )
    if answer.exit_code == 0 and not is_whole(place):
        place.damage.append("what was published is not complete")
    is_expected = happened == fault.expected and (fault.by in ("", "drift") or happened != "held" or fault.by in by)
    return Result(
        fault.name,
        happened,
        by,
        is_caught=is_expected and not place.damage,
        is_served_whole=not place.damage,
        is_cause_named=is_expected and all(word in told for word in fault.words),
        damage=place.damage,
        told=answer.told[-4_000:],
        seconds=round(time.monotonic() - begun, 1),
    )


def outcome(
    fault: Fault, place: Place, answer: Answer, warned: dict[str, str], clean: dict[str, Any]
) -> tuple[str, list[str]]:
    """What happened in the words of `Fault.expected`, and by which checks."""
    if "Traceback (most recent call last)" in answer.told:
        return "broke off", []
    if answer.exit_code == 3:
        return "held", [reason["check"] for reason in place.status()["reasons"]]
    if answer.exit_code != 0:
        return ("refused" if answer.exit_code == 1 else f"ended with {answer.exit_code}"), []
    new = {check: said for check, said in warnings(place).items() if check not in warned}
    happened = {
        "recovered": True,
        "warned": bool(new) and fault.by in ("", *new),
        "set aside": any(rows > clean["set_aside"][name] for name, rows in set_aside(place).items()),
        "read aright": contents(place) == clean["marts"],
    }
    kinds = [kind for kind, has in happened.items() if has]
    return (fault.expected if fault.expected in kinds else "published"), list(new)


def set_aside(place: Place) -> dict[str, int]:
    """Rows of the served release that are no facts, by what became of them: a row that is refused is no duplicate."""
    loads = place.manifest()["loads"] if place.current.exists() else []
    return {name: sum(load[name] for load in loads) for name in SET_ASIDE}


def warnings(place: Place) -> dict[str, str]:
    """What the served release was published in spite of, by check."""
    if not place.current.exists():
        return {}
    failed = [check for check in place.manifest()["checks"] if not check["passed"]]
    return {f"{check['subject']}:{check['check_name']}": check["message"] for check in failed}


def contents(place: Place) -> dict[str, str]:
    marts = place.manifest()["marts"]
    return {name: marts[name]["content_hash"] for name in COMPARED}


def is_whole(place: Place) -> bool:
    return place.current.exists() and place.is_complete()


# --- the page -----------------------------------------------------------------------------------------------------

TOP = """# Faults

What may go wrong, and what becomes of it with the settings as they are shipped. Written by
`python benchmarks/faults/scorecard.py --write`: {releases} releases of 300 customers, seed {seed}; each fault is
planted into a home of its own, and the refresh is run that a person would run. Kinds that were run apart show their
last result.

*Held*: nothing is published, the status says why. *Refused*: the command ends with an error in words. *Set aside*:
published without the broken rows, which are kept and counted. *Warned*: published, and told. *Read aright*: the numbers
are those of a clean export. *Recovered*: the next refresh publishes without help. *Published*: the configuration
allows it, and nobody is told. *Served* says whether what is served was byte for byte what it was, or a complete release
after a switch; *cause* whether the message names the file, the column, the key or the word.

**{kinds} of {all} kinds were run, and {caught} came out as they must; of the {blocking} that must be held or refused
{escaped} reached a release.**
"""

HEAD = "| fault | expected | happened | by | served | cause |\n|---|---|---|---|---|---|\n"


def page(results: dict[str, Result], seed: int, releases: int) -> str:
    ran = [fault for fault in KINDS if fault.name in results]
    blocking = [fault for fault in ran if fault.expected in ("held", "refused")]
    escaped = [fault for fault in blocking if results[fault.name].happened not in ("held", "refused")]
    text = TOP.format(
        releases=releases,
        seed=seed,
        caught=sum(results[fault.name].is_caught for fault in ran),
        kinds=len(ran),
        all=len(KINDS),
        blocking=len(blocking),
        escaped=len(escaped) or "none",
    )
    for family in dict.fromkeys(fault.family for fault in ran):
        text += f"\n## {family.capitalize()}\n\n{HEAD}"
        for fault in ran:
            if fault.family == family:
                text += row(fault, results[fault.name])
    return text


def row(fault: Fault, result: Result) -> str:
    happened = result.happened if result.is_caught else f"**{result.happened}**"
    checks = [check for check in result.by if check == fault.by] or result.by
    by = f"`{checks[0]}`" + (f" and {len(checks) - 1} more" if len(checks) > 1 else "") if checks else ""
    served = "whole" if result.is_served_whole else "**" + "; ".join(result.damage) + "**"
    named = "named" if result.is_cause_named else "**no**"
    return f"| {fault.line} | {fault.expected} | {happened} | {by} | {served} | {named} |\n"


# --- running ------------------------------------------------------------------------------------------------------


def chosen(only: str | None) -> list[Fault]:
    if only is None:
        return KINDS
    names = only.split(",")
    unknown = set(names) - {fault.name for fault in KINDS} - set(FAMILIES)
    if unknown:
        sys.exit(f"no kind is called {', '.join(sorted(unknown))}; see --list")
    return [fault for fault in KINDS if fault.name in names or fault.family in names]


def kept(work: Path) -> dict[str, Result]:
    """Results of earlier runs in this folder; of a kind that ran again the last."""
    path = work / "results.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {result.name: result for result in (Result(**json.loads(line)) for line in lines)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="names of kinds or families, with commas")
    parser.add_argument("--list", action="store_true", help="the names of the kinds")
    parser.add_argument("--write", action="store_true", help="write docs/faults.md")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--releases", type=int, default=6, help="days that are published before the fault")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "touchstone-faults")
    options = parser.parse_args()
    if options.list:
        for fault in KINDS:
            print(f"{fault.family:14} {fault.name:26} {fault.expected:12} {fault.line}")
        return
    asked = chosen(options.only)
    import_libraries()
    company, results = options.work / "company", kept(options.work)
    if not (company / "home").exists():
        making = options.work / "making"
        shutil.rmtree(making, ignore_errors=True)
        build_company(making, days_before(options.releases))
        making.rename(company)
    clean_page = options.work / "clean.json"
    if not clean_page.exists():
        place = copied(company, options.work / "place")
        if (answer := place.touchstone("refresh")).exit_code:
            sys.exit(f"the clean export is not published:\n{answer.told}")
        clean_page.write_text(json.dumps({"marts": contents(place), "set_aside": set_aside(place)}), "utf-8")
    clean = json.loads(clean_page.read_text("utf-8"))
    for fault in asked:
        if fault.name in results and options.only is None:
            continue
        result = results[fault.name] = tried(fault, company, options.work / "place", options.seed, clean)
        with (options.work / "results.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
        mark = "ok  " if result.is_caught and result.is_cause_named else "LOOK"
        print(f"{mark} {fault.name:28} {fault.expected:12} {result.happened:12} {result.seconds:6.1f} s", flush=True)
    if options.write:
        PAGE.write_text(page(results, options.seed, options.releases), "utf-8")
    missed = [fault.name for fault in asked if not results[fault.name].is_caught]
    print(
        f"{len(asked) - len(missed)} of {len(asked)} came out as they must; the others: {', '.join(missed) or 'none'}"
    )
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
