"""The served release in PostgreSQL is the one on disk, whole, whatever readers do meanwhile."""

import threading
from datetime import date

import duckdb
import psycopg
import pytest
from candidate import fill, manifest_of

from orchestration.config.publishing import KeepConfig
from orchestration.errors import UserError
from orchestration.publishing import catalogue, postgres, release, retention

pytestmark = pytest.mark.usefixtures("plain_report")
KEYS = {"customer_value": ["customer_id"], "quality_weights": ["hierarchy", "indicator"]}


@pytest.fixture
def place(database):
    return postgres.Place(database)


def publish(warehouse, home, day=30):
    """A release of the day."""
    return release.publish(warehouse, home, manifest=manifest_of(date(2026, 6, day), keys=KEYS))


def asked(place, statement, *values):
    with psycopg.connect(place.url) as connection:
        return connection.execute(statement, values).fetchall()


def test_every_mart_is_there_row_for_row_with_types_comments_and_index(home, place):
    """What PostgreSQL shows is what was published: each value is compared, nulls and Chinese words too."""
    with duckdb.connect() as connection:
        fill(connection)
        connection.execute("update marts.labels set label_en = null, label_zh = 'a\"b,\n' where value = 'gold'")
        info = publish(connection, home)
    postgres.serve(place, info)
    with duckdb.connect(info.directory / "marts.duckdb", read_only=True) as source:
        tables = [name for (name,) in source.execute("select table_name from duckdb_tables()").fetchall()]
        assert len(tables) > 10
        for table in tables:
            columns = [row[0] for row in source.execute(f"describe {table}").fetchall()]
            names = ", ".join(f'"{column}"' for column in columns)
            ours = source.execute(f"select {names} from {table}").fetchall()
            theirs = asked(place, f"select {names} from marts.{table}")
            assert sorted(map(repr, theirs)) == sorted(map(repr, ours)), table
    of_mart = "from information_schema.columns where table_schema = 'marts' and table_name = 'customer_value' and "
    comments = (
        f"select col_description('marts.customer_value'::regclass, ordinal_position) {of_mart} column_name = 'clv'"
    )
    assert asked(place, comments) == [("Lifetime value over the horizon, 客户终身价值.",)]
    types = f"select data_type {of_mart} column_name in ('as_of', 'clv') order by column_name"
    assert asked(place, types) == [("date",), ("numeric",)]
    assert asked(
        place, "select count(*) from pg_indexes where schemaname = 'marts_data' and indexdef like '%%(customer_id)'"
    ) == [(1,)]


def test_a_statement_never_sees_two_releases_and_no_reader_is_stopped(warehouse, home, place):
    """Four readers join marts through twenty switches; each sees one release in both, and none gets an error."""
    infos = []
    for day in range(1, 4):
        warehouse.execute(f"update marts.customer_value set clv = {day}")
        warehouse.execute(f"update marts.quality_weights set global_weight = {day}")
        infos.append(publish(warehouse, home, day))
    postgres.serve(place, infos[0])
    joined = (
        "select distinct extract(day from release.as_of), value.clv, weights.global_weight "
        "from marts.release cross join marts.customer_value as value cross join marts.quality_weights as weights"
    )
    seen, errors, done = set(), [], threading.Event()

    def read():
        try:
            with psycopg.connect(place.url) as connection:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                while not done.is_set():
                    with connection.transaction():
                        first, second = connection.execute(joined).fetchall(), connection.execute(joined).fetchall()
                    assert first == second
                    seen.update(first)
        except Exception as error:  # told by the thread that asserts
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for turn in range(20):
        postgres.serve(place, infos[turn % 3])
    done.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert len(seen) > 1
    assert {(day, day, day) for day in (1, 2, 3)} >= {tuple(map(int, row)) for row in seen}


def test_columns_that_change_are_shown_once_nobody_reads_the_view(warehouse, home, place, monkeypatch):
    """A reader that never ends is not thrown out; it is named as what to close, and what was shown stays."""
    postgres.serve(place, publish(warehouse, home, 1))
    warehouse.execute("alter table marts.customer_value drop column order_days")
    info = publish(warehouse, home, 2)
    monkeypatch.setattr(postgres, "PATIENCE_SECONDS", 0.5)
    with psycopg.connect(place.url) as reader:
        reader.execute("select count(*) from marts.customer_value")
        with pytest.raises(UserError, match="columns of a mart have changed") as refusal:
            postgres.serve(place, info)
        assert place.url not in str(refusal.value)
        assert reader.execute("select count(order_days) from marts.customer_value").fetchone() == (50,)
    postgres.serve(place, info)
    assert postgres.shown(place) == info.release_id
    with pytest.raises(psycopg.errors.UndefinedColumn):
        asked(place, "select order_days from marts.customer_value")


def test_a_mart_that_is_gone_is_no_longer_shown(warehouse, home, place):
    """A view over an old release would look like today's."""
    postgres.serve(place, publish(warehouse, home, 1))
    warehouse.execute("drop table marts.quality_weights")
    postgres.serve(place, publish(warehouse, home, 2))
    assert asked(place, "select viewname from pg_views where schemaname = 'marts' order by viewname") == [
        ("customer_value",),
        ("refresh_checks",),
        ("release",),
    ]


def test_two_releases_are_kept_and_going_back_needs_no_copying(warehouse, home, place):
    """The served one and the one before; the others' tables are dropped."""
    infos = [publish(warehouse, home, day) for day in (1, 2, 3)]
    for info in infos:
        postgres.serve(place, info)
    loaded = "select distinct release_id from marts_data.loaded order by 1"
    assert asked(place, loaded) == [(info.release_id,) for info in infos[1:]]
    (tables,) = asked(place, "select count(*) from pg_inherits")[0]
    assert tables == 2 * 4
    postgres.serve(place, infos[1])
    assert postgres.shown(place) == infos[1].release_id


def test_an_erasure_leaves_nothing_behind_in_any_table(warehouse, home, place):
    """Who was forgotten is in no partition, of whichever release."""
    from orchestration.publishing import manifest as manifests

    first, second = publish(warehouse, home, 1), publish(warehouse, home, 2)
    postgres.serve(place, first)
    postgres.serve(place, second)
    with duckdb.connect(second.directory / "marts.duckdb") as connection:
        connection.execute("delete from customer_value where customer_id = 'C00007'")
        connection.execute(f"copy customer_value to '{second.directory}/customer_value.parquet' (format parquet)")
    manifests.write(second.directory, second.manifest)
    postgres.erase(place, catalogue.find(home, second.release_id))
    assert asked(place, "select count(*) from marts.customer_value") == [(49,)]
    for (table,) in asked(
        place, "select tablename from pg_tables where schemaname = 'marts_data' and tablename like 'customer_value%%'"
    ):
        assert asked(place, f"select count(*) from marts_data.{table} where customer_id = 'C00007'") == [(0,)]
    postgres.serve(place, first)
    assert asked(place, "select count(*) from marts.customer_value") == [(50,)]


def test_a_role_of_readers_may_read_the_views_and_nothing_else(warehouse, home, place):
    """BI tools get a role that can do no harm."""
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("drop role if exists bi")
        connection.execute("create role bi")
    postgres.serve(postgres.Place(place.url, reader="bi"), publish(warehouse, home))
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("set role bi")
        assert connection.execute("select count(*) from marts.customer_value").fetchone() == (50,)
        for statement in ("delete from marts.customer_value", "select * from marts_data.served"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_home_does_not_take_over_what_another_one_shows(warehouse, home, place, tmp_path):
    """A company that somebody tries out must not be what the readers of another one see."""
    info = publish(warehouse, home)
    postgres.serve(place, info)
    # Of another candidate: of the same one, in the same second, the ids would be equal.
    other = release.publish(
        warehouse, tmp_path / "other", manifest=manifest_of(keys=KEYS, fingerprint="fedcba9876543210")
    )
    with pytest.raises(UserError, match="not of this home"):
        postgres.serve(place, other)
    assert postgres.shown(place) == info.release_id


def test_a_server_that_was_away_while_its_release_was_removed_is_shown_the_next(warehouse, home, place):
    """What it shows is not on the disk any more, and yet it is this home's."""
    postgres.serve(place, publish(warehouse, home, 1))
    for day in range(2, 6):
        told = manifest_of(date(2026, 6, day), keys=KEYS, base_release_id=catalogue.served_id(home))
        info = release.publish(warehouse, home, manifest=told)
    retention.remove_old(home, KeepConfig(releases=1, days=0, months=0))
    assert postgres.shown(place) not in catalogue.release_ids(home)
    postgres.serve(place, info)
    assert postgres.shown(place) == info.release_id


def test_a_reader_that_does_not_exist_is_named(place):
    """Also by the doctor, before a refresh."""
    with pytest.raises(UserError, match="no role 'nobody_here'"):
        postgres.shown(postgres.Place(place.url, reader="nobody_here"))


def test_what_the_server_refuses_is_told_without_the_password(warehouse, home, place):
    """A URL is a secret."""
    info = publish(warehouse, home)
    with pytest.raises(UserError) as refusal:
        postgres.serve(postgres.Place("postgresql://bi:s3cret@127.0.0.1:1/none", server="127.0.0.1/none"), info)
    assert "s3cret" not in str(refusal.value)
    assert "127.0.0.1/none" in str(refusal.value)


def test_two_homes_do_not_write_to_one_schema_at_once(warehouse, home, place, monkeypatch):
    """The second is told, and nothing is mixed."""
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 1)
    info = publish(warehouse, home)
    with postgres.connected(place), pytest.raises(UserError, match="another process is writing there"):
        postgres.serve(place, info)
