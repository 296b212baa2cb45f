"""Back-casts are written as releases are, are never served, and say what they continue."""

from datetime import date

import duckdb
import pytest
from candidate import fill, manifest_of

from orchestration.erasure import released
from orchestration.erasure.needles import Needles
from orchestration.erasure.person import Person
from orchestration.errors import UserError
from orchestration.publishing import backcasts, catalogue, marts, release, status

pytestmark = pytest.mark.usefixtures("plain_report")

APRIL, MAY, JUNE = date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30)


def write(warehouse, home, as_of, loads="now", base=None, fingerprint="0123456789abcdef"):
    """The back-cast of a day from what is in the warehouse."""
    told = manifest_of(as_of, base_release_id=base and base.release_id, fingerprint=fingerprint)
    told["backcast"] = {"loads": loads, "reproduces": None}
    return backcasts.write(warehouse, home, manifest=told)


def publish(warehouse, home, as_of, base=None):
    told = manifest_of(as_of, base_release_id=base and base.release_id)
    return release.publish(warehouse, home, manifest=told)


def test_a_backcast_is_a_whole_set_and_nothing_that_is_served_moves(warehouse, home):
    """Whatever is pinned: a look at the past is not a publication."""
    publish(warehouse, home, MAY)
    served = publish(warehouse, home, JUNE)
    release.rollback(home)
    before = status.read(home)
    found = write(warehouse, home, APRIL)
    assert found.directory == home.resolve() / "published" / "backcasts" / "2026-04-30"
    names = {path.name for path in found.directory.iterdir()}
    assert {"marts.duckdb", "manifest.json", "report.html", "customer_value.parquet"} <= names
    with duckdb.connect(found.directory / "marts.duckdb", read_only=True) as reader:
        assert reader.execute("select release_id, as_of from marts.release").fetchall() == [(found.release_id, APRIL)]
    assert status.read(home) == before
    assert catalogue.release_ids(home)[-1] == served.release_id


def test_a_new_backcast_takes_the_place_of_the_one_of_its_day_and_a_failed_one_does_not(warehouse, home, monkeypatch):
    """There is one answer to what a day was, and it is never half of one."""
    write(warehouse, home, APRIL)
    second = write(warehouse, home, APRIL, fingerprint="fedcba9876543210")
    assert backcasts.find(home, APRIL) == second

    def fail(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(marts, "verify", fail)
    with pytest.raises(OSError, match="disk full"):
        write(warehouse, home, APRIL)
    assert backcasts.find(home, APRIL) == second
    assert [path.name for path in second.directory.parent.iterdir()] == ["2026-04-30"]


def test_what_a_killed_backfill_left_is_removed_by_the_next_writer(warehouse, home):
    """And is not taken for a back-cast in the meantime."""
    write(warehouse, home, APRIL)
    dead = home / "published" / "backcasts" / ".tmp-backcast-2026-05-31-01234567"
    dead.mkdir()
    assert backcasts.days(home) == [APRIL]
    write(warehouse, home, MAY)
    assert not dead.exists()
    assert backcasts.days(home) == [APRIL, MAY]


def test_a_month_goes_on_from_the_month_before_and_else_from_what_was_published(warehouse, home):
    """So one month is compared with another; a back-cast from other loads is another past."""
    assert backcasts.planned(home, JUNE, "now").base is None
    april = write(warehouse, home, APRIL)
    assert backcasts.planned(home, JUNE, "now").base == april
    assert backcasts.planned(home, JUNE, "then").base is None
    first = publish(warehouse, home, date(2026, 5, 20))
    assert backcasts.planned(home, JUNE, "now").base == first
    may = write(warehouse, home, MAY)
    assert backcasts.planned(home, JUNE, "now").base == may
    assert backcasts.planned(home, JUNE, "then").base == first


def test_what_was_published_goes_on_from_its_own_base(warehouse, home):
    """With the loads of then it must be the same again, though there is a back-cast of the month before."""
    first = publish(warehouse, home, date(2026, 6, 29))
    published = publish(warehouse, home, JUNE, base=first)
    write(warehouse, home, MAY, "then")
    assert backcasts.planned(home, JUNE, "then") == backcasts.Backcast("then", published, first)
    assert backcasts.planned(home, JUNE, "now").released is None


def test_the_first_refresh_goes_on_from_the_latest_backcast_and_later_ones_from_releases(warehouse, home):
    """A new company's `since` and year ago mean something from the first day."""
    write(warehouse, home, APRIL)
    may = write(warehouse, home, MAY, "then")
    assert backcasts.base_of_release(home, JUNE) == may
    first = publish(warehouse, home, JUNE, base=may)
    assert backcasts.base_of_release(home, date(2026, 7, 1)) == first
    assert backcasts.planned(home, JUNE, "then").base == may


def test_a_refresh_is_not_stopped_by_a_backcast_that_was_computed_anew(warehouse, home):
    """The first day goes on from what is there now; only as it was published it cannot be computed any more."""
    may = write(warehouse, home, MAY)
    publish(warehouse, home, JUNE, base=may)
    anew = write(warehouse, home, MAY, fingerprint="fedcba9876543210")
    assert anew.release_id != may.release_id
    assert backcasts.base_of_release(home, JUNE) == anew
    with pytest.raises(UserError, match="no longer there"):
        backcasts.planned(home, JUNE, "then")


def test_a_damaged_backcast_is_told_with_how_to_mend_it(warehouse, home):
    """It can be computed again at any time."""
    (write(warehouse, home, MAY).directory / "manifest.json").write_text("{")
    with pytest.raises(UserError, match="touchstone backfill --from 2026-05 --to 2026-05"):
        backcasts.base_of_release(home, JUNE)


def test_a_person_is_removed_from_backcasts_as_from_releases(warehouse, home):
    """A copy of the past is a copy."""
    fill(warehouse, customers=20, small=True)
    publish(warehouse, home, JUNE)
    write(warehouse, home, MAY)
    person = Person(frozenset({"C00007"}), 0)
    erased = released.erase(home, person.sought(), Needles(person.identifiers))
    assert erased == {"customer_value": 2}
    assert backcasts.find(home, MAY).manifest["erasures"][0]["rows"] == {"customer_value": 1}
    with duckdb.connect(backcasts.find(home, MAY).directory / "marts.duckdb", read_only=True) as reader:
        who = "select count(*), count(*) filter (customer_id = 'C00007') from marts.customer_value"
        assert reader.execute(who).fetchall() == [(19, 0)]


def test_a_folder_that_somebody_put_there_is_no_backcast(warehouse, home):
    """A copy beside them must not keep a person from being erased."""
    write(warehouse, home, APRIL)
    for name in ("2026-03-31-copy", "2026-13-45", "notes"):
        (home / "published" / "backcasts" / name).mkdir()
    assert backcasts.days(home) == [APRIL]
