"""Which releases stay, and that what depends on the others still works."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import duckdb
import pytest
from candidate import manifest_of

from orchestration import doctor, durable
from orchestration.config.publishing import KeepConfig, PublishingConfig
from orchestration.errors import UserError
from orchestration.publishing import backcasts, catalogue, pins, release, retention

FIRST = date(2026, 1, 1)
FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class Shelf:
    """A home with releases that have only their manifests: what retention reads."""

    def __init__(self, home):
        self.home, self.published = home, 0
        catalogue.releases_directory(home).mkdir(parents=True)

    def put(self, as_of: date, base: str | None = None, replaced: str | None = None) -> str:
        """Publish a release of a day that goes on from another one, by default from the served line."""
        self.published += 1
        release_id = (
            f"202601{1 + self.published // 1440:02}T{self.published // 60 % 24:02}{self.published % 60:02}00Z-x"
        )
        if base is None and (found := catalogue.base_release(self.home, as_of)):
            base = found.release_id
        told = {
            "release_id": release_id,
            "as_of": as_of.isoformat(),
            "published_at": "2026-01-01T00:00:00+00:00",
            "base_release_id": base,
            "replaced": replaced or catalogue.served_id(self.home),
        }
        folder = catalogue.releases_directory(self.home) / release_id
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps(told))
        link = catalogue.current_link(self.home)
        link.unlink(missing_ok=True)
        link.symlink_to(f"releases/{release_id}")  # without the waits for the disk of `release.switch`
        return release_id

    def days(self) -> list[date]:
        return [info.as_of for info in catalogue.releases(self.home)]


@pytest.fixture
def shelf(home):
    return Shelf(home)


def keep(releases=1, days=0, months=0) -> KeepConfig:
    return KeepConfig(releases=releases, days=days, months=months)


def test_a_year_of_daily_releases_leaves_two_weeks_and_the_ends_of_months(shelf):
    """The default must not fill a disk: of 365 releases 14 days stay, 11 ends of months before, and their bases."""
    before = None
    for day in range(365):
        before = shelf.put(FIRST + timedelta(days=day), base=before)
        if day % 28 == 0 or day == 364:
            retention.remove_old(shelf.home, KeepConfig())
    two_weeks = [date(2026, 12, 31) - timedelta(days=back) for back in range(14)]
    ends = [date(2026, month + 1, 1) - timedelta(days=1) for month in range(1, 12)]
    went_on_from = [day - timedelta(days=1) for day in [*two_weeks, *ends]]
    assert shelf.days() == sorted({*two_weeks, *ends, *went_on_from})
    assert len(shelf.days()) == 37


def test_many_releases_of_one_day_do_not_push_out_the_days_before(shelf):
    """A refresh at each new file publishes dozens a day; a day of those must not cost the history."""
    for day in range(5):
        for _ in range(12):
            shelf.put(FIRST + timedelta(days=day))
            retention.remove_old(shelf.home, keep(releases=3, days=4))
    there = shelf.days()
    assert sorted(set(there)) == [FIRST + timedelta(days=day) for day in range(5)]  # the first: base of the second
    assert [there.count(day) for day in sorted(set(there))] == [1, 1, 1, 1, 3]


def test_time_alone_removes_nothing(shelf):
    """A company that refreshes once a quarter keeps its few releases, however old."""
    for quarter in range(6):
        shelf.put(FIRST + timedelta(days=91 * quarter))
    assert retention.remove_old(shelf.home, KeepConfig()) == []


def test_what_is_served_what_it_replaced_and_its_bases_stay(shelf):
    """Rollback goes to what was replaced; the next refresh of either day goes on from its base."""
    first, second, third = (shelf.put(FIRST + timedelta(days=day)) for day in range(3))
    again = shelf.put(FIRST + timedelta(days=2))
    assert retention.remove_old(shelf.home, keep()) == [first]
    assert catalogue.release_ids(shelf.home) == [second, third, again]
    assert catalogue.base_release(shelf.home, FIRST + timedelta(days=2)).release_id == second


def test_the_pinned_one_stays(shelf):
    """It was chosen by a person."""
    pinned = shelf.put(FIRST)
    with pins.pinned(shelf.home, pinned, "rollback"):
        pass
    for day in range(1, 6):
        shelf.put(FIRST + timedelta(days=day))
    retention.remove_old(shelf.home, keep())
    assert pinned in catalogue.release_ids(shelf.home)


def test_after_a_rollback_the_served_one_stays_though_it_is_the_oldest(shelf):
    """Newer releases that nobody is served with are no reason to remove what is."""
    ids = [shelf.put(FIRST + timedelta(days=day)) for day in range(6)]
    release.switch(shelf.home, ids[1])
    gone = retention.remove_old(shelf.home, keep(releases=2))
    assert gone == [ids[2]]  # of the two newest, the earlier one goes on from the fourth
    assert catalogue.release_ids(shelf.home) == [ids[0], ids[1], ids[3], ids[4], ids[5]]


def test_a_release_that_was_rolled_back_is_no_day_s_last_word(shelf):
    """History goes on from what was served: its days are kept, not those of the abandoned line."""
    first, second = shelf.put(FIRST), shelf.put(FIRST + timedelta(days=1))
    abandoned = shelf.put(FIRST + timedelta(days=1), base=first)
    release.switch(shelf.home, second)
    for day in range(2, 5):
        shelf.put(FIRST + timedelta(days=day))
    retention.remove_old(shelf.home, keep(days=5))
    assert second in catalogue.release_ids(shelf.home)
    assert abandoned not in catalogue.release_ids(shelf.home)


def test_the_line_is_followed_past_what_was_removed(shelf):
    """A month long ago is found behind two weeks of which nothing is left."""
    for day in range(59):
        shelf.put(FIRST + timedelta(days=day))
    retention.remove_old(shelf.home, keep(months=2))
    end_of_january = date(2026, 1, 31)
    assert catalogue.of_day(shelf.home, end_of_january).as_of == end_of_january
    assert catalogue.of_day(shelf.home, date(2026, 2, 10)) is None
    assert catalogue.base_release(shelf.home, date(2026, 2, 10)).as_of == end_of_january


def test_a_kept_end_of_month_can_be_computed_again_from_its_own_base(shelf):
    """`backfill --loads then` gives exactly what was published only on the history that it went on from."""
    for day in range(59):
        shelf.put(FIRST + timedelta(days=day))
    retention.remove_old(shelf.home, keep(months=2))
    planned = backcasts.planned(shelf.home, date(2026, 1, 31), "then")
    assert (planned.released.as_of, planned.base.as_of) == (date(2026, 1, 31), date(2026, 1, 30))


def test_a_removed_release_is_told_as_removed(shelf):
    """Whoever rolls back to it learns that nothing was lost by accident."""
    ids = [shelf.put(FIRST + timedelta(days=day)) for day in range(5)]
    retention.remove_old(shelf.home, keep())
    with pytest.raises(UserError, match=r"was removed at .* as `keep` in publishing.yml says"):
        catalogue.find(shelf.home, ids[0])


def test_a_damaged_release_stops_removing(shelf):
    """What depends on it cannot be known."""
    ids = [shelf.put(FIRST + timedelta(days=day)) for day in range(5)]
    (catalogue.releases_directory(shelf.home) / ids[1] / "manifest.json").write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        retention.remove_old(shelf.home, keep())
    assert catalogue.release_ids(shelf.home) == ids


@pytest.mark.parametrize("others", [2, 0])
def test_going_back_beyond_what_is_kept_names_what_can_be_had(shelf, others):
    """A second rollback in a row: what the oldest release replaced was removed long ago."""
    ids = [shelf.put(FIRST + timedelta(days=day)) for day in range(2 + others)]
    release.switch(shelf.home, ids[1])
    shutil.rmtree(catalogue.releases_directory(shelf.home) / ids[0])
    with pytest.raises(UserError, match=f"What {ids[1]} replaced, {ids[0]}, is no longer kept") as refused:
        release.rollback(shelf.home)
    assert ", ".join(ids[2:]) in refused.value.mend if others else "no other release" in refused.value.mend


def doctors(shelf) -> list[doctor.Finding]:
    return list(doctor.releases(SimpleNamespace(home=shelf.home, publishing=PublishingConfig(keep=keep()))))


def test_a_lost_list_of_removed_releases_stops_nothing(shelf):
    """The line is followed by what is there; what it went on from and is gone is told."""
    for day in range(59):
        shelf.put(FIRST + timedelta(days=day))
    retention.remove_old(shelf.home, keep(months=2))
    there = [info.release_id for info in catalogue.line(shelf.home)]
    catalogue.removed_file(shelf.home).unlink()
    assert [info.release_id for info in catalogue.line(shelf.home)] == there
    assert catalogue.base_release(shelf.home, date(2026, 2, 10)).as_of == date(2026, 1, 31)
    assert retention.remove_old(shelf.home, keep(months=2)) == []
    fine, note = doctors(shelf)
    assert (fine.is_fine, note.is_note) == (True, True)
    assert "removed without a word" in note.told


def test_a_release_that_a_person_removed_stops_nothing(shelf):
    """As people did where disks filled up; the days before it are still kept by the counts."""
    ids = [shelf.put(FIRST + timedelta(days=day)) for day in range(6)]
    shutil.rmtree(catalogue.releases_directory(shelf.home) / ids[4])
    assert catalogue.base_release(shelf.home, FIRST + timedelta(days=5)).release_id == ids[3]
    assert retention.remove_old(shelf.home, keep(days=2)) == ids[:2]
    assert catalogue.release_ids(shelf.home) == [ids[2], ids[3], ids[5]]


def test_a_damaged_list_of_removed_releases_lets_refreshes_go_on_and_stops_removing(shelf):
    """What it said must not be written over; the doctor names it."""
    for day in range(9):
        shelf.put(FIRST + timedelta(days=day))
    retention.remove_old(shelf.home, keep())
    catalogue.removed_file(shelf.home).write_text("[1]")
    assert catalogue.base_release(shelf.home, FIRST + timedelta(days=9)).as_of == FIRST + timedelta(days=8)
    with pytest.raises(UserError, match="list of removed releases cannot be read"):
        retention.remove_old(shelf.home, keep())
    assert catalogue.removed_file(shelf.home).read_text() == "[1]"
    [found] = doctors(shelf)
    assert not found.is_fine
    assert "removed.json" in found.told


@pytest.mark.parametrize("name", ["old", "old-copy", "20260101T000000Z", "20261301T000000Z-ab", "20260101T000000Z-a b"])
def test_a_folder_that_is_no_release_stops_nothing_and_is_told(shelf, name):
    """Somebody's copy, put aside where the others lie."""
    first = shelf.put(FIRST)
    (catalogue.releases_directory(shelf.home) / name).mkdir()
    assert catalogue.release_ids(shelf.home) == [first]
    assert catalogue.next_release_id(shelf.home, "0123456789", FIRST_MOMENT) > first
    assert retention.remove_old(shelf.home, keep()) == []
    note, _ = doctors(shelf)
    assert name in note.told


@pytest.mark.parametrize("dies_at", ["replace_file", "discard", "rmtree"])
def test_a_death_in_the_middle_leaves_whole_releases_and_the_next_run_ends_it(shelf, monkeypatch, dies_at):
    """Nothing that bears a release's name is ever half a release."""
    ids = [shelf.put(FIRST + timedelta(days=day)) for day in range(8)]

    def die(*given, **named):
        raise KeyboardInterrupt

    owner = {"replace_file": durable, "discard": release, "rmtree": shutil}[dies_at]
    with monkeypatch.context() as patch:
        patch.setattr(owner, dies_at, die)
        with pytest.raises(KeyboardInterrupt):
            retention.remove_old(shelf.home, keep())
    assert len(catalogue.releases(shelf.home)) >= 7  # each one opens
    retention.remove_old(shelf.home, keep())
    release.remove_leftovers(shelf.home)
    assert catalogue.release_ids(shelf.home) == ids[5:]
    assert not list(catalogue.published(shelf.home).rglob(".tmp-*"))
    assert set(catalogue.removed(shelf.home)) == set(ids[:5])


@pytest.mark.usefixtures("plain_report")
def test_an_open_reader_reads_a_removed_release_to_its_end(warehouse, home):
    """A report that runs for an hour ends on the figures that it began with."""

    def publish(day: int):
        as_of = FIRST + timedelta(days=day)
        base = catalogue.base_release(home, as_of)
        told = manifest_of(as_of, base_release_id=base and base.release_id)
        return release.publish(warehouse, home, manifest=told)

    first = publish(0)
    with duckdb.connect(first.directory / "marts.duckdb", read_only=True) as reader:
        before = reader.execute("select count(*), sum(clv) from marts.customer_value").fetchall()
        for day in range(1, 4):
            publish(day)
        assert retention.remove_old(home, keep()) == [first.release_id]
        assert not first.directory.exists()
        assert reader.execute("select count(*), sum(clv) from marts.customer_value").fetchall() == before
    release.verify(catalogue.served(home))


def test_the_doctor_tells_the_room_that_releases_take_and_what_keeps_them(shelf):
    """A disk that fills up is to be seen before it is full."""
    ids = [shelf.put(FIRST + timedelta(days=day)) for day in range(5)]
    settings = SimpleNamespace(home=shelf.home, publishing=PublishingConfig(keep=keep()))
    [found] = doctor.releases(settings)
    assert (found.is_fine, found.told) == (True, "5 take 0.0 MiB; 2 are removed when the next one is published")
    (catalogue.releases_directory(shelf.home) / ids[1] / "manifest.json").write_text("{")
    [found] = doctor.releases(settings)
    assert not found.is_fine
    assert "old ones are not removed" in found.told


def test_at_least_the_served_release_is_kept_by_any_configuration():
    """A zero would be somebody's way to say "all"."""
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        PublishingConfig.model_validate({"keep": {"releases": 0}})
