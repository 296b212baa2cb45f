"""A forgetting that is cut off anywhere is finished by the same command."""

import json
import multiprocessing
import shutil

import duckdb
import pytest
from publishing.candidate import check, fill, manifest_of

from erasure.cut import DIED, forget_until
from erasure.people import EVERYTHING, FEEDS, ID, NAME, is_conserved, land_people, rows, settings_of
from orchestration.erasure.forget import forget
from orchestration.erasure.needles import Needles
from orchestration.erasure.search import search
from orchestration.publishing import catalogue, report
from orchestration.publishing.release import publish, verify
from orchestration.sources.loads import loads_of

NEEDLES = Needles(EVERYTHING)
CUTS = 5


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Landed people, and a release that names one of them in its marts and in a sample of a check."""
    folder = tmp_path_factory.mktemp("company")
    home = land_people(folder)
    with pytest.MonkeyPatch.context() as plain, duckdb.connect() as warehouse:
        plain.setattr(report, "render", lambda connection, manifest: f"<p>{manifest['release_id']}: {ID}</p>")
        fill(warehouse, small=True)
        warehouse.execute(f"update marts.customer_value set customer_id = '{ID}' where customer_id = 'C00007'")
        told = check("a_claim", "facts.orders", sample_ids=["C00001", ID], message=f"not so for {NAME}")
        publish(warehouse, home, manifest=manifest_of(checks=[told]))
    return folder


def run(folder, cut: int | None) -> tuple[int, int]:
    """Forget in a process of its own: its exit code, and how many changes it made to its end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["erasure.cut", "orchestration.erasure.forget"])
    told = folder / "changes.txt"
    process = context.Process(target=forget_until, args=(folder, ID, cut, told))
    process.start()
    process.join()
    return process.exitcode, int(told.read_text()) if told.exists() else 0


def assert_gone(folder) -> None:
    """Landing adds up, the release verifies, nobody is left, and the others are there."""
    home = folder / "home"
    assert search(home, NEEDLES) == []
    assert is_conserved(home)
    assert [load.erased for name in FEEDS for load in loads_of(home, name)] == [5, 1, 1, 2]
    assert rows(home, "orders", "order_id") == [("O2",)]
    served = catalogue.served(home)
    verify(served)
    assert served.manifest["marts"]["customer_value"]["rows"] == 49
    assert not [path for path in home.rglob("*") if path.name in (".erasing", ".tmp-erasing")]


def test_a_release_keeps_its_id_and_says_what_was_erased(company, tmp_path):
    """Rows of the mart, ids in samples and texts go; the manifest has the hashes of what is there."""
    folder = shutil.copytree(company, tmp_path / "copy", symlinks=True)
    before = catalogue.served(folder / "home")
    assert {found.path.suffix for found in search(before.directory, NEEDLES)} == {
        ".parquet",
        ".duckdb",
        ".json",
        ".html",
    }
    erasure = forget(settings_of(folder), ID)
    assert erasure.is_done
    assert erasure.marts == {"customer_value": 1}
    assert_gone(folder)
    after = catalogue.served(folder / "home")
    assert after.release_id == before.release_id
    assert after.manifest["erasures"][0]["rows"] == {"customer_value": 1}
    assert after.manifest["checks"][0]["sample_ids"] == ["C00001", "[erased]"]
    hashes = [info.manifest["marts"]["customer_value"]["content_hash"] for info in (before, after)]
    assert hashes[0] != hashes[1]
    assert comments(before.directory, company) == comments(after.directory, folder) != []


def comments(directory, folder) -> list[tuple]:
    """Descriptions of the columns, as BI tools show them."""
    path = folder / "home" / "published" / "releases" / directory.name / "marts.duckdb"
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(
            "select table_name, column_name, comment from duckdb_columns() where comment is not null order by all"
        ).fetchall()


def test_a_release_that_does_not_name_them_is_left_as_it_is(company, tmp_path):
    """Nothing is rewritten without need: readers may compare bytes."""
    folder = shutil.copytree(company, tmp_path / "copy", symlinks=True)
    release = catalogue.served(folder / "home").directory
    before = {path.name: path.read_bytes() for path in release.iterdir()}
    forget(settings_of(folder), "C00999")
    assert {path.name: path.read_bytes() for path in release.iterdir()} == before


def test_a_kill_at_any_change_is_mended_by_the_same_command(company, tmp_path):
    """Power fails when it likes; nobody may stay half-erased, and nothing of others may go."""
    whole = shutil.copytree(company, tmp_path / "whole", symlinks=True)
    code, changes = run(whole, None)
    assert code == 0
    assert changes > CUTS
    assert_gone(whole)
    for cut in [round(number * (changes - 1) / (CUTS - 1)) for number in range(CUTS)]:
        folder = shutil.copytree(company, tmp_path / f"cut-{cut}", symlinks=True)
        assert run(folder, cut) == (DIED, 0)
        assert forget(settings_of(folder), ID).is_done
        assert_gone(folder)
        assert json.loads((folder / "home" / "forgotten.json").read_text())["entries"][0]["finished_at"]
