"""Back-casts inside a run: which loads count, which checks judge, which months the page offers."""

import datetime as dt
import json
from dataclasses import replace
from types import SimpleNamespace

import duckdb
import pytest

from orchestration.backfill import described, difference_of
from orchestration.defs.arrival import judged, known_until
from orchestration.defs.backfill import months
from orchestration.defs.raw import arrived
from orchestration.defs.session import Session
from orchestration.publishing import catalogue
from orchestration.publishing.backcasts import Backcast
from orchestration.publishing.catalogue import ReleaseInfo
from orchestration.quality.checks import CheckOutcome, of_a_backcast
from orchestration.settings import load_settings
from orchestration.sources.contract import CONTRACTS
from orchestration.sources.landing import land

DAY = dt.date(2026, 5, 31)


def settings_of(tmp_path, **told):
    """The shipped configuration with other facts about the sources."""
    settings = load_settings(home=tmp_path)
    return settings.__class__(**{**vars(settings), "sources": settings.sources.model_copy(update=told)})


def session_of(settings, loads) -> Session:
    return Session(settings, DAY, {}, None, None, None, "a run", loads and Backcast(loads, None, None))


def test_a_load_of_then_had_landed_by_the_end_of_the_companys_day(tmp_path):
    """In Shanghai the last of May ends at 16:00 UTC."""
    then = session_of(settings_of(tmp_path, time_zone="Asia/Shanghai"), "then")
    before, after = (SimpleNamespace(landed_at=f"2026-05-31T{at}+00:00") for at in ("15:59:59", "16:00:00"))
    assert (then.had_landed(before), then.had_landed(after)) == (True, False)


@pytest.mark.parametrize("loads", ["now", None])
def test_every_load_counts_otherwise(tmp_path, loads):
    """In a refresh, and in a back-cast with what has landed by now."""
    assert session_of(load_settings(home=tmp_path), loads).had_landed(SimpleNamespace(landed_at="2026-11-01T00:00:00Z"))


@pytest.mark.parametrize(
    ("subject", "name", "is_judged"),
    [
        ("raw.orders", "fresh", False),
        ("raw.orders", "volume", False),
        ("scores.clv", "parameters_are_steady", False),
        ("scores.silence", "few_fall_silent_at_once", False),
        ("raw.orders", "shape", True),
        ("raw.loads", "rows_are_conserved", True),
        ("scores.value_tiers", "sizes_are_as_cut", True),
    ],
)
def test_a_backcast_is_judged_by_all_but_freshness_volume_and_drift(subject, name, is_judged):
    """They compare with the present; what was found is told all the same. What could not be run is never excused."""
    assert of_a_backcast(CheckOutcome(subject, name, None, "could not be run")).passed is None
    outcome = of_a_backcast(CheckOutcome(subject, name, False, "what was found"))
    assert outcome.passed is not is_judged
    assert "what was found" in outcome.message


def test_the_names_of_checks_that_do_not_judge_are_names_of_checks(tmp_path):
    """A check that is renamed must not begin to hold back-casts without a word."""
    from orchestration.quality.checks import OF_THE_PRESENT

    checks = {key.split(":")[1] for key in load_settings(home=tmp_path).gates.checks}
    assert checks >= OF_THE_PRESENT


def test_a_feed_that_had_not_begun_is_not_missed_but_orders_are(tmp_path):
    """Of complaints that were first fed in March there are none in January."""
    then = session_of(load_settings(home=tmp_path), "then")
    nothing = "no load of it that counts had landed by the end of 2026-05-31"
    assert arrived(then, "orders") == ([], nothing)
    assert arrived(then, "complaints") == ([], None)
    outcomes = judged(then, CONTRACTS["complaints"], [], [], None)
    assert {(outcome.passed, outcome.message) for outcome in outcomes} == {(True, nothing)}


def test_a_load_that_is_refused_holds_a_backcast_as_it_holds_a_refresh(tmp_path):
    """Its rows are missed, whichever day is computed."""
    export = tmp_path / "complaints.csv"
    export.write_text("complaint_id,customer_id,opened_at\nP1,C1,yesterday\n")
    now = session_of(load_settings(home=tmp_path), "now")
    land(tmp_path, "complaints", now.settings.sources.feeds["complaints"].model_copy(update={"path": str(export)}))
    assert arrived(now, "complaints") == ([], None)
    outcomes = judged(now, CONTRACTS["complaints"], [], [], None)
    assert [outcome.name for outcome in outcomes if not outcome.passed] == ["contract"]


def test_moments_are_measured_against_the_configured_day_of_which_a_past_one_knows_nothing(tmp_path):
    """Orders of June 2026 are no mistake of January 2025; a day ahead of the configured one is taken as it is."""
    session = session_of(load_settings(home=tmp_path), "now")
    assert known_until(replace(session, as_of=dt.date(2025, 1, 31))) == dt.date(2026, 6, 30)
    assert known_until(replace(session, as_of=dt.date(2026, 8, 1))) == dt.date(2026, 8, 1)


def test_the_page_offers_the_months_up_to_that_of_a_closed_data_set(tmp_path):
    """The example company ends in June 2026."""
    keys = months(settings_of(tmp_path, as_of=dt.date(2026, 6, 30))).get_partition_keys()
    assert (keys[0], keys[-1], len(keys)) == ("2021-01", "2026-06", 66)


def test_the_page_offers_the_present_month_of_a_living_company(tmp_path):
    """It is computed as of yesterday."""
    offered = months(settings_of(tmp_path, as_of="yesterday"))
    keys = offered.get_partition_keys(current_time=dt.datetime(2026, 11, 22, tzinfo=dt.UTC))
    assert keys[-1] == "2026-11"


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        ({}, {"code_version": "2"}, "the code was another"),
        ({"erasures": [{"rows": {}}]}, {}, "a person was erased since"),
        ({}, {"configuration_hash": "b", "code_version": "2"}, "the configuration was another, the code was another"),
        ({}, {}, "nothing that is known of explains it"),
    ],
)
def test_why_a_day_is_not_as_it_was_published_is_told(then, now, told):
    """Whoever looks for a changed number must not look in the wrong place."""
    same = {"configuration_hash": "a", "code_version": "1"}
    assert difference_of(same | then, same | now) == told


def test_a_back_cast_whose_release_was_removed_since_is_still_told(tmp_path):
    """There is nothing to compare it with any more; the month itself is as good as before."""
    settings = settings_of(tmp_path)
    gone = {"20260131T050000Z-x": {"as_of": DAY.isoformat(), "base_release_id": None, "removed_at": "2027-03-01"}}
    catalogue.published(settings.home).mkdir(parents=True)
    catalogue.removed_file(settings.home).write_text(json.dumps(gone))
    with duckdb.connect(str(tmp_path / "marts.duckdb")) as connection:
        connection.execute("create table customer_value as select 7.0 as clv")
    told = {"backcast": {"reproduces": "20260131T050000Z-x"}}
    month = described(settings, ReleaseInfo("backcast-x", tmp_path, DAY, dt.datetime.now(dt.UTC), told), "kept")
    assert (month.customers, month.clv, month.released) == (1, 7.0, None)
