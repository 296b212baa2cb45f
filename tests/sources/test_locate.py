"""Which files a path names: wildcards in any part, URLs, files that change under our hands."""

import functools
import http.server
import os
import threading

import pytest

from orchestration.errors import UserError
from orchestration.sources.locate import Original, located


@pytest.fixture
def names(tmp_path):
    """The files that a path names, below the test's folder."""
    (tmp_path / "work").mkdir()

    def of(pattern: str) -> list[str]:
        found = located(f"{tmp_path}/{pattern}", "feeds.orders.path", tmp_path, tmp_path / "work")
        return [str(original.path.relative_to(tmp_path)) for original in found]

    return of


def put(folder, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a\n")


def test_wildcards_match_in_any_part(names, tmp_path):
    """One folder a shop is as usual as one file a month."""
    put(tmp_path, "in/b/orders.csv", "in/a/orders.csv", "in/a/lines.csv")
    assert names("in/*/orders.csv") == ["in/a/orders.csv", "in/b/orders.csv"]


def test_a_part_that_exists_by_its_name_is_no_wildcard(names, tmp_path):
    """Browsers write orders[1].csv."""
    put(tmp_path, "in[1]/o-1.csv", "in1/o-2.csv")
    assert names("in[1]/o-*.csv") == ["in[1]/o-1.csv"]


def test_hidden_files_and_lock_files_are_not_matched(names, tmp_path):
    """Half-written downloads and Excel's lock beside the open workbook are no exports."""
    put(tmp_path, "a.xlsx", "~$a.xlsx", ".a.xlsx.part.xlsx")
    assert names("*.xlsx") == ["a.xlsx"]
    assert names(".*.xlsx") == [".a.xlsx.part.xlsx"]


@pytest.mark.parametrize("change", ["longer", "same size", "replaced", "gone"])
def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path, change):
    """Half of the old rows and half of the new are neither export."""
    put(tmp_path, "a.csv")
    path = tmp_path / "a.csv"
    original = Original.at(path)
    original.check_unchanged()
    if change == "longer":
        path.write_text("a\n1\n")
    elif change == "same size":
        path.write_text("b\n")
        os.utime(path, ns=(1, 1))
    elif change == "replaced":
        put(tmp_path, "b.csv")
        (tmp_path / "b.csv").replace(path)
    else:
        path.unlink()
    with pytest.raises(UserError, match="changed while it was read"):
        original.check_unchanged()


@pytest.fixture
def server(tmp_path):
    """A web server of this folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=tmp_path / "served")
    (tmp_path / "served").mkdir()
    (tmp_path / "work").mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_url_is_downloaded_and_shown_without_its_secrets(server, tmp_path):
    """Names go into manifests and messages; user, password and signature do not."""
    put(tmp_path, "served/orders.csv")
    (found,) = located(f"http://ann:secret@{server}/orders.csv?sig=secret", "x", tmp_path, tmp_path / "work")
    assert found.path.read_text() == "a\n"
    assert found.name == f"http://{server}/orders.csv"
    assert found.fingerprint()["name"] == "orders.csv"


def test_wildcards_of_a_url_match_what_the_server_lists(server, tmp_path):
    """As in a folder."""
    put(tmp_path, "served/o-2.csv", "served/o-1.csv", "served/x.csv")
    found = located(f"http://{server}/o-*.csv", "x", tmp_path, tmp_path / "work")
    assert [original.name for original in found] == [f"http://{server}/o-1.csv", f"http://{server}/o-2.csv"]


@pytest.mark.parametrize(
    "url", ["http://ann:secret@{}/none.csv?sig=secret", "http://ann:secret@127.0.0.1:1/a?sig=secret"]
)
def test_a_url_that_cannot_be_read_is_told_without_its_secrets(server, tmp_path, url):
    """Whatever the library's own message says."""
    with pytest.raises(UserError) as refused:
        located(url.format(server), "feeds.orders.path", tmp_path, tmp_path / "work")
    assert "secret" not in str(refused.value)
    assert "feeds.orders.path" in refused.value.where


@pytest.mark.parametrize(("url", "told"), [("gs://bucket/a.csv", "pip install gcsfs"), ("foo://a", "of the kind foo")])
def test_a_url_that_nothing_here_reads_says_what_is_missing(tmp_path, url, told):
    """One package for each kind of storage; none is installed for nothing."""
    with pytest.raises(UserError, match=told):
        located(url, "x", tmp_path, tmp_path)
