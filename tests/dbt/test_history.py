"""`since` and `previous_segment` over any sequence of refreshes, rollbacks and repeated dates.

The models' own SQL runs in memory, release after release, on the base that the catalogue of releases finds. What they
must say follows from one plain list: the releases in the line of what is served, and who was what in each.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refreshes import AS_OF, Refresh

from orchestration.publishing import catalogue

FIRST = date(2026, 1, 1)
CUSTOMERS, SEGMENTS = ("a", "b"), ("A", "B", None)  # None: not a customer at that time
MODELS = ("segment_history", "customer_segments", "segment_changes")
SCHEMA = """
create schema previous; create schema history; create schema marts; create schema scores;
create table previous.segment_history (
    customer_id varchar, scheme varchar, segment varchar, valid_from date, valid_to date
);
create table history.current_segments (customer_id varchar, scheme varchar, segment varchar);
create table scores.segment_schemes as select 'abc' as scheme, true as is_exclusive, true as is_on;
create table scores.value_tiers as select 'a' as customer_id, false as is_held_by_margin where false;
"""

refreshes = st.tuples(
    st.just("refresh"), st.integers(0, 400), st.tuples(*(st.sampled_from(SEGMENTS) for _ in CUSTOMERS))
)
rollbacks = st.tuples(st.just("rollback"), st.integers(0, 20), st.none())
steps = st.lists(st.one_of(refreshes, refreshes, rollbacks), min_size=1, max_size=10)


class Home:
    """Releases on disk as the catalogue reads them, and the models on a database in memory."""

    def __init__(self, folder: Path, models: dict[str, str]):
        self.folder, self.models, self.count = folder, models, 0
        self.engine = duckdb.connect()
        self.engine.execute("attach ':memory:' as warehouse; use warehouse;" + SCHEMA)

    def refresh(self, as_of: date, segments: dict[str, str]) -> str:
        """Build the models on the base release, and publish."""
        base = catalogue.base_release(self.folder, as_of)
        self.engine.execute("delete from previous.segment_history; delete from history.current_segments")
        if base:
            file = base.directory / "segment_history.parquet"
            self.engine.execute(f"insert into previous.segment_history select * from read_parquet('{file}')")
        for customer, segment in segments.items():
            self.engine.execute("insert into history.current_segments values (?, 'abc', ?)", [customer, segment])
        for model in MODELS:
            statement = self.models[model].replace(AS_OF, as_of.isoformat())
            statement = statement.replace(str(date.fromisoformat(AS_OF) - timedelta(365)), str(as_of - timedelta(365)))
            schema = "history" if model == "segment_changes" else "marts"
            self.engine.execute(f"create or replace table {schema}.{model} as {statement}")
        self.count += 1
        release_id = f"20260101T{self.count:06}Z-00000000"
        directory = catalogue.releases_directory(self.folder) / release_id
        directory.mkdir(parents=True)
        self.engine.execute(f"copy marts.segment_history to '{directory / 'segment_history.parquet'}'")
        facts = {"release_id": release_id, "as_of": as_of.isoformat(), "published_at": "2026-01-01T00:00:00+00:00"}
        facts["base_release_id"] = base.release_id if base else None
        (directory / "manifest.json").write_text(json.dumps(facts), "utf-8")
        self.serve(release_id)
        return release_id

    def serve(self, release_id: str) -> None:
        """What a refresh and a rollback do to what is served."""
        link = catalogue.current_link(self.folder)
        link.unlink(missing_ok=True)
        link.symlink_to(catalogue.releases_directory(self.folder) / release_id)

    def told(self) -> dict[str, tuple]:
        """Segment, since and the segment before, by customer."""
        rows = self.engine.execute("select customer_id, segment, since, previous_segment from marts.customer_segments")
        return {customer: tuple(facts) for customer, *facts in rows.fetchall()}

    def changes(self, comparison: str) -> dict[str, tuple]:
        """Segment then and now, by customer."""
        rows = self.engine.execute(
            "select customer_id, from_segment, to_segment from history.segment_changes where comparison = ?",
            [comparison],
        )
        return {customer: tuple(facts) for customer, *facts in rows.fetchall()}


def expected(line: list[tuple[date, dict]]) -> dict[str, tuple]:
    """What is true of each customer of the last release, from who was what in each release of its line."""
    told = {}
    for customer, segment in line[-1][1].items():
        runs: list[list] = []  # segment, and first day of it without a break
        for as_of, segments in line:
            if not runs or runs[-1][0] != segments.get(customer):
                runs.append([segments.get(customer), as_of])
        before = [name for name, _ in runs[:-1] if name]
        told[customer] = (segment, runs[-1][1], before[-1] if before else None)
    return told


def expected_changes(then: dict[str, str], now: dict[str, str]) -> dict[str, tuple]:
    """Where there is anybody on both sides: else nothing was segmented."""
    if not then or not now:
        return {}
    return {name: (then.get(name, "new"), now.get(name, "gone")) for name in then.keys() | now.keys()}


@pytest.fixture(scope="module")
def models(clean_refresh: Refresh) -> dict[str, str]:
    """The compiled statements, which name the date that they were compiled for."""
    nodes = clean_refresh.nodes("model")
    return {name: nodes[name].node.compiled_code for name in MODELS}


def test_history_is_that_of_the_line_of_what_is_served(models, tmp_path_factory):
    """A rollback takes history back, and a day that is refreshed again does not count itself as its past."""

    @settings(max_examples=25, deadline=None)
    @given(steps)
    def holds(actions):
        home = Home(tmp_path_factory.mktemp("home"), models)
        lines: dict[str, list[tuple[date, dict]]] = {}
        for action, number, segments in actions:
            if action == "rollback":
                if lines:
                    home.serve(sorted(lines)[number % len(lines)])
                continue
            served = lines.get(catalogue.served_id(home.folder) or "", [])
            # An earlier day than the served one is a back-cast, which is never published; the same day may come again.
            as_of = (served[-1][0] if served else FIRST) + timedelta(number // 4 * (number % 3))
            now = {name: segment for name, segment in zip(CUSTOMERS, segments, strict=True) if segment}
            line = [(day, then) for day, then in served if day < as_of]
            lines[home.refresh(as_of, now)] = [*line, (as_of, now)]

            assert home.told() == expected([*line, (as_of, now)])
            then = line[-1][1] if line else {}
            assert home.changes("previous_release") == expected_changes(then, now)
            year_ago = [then for day, then in line if day <= as_of - timedelta(365)]
            assert home.changes("year_ago") == expected_changes(year_ago[-1] if year_ago else {}, now)

    holds()
