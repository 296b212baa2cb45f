"""What `diff` says of two releases is what a full compare of their rows says."""

from datetime import date
from decimal import Decimal

import duckdb
import pandas as pd
import pytest
from candidate import check, manifest_of
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.cli import main
from orchestration.publishing import catalogue, difference
from orchestration.publishing.catalogue import ReleaseInfo
from orchestration.publishing.hashing import content_of

KEYS = {"worth": ["customer_id", "scheme"]}
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["C1", "C2", "C3", None]),
        st.sampled_from(["a", "b"]),
        st.sampled_from([None, "", "x", ";", "1:x"]),
        st.sampled_from([None, 0.0, -0.0, 1 / 3, 1 / 3 + 1e-14, float("nan")]),
        st.sampled_from([None, Decimal("1.50"), Decimal("2.00")]),
    ),
    unique_by=lambda row: row[:2],
    max_size=6,
)


def released(directory, rows, *, key=("customer_id", "scheme"), columns=None, day=date(2026, 6, 30), **more):
    """A release of one mart as difference.py reads it: the Parquet file and the manifest."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "worth.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            columns
            or "create table worth (customer_id varchar, scheme varchar, word varchar, score double, "
            "clv decimal(18, 2), as_of date)"
        )
        if rows:
            connection.executemany(f"insert into worth values ({', '.join('?' * len(rows[0]))}, '{day}')", rows)
        connection.execute(f"copy worth to '{path}' (format parquet)")
        content = content_of(connection, "worth")
    told = manifest_of(day, **more) | {
        "marts": {"worth": {**content.__dict__, "key": list(key)}},
        "published_at": "2026-07-01T02:00:00+00:00",
    }
    return ReleaseInfo(directory.name, directory, day, None, told)


def same(one, other):
    """Equal as published values are: null is null, floats to ten digits."""
    if isinstance(one, float) and isinstance(other, float):
        return (
            f"{one + 0.0:.9e}" == f"{other + 0.0:.9e}"
            if one == one and other == other
            else one != one and other != other
        )
    return one == other


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS)
def test_the_counts_are_those_of_a_full_compare(tmp_path, before, after):
    """Every row is looked at, nulls and odd texts too, against plain Python over all rows."""
    (found,) = difference.compare(released(tmp_path / "a", before), released(tmp_path / "b", after)).marts
    was, now = ({row[:2]: row[2:] for row in rows} for rows in (before, after))
    both = was.keys() & now.keys()
    differing = {
        name: sum(not same(was[key][place], now[key][place]) for key in both)
        for place, name in enumerate(("word", "score", "clv"))
    }
    assert (found.rows_added, found.rows_removed) == (len(now.keys() - was.keys()), len(was.keys() - now.keys()))
    assert found.rows_changed == sum(
        any(not same(*pair) for pair in zip(was[key], now[key], strict=True)) for key in both
    )
    assert dict(found.columns) == {name: rows for name, rows in differing.items() if rows}
    assert (found.state == "same") == (not (was.keys() ^ now.keys()) and not any(differing.values()))


def test_another_day_alone_is_no_difference(tmp_path):
    """Each row bears the day; a mart that says the same on both is the same."""
    rows = [("C1", "a", "x", 0.5, Decimal("1.00"))]
    sides = released(tmp_path / "a", rows), released(tmp_path / "b", rows, day=date(2026, 7, 1))
    found = difference.compare(*sides)
    assert [mart.state for mart in found.marts] == ["same"]
    assert (found.as_of_before, found.as_of_after) == ("2026-06-30", "2026-07-01")


def test_without_a_key_rows_are_compared_as_a_whole_and_counted_as_often_as_they_occur(tmp_path):
    """A release of before keys were written is compared all the same."""
    one, other = ("C1", "a", "x", 0.5, Decimal("1.00")), ("C1", "a", "y", 0.5, Decimal("1.00"))
    sides = (
        released(tmp_path / "a", [one, one, other], key=()),
        released(tmp_path / "b", [one, other, other, other], key=()),
    )
    (found,) = difference.compare(*sides).marts
    assert (found.rows_added, found.rows_removed, found.key) == (2, 1, [])


def test_columns_that_came_went_or_changed_type_are_named_and_not_compared(tmp_path):
    """After an upgrade the rest can still be compared."""
    old = "create table worth (customer_id varchar, gone varchar, kind bigint, as_of date)"
    new = "create table worth (customer_id varchar, kind varchar, come varchar, as_of date)"
    sides = (
        released(tmp_path / "a", [("C1", "x", 1)], key=["customer_id"], columns=old),
        released(tmp_path / "b", [("C1", "1", "x")], key=["customer_id"], columns=new),
    )
    (found,) = difference.compare(*sides).marts
    assert (found.columns_added, found.columns_removed, found.columns_retyped) == (["come"], ["gone"], ["kind"])
    assert (found.state, found.rows_changed) == ("changed", 0)


def test_money_that_moved_is_told_in_all_where_a_row_is_a_customer(tmp_path):
    """1.00 and 2.00 before, 1.00 and 5.50 after: 3.00 to 6.50. Of rows that overlap, a sum would count twice."""
    before, after = (
        [("C1", "a", "x", 0.5, Decimal("1.00")), ("C2", "a", "x", 0.5, Decimal(last))] for last in ("2.00", "5.50")
    )
    (found,) = difference.compare(
        released(tmp_path / "a", before, key=["customer_id"]), released(tmp_path / "b", after, key=["customer_id"])
    ).marts
    assert found.totals == {"clv": difference.Total("3.00", "6.50")}
    (found,) = difference.compare(released(tmp_path / "c", before), released(tmp_path / "d", after)).marts
    assert found.totals == {}


def test_configuration_loads_and_checks_that_differ_are_named(tmp_path):
    """The reason of a change is most often here."""
    before = released(tmp_path / "a", [])
    after = released(
        tmp_path / "b",
        [],
        configuration={"tiers": {"platinum": 0.02, "gold": 0.04}},
        checks=[check("new", "facts.orders")],
    )
    after.manifest["loads"] = after.manifest["loads"][1:]
    before.manifest["configuration"] = {"tiers": {"platinum": 0.01, "gold": 0.04}}
    after.manifest["configuration"]["groups"] = {"new": {"all": [{"fact": "clv", "above": 1, "below": None}]}}
    found = difference.compare(before, after)
    assert found.configuration == {
        "tiers.platinum": (0.01, 0.02),
        "groups": (None, {"new": {"all": [{"fact": "clv", "above": 1}]}}),
    }
    assert (found.loads_added, [load["accepted"] for load in found.loads_removed]) == ([], [9000])
    assert found.checks["facts.orders:new"] == ("absent", "passed")
    assert found.checks["raw.orders:volume_is_usual"] == ("failed", "absent")


@pytest.mark.usefixtures("plain_report")
def test_the_command_tells_what_changed_between_two_published_releases(warehouse, home, monkeypatch):
    """From the release on disk to words: five customers gone, one of another tier."""
    from orchestration.publishing import release

    keys = {"customer_value": ["customer_id"]}
    first = release.publish(warehouse, home, manifest=manifest_of(keys=keys))
    warehouse.execute("delete from marts.customer_value where customer_id <= 'C00005'")
    warehouse.execute("update marts.customer_value set value_tier = 'gold' where customer_id = 'C00040'")
    second = release.publish(warehouse, home, manifest=manifest_of(date(2026, 7, 31), keys=keys))
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    told = CliRunner().invoke(main, ["diff", first.release_id]).output
    assert f"{first.release_id} (as of 2026-06-30) -> {second.release_id} (as of 2026-07-31)" in told
    assert "value_tier: 1 row\n" in told
    assert "The same: quality_weights" in told
    line = next(line.split() for line in told.splitlines() if line.startswith("customer_value"))
    gone = 50 - len(pd.read_parquet(second.directory / "customer_value.parquet"))
    assert line == ["customer_value", "50", "->", str(50 - gone), "0", str(gone), "1"]
    assert catalogue.find(home, second.release_id).manifest["marts"]["quality_weights"]["key"] == []
