"""A release is published as a whole or not at all, and can be taken back."""

import errno
import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from candidate import fill, manifest_of

from orchestration import durable
from orchestration.errors import UserError
from orchestration.publishing import backcasts, catalogue, manifest, marts, pins, release, report, status
from orchestration.publishing.hashing import content_of

pytestmark = pytest.mark.usefixtures("plain_report")


def publish(warehouse, home, as_of=date(2026, 6, 30), **more):
    """Publish what is in the warehouse."""
    base = catalogue.base_release(home, as_of)
    return release.publish(
        warehouse, home, manifest=manifest_of(as_of, base_release_id=base and base.release_id, **more)
    )


def leftovers(home):
    """What is half-written anywhere under `published`."""
    return [path for path in (home / "published").rglob(".tmp-*")]


def test_a_release_holds_every_mart_in_both_formats_as_the_candidate_had_it(warehouse, home):
    """What was checked is what is read."""
    info = publish(warehouse, home)
    served = home / "published" / "current"
    assert served.resolve() == info.directory
    assert set(marts.names(warehouse)) == set(info.manifest["marts"])
    with duckdb.connect(served / "marts.duckdb", read_only=True) as reader:
        for name, expected in marts.contents(warehouse).items():
            assert content_of(reader, f"marts.{name}") == expected
            assert content_of(reader, f"read_parquet('{served}/{name}.parquet')") == expected
            assert info.manifest["marts"][name]["content_hash"] == expected.content_hash
            assert info.manifest["marts"][name]["rows"] == expected.rows


def test_each_file_says_which_release_it_is_of(warehouse, home):
    """A reader of several files can see that they belong together."""
    info = publish(warehouse, home)
    with duckdb.connect(info.directory / "marts.duckdb", read_only=True) as reader:
        rows = reader.execute("select release_id, as_of, replaced from marts.release").fetchall()
        assert rows == [(info.release_id, date(2026, 6, 30), None)]
        said = reader.execute(
            f"select distinct decode(value) from parquet_kv_metadata('{info.directory}/*.parquet')"
            " where decode(key) = 'release_id'"
        ).fetchall()
        assert said == [(info.release_id,)]
    names = {path.stem for path in info.directory.glob("*.parquet")}
    assert names == {*marts.names(warehouse), "release", "refresh_checks"}


def test_comments_come_along_and_the_added_tables_are_described(warehouse, home):
    """An analyst reads what a column means in the BI tool."""
    info = publish(warehouse, home)
    with duckdb.connect(info.directory / "marts.duckdb", read_only=True) as reader:
        comments = dict(reader.execute("select column_name, comment from duckdb_columns()").fetchall())
        assert comments["clv"] == "Lifetime value over the horizon, 客户终身价值."
        (table,) = reader.execute("select comment from duckdb_tables() where table_name = 'customer_value'").fetchone()
        assert table == "One row a customer: what it's worth."
        undescribed = reader.execute(
            "select column_name from duckdb_columns()"
            " where table_name in ('release', 'refresh_checks') and comment is null"
        ).fetchall()
        assert undescribed == []


def test_the_checks_are_published_with_the_marts(warehouse, home):
    """Whoever doubts a number can see what was checked."""
    info = publish(warehouse, home)
    with duckdb.connect(info.directory / "marts.duckdb", read_only=True) as reader:
        found = reader.execute(
            "select subject, severity, is_passed, observed, threshold, sample_ids"
            " from marts.refresh_checks where check_name = 'volume_is_usual'"
        ).fetchall()
    assert found == [("raw.orders", "warn", False, "310", "400–900", '["C00001", "C00002"]')]


def test_a_failure_that_was_let_through_is_marked_in_the_checks(warehouse, home):
    """BI can show it beside the numbers."""
    told = manifest_of()
    told["checks"][0] |= {"passed": False, "is_overridden": True}
    info = release.publish(warehouse, home, manifest=told)
    with duckdb.connect(info.directory / "marts.duckdb", read_only=True) as reader:
        found = reader.execute("select check_name, is_overridden from marts.refresh_checks").fetchall()
    assert sorted(name for name, is_overridden in found if is_overridden) == ["order_id_is_unique"]
    assert None not in dict(found).values()


def test_marts_are_ordered_by_their_key(warehouse, home):
    """Neighbours in the key are neighbours on disk: look-ups by customer skip the rest."""
    info = publish(warehouse, home)
    with duckdb.connect(info.directory / "marts.duckdb", read_only=True) as reader:
        for relation in ("marts.customer_value", f"'{info.directory}/customer_value.parquet'"):
            ids = [row[0] for row in reader.execute(f"select customer_id from {relation}").fetchall()]
            assert ids == sorted(ids)


def test_the_manifest_names_every_other_file_by_its_hash(warehouse, home):
    """A damaged file is found before it is served again."""
    info = publish(warehouse, home)
    assert set(info.manifest["files"]) == {path.name for path in info.directory.iterdir()} - {"manifest.json"}
    text = (info.directory / "manifest.json").read_text()
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def test_an_incomplete_manifest_is_refused_by_name(warehouse, home):
    """A release must say where it comes from."""
    incomplete = manifest_of()
    del incomplete["loads"]
    with pytest.raises(ValueError, match="loads"):
        release.publish(warehouse, home, manifest=incomplete)
    assert not home.exists()


def test_a_warehouse_without_marts_publishes_nothing(home):
    """An empty set must not replace a good one."""
    with duckdb.connect() as empty, pytest.raises(ValueError, match="nothing to publish"):
        release.publish(empty, home, manifest=manifest_of())
    assert catalogue.served_id(home) is None
    assert leftovers(home) == []


STAGES = [
    (marts, "contents"),
    (marts, "write"),
    (marts, "verify"),
    (marts, "_copy_comments"),
    (marts, "_write_parquet"),
    (report, "render"),
    (manifest, "write"),
    (durable, "sync_directory"),
    (durable, "sync"),
    (release, "switch"),
    (durable, "replace_link"),
]


@pytest.mark.parametrize(
    ("module", "function", "failure"),
    [(*stage, OSError("disk full")) for stage in STAGES] + [(*stage, KeyboardInterrupt()) for stage in STAGES[::4]],
    ids=lambda part: getattr(part, "__name__", None) or (part if isinstance(part, str) else type(part).__name__),
)
def test_a_failure_at_any_stage_leaves_what_is_served_as_it_was(
    warehouse, home, monkeypatch, module, function, failure
):
    """Readers must not notice that a refresh broke off."""
    before = publish(warehouse, home)
    fill(warehouse, customers=60, small=True)

    def fail(*arguments, **named):
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(module, function, fail)
        with pytest.raises(type(failure)):
            publish(warehouse, home)
    assert catalogue.served(home) == before
    assert catalogue.release_ids(home) == [before.release_id]
    assert leftovers(home) == []


def test_a_failure_right_after_the_link_moved_moves_it_back(warehouse, home, monkeypatch):
    """The last step that can fail is putting the new link on the disk."""
    before = publish(warehouse, home)
    real = durable.sync

    def fail_on_published(path):
        if path == catalogue.published(home):
            raise OSError("disk failed")
        real(path)

    with monkeypatch.context() as patch:
        patch.setattr(durable, "sync", fail_on_published)
        with pytest.raises(OSError, match="disk failed"):
            publish(warehouse, home)
    assert catalogue.served(home) == before
    assert leftovers(home) == []
    assert publish(warehouse, home).manifest["replaced"] == before.release_id


@pytest.mark.parametrize("step", ["publish", "rollback"])
def test_a_status_that_cannot_be_written_does_not_take_the_switch_back(warehouse, home, monkeypatch, step):
    """The switch is the moment of publishing; the error says that it happened, and what to do."""
    before = publish(warehouse, home)
    if step == "rollback":
        publish(warehouse, home)
    monkeypatch.setattr(status, "_write", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "disk full")))
    with pytest.raises(UserError, match="is served, but the status could not be written: disk full") as raised:
        publish(warehouse, home) if step == "publish" else release.rollback(home)
    served = catalogue.served_id(home)
    assert served in raised.value.what
    assert (served == before.release_id) == (step == "rollback")


def test_rows_that_change_on_the_way_are_found(warehouse, home, monkeypatch):
    """Reading back is worth something only if it would notice."""
    real = marts.write

    def write_badly(connection, directory, found):
        real(connection, directory, found)
        with duckdb.connect(directory / "marts.duckdb") as written:
            written.execute("update marts.customer_value set clv = clv + 0.01 where customer_id = 'C00007'")

    monkeypatch.setattr(marts, "write", write_badly)
    with pytest.raises(RuntimeError, match="customer_value"):
        publish(warehouse, home)
    assert catalogue.served_id(home) is None


def test_what_a_dead_run_left_is_removed_by_the_next(warehouse, home):
    """Nobody has to clean up after a power cut."""
    publish(warehouse, home)
    dead = home / "published" / "releases" / ".tmp-20260101T000000Z-dead"
    dead.mkdir()
    (dead / "marts.duckdb").write_bytes(b"half")
    (home / "published" / ".tmp-current-dead").symlink_to("releases/nowhere")
    publish(warehouse, home)
    assert leftovers(home) == []


@pytest.mark.parametrize("next_step", ["publish", "rollback"])
def test_a_release_that_was_complete_but_never_switched_to_is_removed(warehouse, home, monkeypatch, next_step):
    """In the list it would look like one that people have been given; it could even be gone back to."""
    infos = [publish(warehouse, home), publish(warehouse, home)]
    with monkeypatch.context() as killed:
        killed.setattr(release, "switch", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        killed.setattr(release, "discard", lambda directory: None)
        with pytest.raises(KeyboardInterrupt):
            publish(warehouse, home)
    assert len(catalogue.release_ids(home)) == 3
    if next_step == "publish":
        infos.append(publish(warehouse, home))
    else:
        release.rollback(home)
    assert catalogue.releases(home) == infos
    assert leftovers(home) == []


def test_ids_sort_by_time_also_when_the_clock_goes_back(warehouse, home):
    """A release that sorts before an older one would be taken for it."""
    first = publish(warehouse, home)
    earlier = datetime.now(UTC) - timedelta(days=3)
    assert catalogue.next_release_id(home, "f" * 16, earlier) > first.release_id
    assert publish(warehouse, home).release_id.partition("-")[0] > first.release_id.partition("-")[0]
    assert first.release_id.endswith("-01234567")


def test_a_reader_keeps_its_release_while_the_next_one_is_switched_to(warehouse, home):
    """One connection sees one release, and never delays a refresh."""
    first = publish(warehouse, home)
    reading = (
        "import duckdb, sys\n"
        "reader = duckdb.connect(sys.argv[1], read_only=True)\n"
        "ask = lambda: print(reader.execute('select r.release_id, count(*) from marts.release r,"
        " marts.customer_value group by 1').fetchone(), flush=True)\n"
        "ask(); sys.stdin.readline(); ask()\n"
    )
    path = home / "published" / "current" / "marts.duckdb"
    reader = subprocess.Popen(
        [sys.executable, "-c", reading, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    before = reader.stdout.readline()
    fill(warehouse, customers=70, small=True)
    second = publish(warehouse, home)
    after, _ = reader.communicate("\n")
    assert before == after == f"('{first.release_id}', 50)\n"
    with duckdb.connect(path, read_only=True) as fresh:
        assert fresh.execute("select release_id from marts.release").fetchone() == (second.release_id,)


def test_previous_is_the_latest_release_of_an_earlier_day(warehouse, home):
    """A day that is refreshed again must not count itself as its past."""
    assert catalogue.base_release(home, date(2026, 6, 1)) is None
    first = publish(warehouse, home, date(2026, 6, 1))
    assert catalogue.base_release(home, date(2026, 6, 1)) is None
    assert catalogue.base_release(home, date(2026, 6, 2)) == first
    second = publish(warehouse, home, date(2026, 6, 2))
    again = publish(warehouse, home, date(2026, 6, 2))
    assert again.manifest["base_release_id"] == first.release_id
    assert again.manifest["replaced"] == second.release_id
    assert catalogue.base_release(home, date(2026, 6, 2)) == first
    assert catalogue.base_release(home, date(2026, 6, 3)) == again


def test_a_rollback_takes_history_back(warehouse, home):
    """After it, "previous" is what is served again, not the release that was taken back."""
    first = publish(warehouse, home, date(2026, 6, 1))
    publish(warehouse, home, date(2026, 6, 2))
    release.rollback(home)
    assert catalogue.base_release(home, date(2026, 6, 3)) == first


@pytest.mark.parametrize("damage", ["missing", "corrupt", "foreign", "undated", "gone"])
def test_a_broken_chain_is_told_in_words(warehouse, home, damage):
    """History that cannot be found must not pass for no history."""
    first = publish(warehouse, home, date(2026, 6, 1))
    publish(warehouse, home, date(2026, 6, 2))
    path = first.directory / "manifest.json"
    if damage == "gone":
        first.directory.rename(home / "elsewhere")
    elif damage == "missing":
        path.unlink()
    else:
        path.write_text(
            {"corrupt": "{", "foreign": "{}", "undated": json.dumps({"release_id": first.release_id})}[damage]
        )
    with pytest.raises(UserError, match=first.release_id):
        backcasts.base_of_release(home, date(2026, 6, 2))
    if damage == "gone":  # then the days to come go on from what is served
        assert backcasts.base_of_release(home, date(2026, 6, 3)).as_of == date(2026, 6, 2)


@pytest.mark.parametrize("damage", ["gone", "another"])
def test_a_base_whose_files_are_not_what_was_published_is_not_gone_on_from(warehouse, home, damage):
    """Whom a missing file makes strangers, no check of drift can compare with."""
    first = publish(warehouse, home, date(2026, 6, 1))
    path = first.directory / "customer_value.parquet"
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(UserError, match=r"customer_value\.parquet missing or changed"):
        backcasts.base_of_release(home, date(2026, 6, 2))


def test_after_a_rollback_nothing_else_is_published_until_unpinned(warehouse, home):
    """Who took a release back does not want the next schedule to bring it again."""
    first, second = publish(warehouse, home), publish(warehouse, home)
    assert release.rollback(home, who="ops").release_id == first.release_id
    assert catalogue.served(home) == first
    assert pins.pin(home).release_id == first.release_id
    with pytest.raises(UserError, match="pinned") as refused:
        publish(warehouse, home)
    assert "touchstone unpin" in str(refused.value)
    assert catalogue.release_ids(home) == [first.release_id, second.release_id]
    assert leftovers(home) == []
    release.unpin(home)
    assert pins.pin(home) is None
    assert publish(warehouse, home).manifest["replaced"] == first.release_id


def test_a_named_release_can_be_served_again_also_a_later_one(warehouse, home):
    """The first guess at what was wrong may be wrong."""
    first, _, third = (publish(warehouse, home) for _ in range(3))
    assert release.rollback(home, first.release_id) == first
    assert release.rollback(home, third.release_id) == third
    assert catalogue.served(home) == third
    assert pins.pin(home).release_id == third.release_id


def test_there_is_nothing_before_the_first_release(warehouse, home):
    """In words, not as a broken link."""
    with pytest.raises(UserError, match="nothing is served"):
        release.rollback(home)
    publish(warehouse, home)
    with pytest.raises(UserError, match="first release"):
        release.rollback(home)
    with pytest.raises(UserError, match="no release '20'"):
        release.rollback(home, "20")


@pytest.mark.parametrize("name", ["marts.duckdb", "customer_value.parquet", "report.html"])
def test_a_damaged_release_is_not_served_again(warehouse, home, name):
    """A rollback in haste must not make things worse."""
    first, second = publish(warehouse, home), publish(warehouse, home)
    path = first.directory / name
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(UserError, match=name):
        release.rollback(home)
    assert catalogue.served(home) == second
    assert pins.pin(home) is None


def test_a_rollback_that_cannot_switch_does_not_pin(warehouse, home, monkeypatch):
    """Otherwise the next refresh would be refused for nothing."""
    publish(warehouse, home)
    second = publish(warehouse, home)
    with monkeypatch.context() as patch:
        patch.setattr(release, "switch", lambda *_: (_ for _ in ()).throw(OSError("read-only")))
        with pytest.raises(OSError, match="read-only"):
            release.rollback(home)
    assert pins.pin(home) is None
    assert catalogue.served(home) == second


def test_a_copy_that_followed_links_is_told_apart(warehouse, home):
    """A restored backup may hold a directory where the link was."""
    publish(warehouse, home)
    link = home / "published" / "current"
    link.unlink()
    link.mkdir()
    with pytest.raises(UserError, match="not a symbolic link"):
        catalogue.served(home)
