"""Exports that arrive in any way: several landings, crashes in between, files that come again; and what comes of it.

Used by test_any_loads.py and by benchmarks/faults/any_loads.py, which does the same thousands of times.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
from exports import EXCLUDE, Export, facts_of, newest_versions, rows_in
from hypothesis import strategies as st
from refreshes import run

from orchestration.config.sources import Feed
from orchestration.defs.raw import view_of
from orchestration.sources import landing, rows
from orchestration.sources.contract import CONTRACTS
from orchestration.sources.loads import OUTCOMES, Load, admitted, in_force, loads_of
from orchestration.sources.locate import Original

MODELS = ("repeated_orders", "stg_orders", "merged_customers", "identified_orders", "orders")


@dataclass(frozen=True)
class Arrival:
    """Some files are put into the folder, and landing is tried.

    Attributes
    ----------
    files : tuple of int
        Which exports; one that came before comes again under another name.
    crashes : tuple of int
        A try for each, which dies at this step, if it comes so far.
    is_finished : bool
        Whether a last try, without a crash, follows before the next files come.
    is_killed : bool
        Whether a crash leaves no time to tidy up.
    """

    files: tuple[int, ...]
    crashes: tuple[int, ...]
    is_finished: bool
    is_killed: bool


@st.composite
def arrivals(draw, files: int) -> list[Arrival]:
    """Each file in one of up to three arrivals, in any order; some come again."""
    order = draw(st.permutations(range(files)))
    cuts = sorted(draw(st.lists(st.integers(0, files), max_size=2)))
    parts = [order[begin:end] for begin, end in zip([0, *cuts], [*cuts, files], strict=True)]
    again = st.lists(st.sampled_from(order), max_size=1)
    return [
        Arrival(
            (*part, *draw(again)),
            tuple(draw(st.lists(st.integers(0, 24) | st.integers(25, 100), max_size=2))),
            draw(st.booleans()),
            draw(st.booleans()),
        )
        for part in parts
    ]


# --- crashes ------------------------------------------------------------------------------------------------------


class Crash(BaseException):
    """The process ends here."""


STEPS = (
    (landing, "located"),
    (landing, "held_already"),
    (landing, "opened"),
    (landing, "pull"),
    (landing, "arrival_of"),
    (landing, "write_rows"),
    (rows, "refuse_swallowed_lines"),
    (rows, "find_places"),
    (rows, "write_set_aside"),
    (rows, "source_schema"),
    (Original, "check_unchanged"),
    (landing, "sync"),
    (Path, "rename"),
)


@contextmanager
def crash_at(step: int, is_killed: bool, died: Counter[str]) -> Iterator[None]:
    """Die before or after a step of landing, counted from 0; `died` counts where."""
    passed = 0
    is_dead = False

    def pass_by(place: str) -> None:
        nonlocal passed, is_dead
        passed += 1
        if passed == step + 1:
            is_dead = is_killed
            died[place] += 1
            raise Crash

    def watched(name: str, real: Any) -> Any:
        def wrapper(*arguments, **named):
            pass_by(f"before {name}")
            result = real(*arguments, **named)
            pass_by(f"after {name}")
            return result

        return wrapper

    remove = shutil.rmtree

    def rmtree(*arguments, **named):
        # The dead do not tidy up.
        if not is_dead:
            remove(*arguments, **named)

    with ExitStack() as patches:
        for owner, name in STEPS:
            patches.enter_context(mock.patch.object(owner, name, watched(name, getattr(owner, name))))
        patches.enter_context(mock.patch.object(shutil, "rmtree", rmtree))
        with suppress(Crash):
            yield


# --- landing ------------------------------------------------------------------------------------------------------


def landed(home: Path, exports: list[Export], arriving: list[Arrival], died: Counter[str]) -> list[Load]:
    """Land the exports as they arrive, and once more at the end; the loads.

    Names sort as files come, so that a file that a crash kept waiting still goes before those that come later.
    """
    folder = home / "in"
    folder.mkdir(parents=True)
    feed = Feed(path=f"{folder}/*", exclude=EXCLUDE)
    number = 0
    for arrival in arriving:
        for file in arrival.files:
            export = exports[file]
            (folder / f"{number:03}-{file}{export.suffix}").write_bytes(export.content())
            number += 1
        if number == 0:
            continue
        for step in arrival.crashes:
            with crash_at(step, arrival.is_killed, died):
                landing.land(home, "orders", feed)
        if arrival.is_finished:
            landing.land(home, "orders", feed)
    landing.land(home, "orders", feed)
    assert not list((home / "landing" / "orders").glob(".tmp-*"))
    return loads_of(home, "orders")


def as_they_came(exports: list[Export], arriving: list[Arrival]) -> list[Export]:
    """The exports in the order of their first arrival; of equal files the first."""
    files = [exports[file] for arrival in arriving for file in arrival.files]
    return list({file.content(): file for file in files}.values())


def assert_conserved(home: Path, loads: list[Load], files: list[Export]) -> None:
    """Each file is one load, in order; each of its rows has the outcome it must have, and its money."""
    assert len(loads) == len(files)
    for load, file in zip(loads, files, strict=True):
        content = (home / "in" / load.files[0]["name"]).read_bytes()
        assert content == file.content()
        assert sum(load.rows.values()) + load.erased == load.source_rows == rows_in(content)
        for outcome in OUTCOMES:
            of_it = [line for line in file.lines if line.outcome == outcome]
            assert load.rows[outcome] == len(of_it), outcome
            assert Decimal(load.money[outcome]) == sum(line.money or 0 for line in of_it), outcome
        assert load.unparsed_money == sum(line.money is None for line in file.lines)


# --- facts --------------------------------------------------------------------------------------------------------


def compiled_models(home: Path, target: Path, names: tuple[str, ...] = MODELS) -> dict[str, str]:
    """The SQL of some models as dbt compiles it, by relation, in the order given: those up to facts.orders."""
    home.mkdir(parents=True, exist_ok=True)
    nodes = {result.node.name: result.node for result in run(home, target, "compile", "--select", *names)}
    return {nodes[name].relation_name: nodes[name].compiled_code for name in names}


def facts(home: Path, loads: list[Load], models: dict[str, str]) -> dict[str, dict[str, Any]]:
    """facts.orders over these loads, by order; no row of theirs is lost between landing and facts."""
    counted = in_force(admitted(loads, 1.0), None)
    with duckdb.connect() as warehouse:
        warehouse.execute("attach ':memory:' as warehouse")
        warehouse.execute("use warehouse")
        warehouse.execute("create schema raw; create schema staging; create schema facts")
        warehouse.execute("create table staging.claim_ends (named_customer_id varchar, customer_id varchar)")
        warehouse.execute(f"create view raw.orders as {view_of(home, CONTRACTS['orders'], counted)}")
        for relation, sql in models.items():
            warehouse.execute(f"create table {relation} as {sql}")
        [(arrived, staged, repeated)] = warehouse.execute(
            "select (select count(*) from raw.orders), (select count(*) from staging.stg_orders), "
            "(select count(*) from staging.repeated_orders where outcome in ('duplicate', 'superseded'))"
        ).fetchall()
        assert arrived == sum(load.rows["accepted"] for load in loads) == staged + repeated
        cursor = warehouse.execute("select * from facts.orders")
        names = [column[0] for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert len({row["order_id"] for row in found}) == len(found)
    return {row["order_id"]: row for row in found}


def assert_facts(found: dict[str, dict[str, Any]], expected: dict[str, dict[str, Any]]) -> None:
    assert found.keys() == expected.keys()
    for order_id, fact in expected.items():
        assert {name: found[order_id][name] for name in fact} == fact


def check(exports: list[Export], arriving: list[Arrival], models: dict[str, str], died: Counter[str]) -> int:
    """Land the exports as they arrive, and one clean file beside; raise where anything differs. The number of loads."""
    with tempfile.TemporaryDirectory() as folder:
        home, clean = Path(folder) / "any", Path(folder) / "clean"
        loads = landed(home, exports, arriving, died)
        files = as_they_came(exports, arriving)
        assert_conserved(home, loads, files)
        found = facts(home, loads, models)
        assert_facts(found, facts_of(newest_versions(files)))

        # Of equal good lines the last: what came in between would otherwise be newer than it.
        good = [line for file in files for line in file.lines if line.outcome == "accepted"]
        last = list({line.order: line for line in good[::-1]}.values())[::-1]
        one = landed(clean, [Export(tuple(last), "utf-8")], [Arrival((0,), (), True, False)], died)
        assert [load.rows["accepted"] for load in one] == [len(last)]
        assert facts(clean, one, models) == found
        return len(loads)
