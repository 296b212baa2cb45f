"""What cannot be written is told in words, and leaves what is served as it was.

A limit on the size of files stands for the full disk: it needs no rights, and the system refuses the write likewise.
"""

import resource
from contextlib import contextmanager
from datetime import date

import pytest
from candidate import fill, manifest_of

from orchestration.cli import OUTSIDE
from orchestration.errors import UserError
from orchestration.publishing import catalogue, pins, release, status

pytestmark = pytest.mark.usefixtures("plain_report")


@contextmanager
def no_file_beyond(size):
    """No file of this process may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def publish(warehouse, home):
    return release.publish(warehouse, home, manifest=manifest_of())


# The engine writes its first 12 KiB when the file is made, and the rest at the checkpoint.
@pytest.mark.parametrize("size", [0, 1_000, 50_000, 700_000], ids=["lock", "new file", "rows", "checkpoint"])
def test_a_release_that_does_not_fit_is_refused_in_words_and_the_next_one_goes_on(warehouse, home, size):
    """The disk fills up at night; in the morning there is room, and nobody should have to repair anything."""
    before = publish(warehouse, home)
    fill(warehouse, customers=60, small=True)
    with no_file_beyond(size), pytest.raises((UserError, OSError)) as refused:
        publish(warehouse, home)
    if isinstance(refused.value, UserError):
        assert "could not be written" in refused.value.what
        assert "what is served is as it was" in refused.value.mend
    else:
        assert refused.value.errno in OUTSIDE
    assert catalogue.releases(home) == [before]
    assert not list((home / "published").rglob(".tmp-*"))
    release.verify(before)
    assert publish(warehouse, home).manifest["replaced"] == before.release_id


@pytest.mark.parametrize(
    ("size", "is_switched"), [(0, False), (100, False), (400, True)], ids=["lock", "pin", "status"]
)
def test_going_back_without_room_does_all_of_it_or_says_what_it_did(warehouse, home, size, is_switched):
    """Somebody in haste must know which release is served now."""
    first, second = publish(warehouse, home), publish(warehouse, home)
    with no_file_beyond(size), pytest.raises((UserError, OSError)) as refused:
        release.rollback(home, who="touchstone rollback")
    assert catalogue.served(home) == (first if is_switched else second)
    assert (pins.pin(home) is not None) == is_switched
    assert isinstance(refused.value, UserError) == is_switched
    assert status.read(home).release_id == catalogue.served_id(home)
    assert release.rollback(home, first.release_id) == first


def test_a_status_that_does_not_fit_leaves_the_one_before(warehouse, home):
    """A refresh that is held on a full disk: what was said before must still be readable."""
    info = publish(warehouse, home)
    with no_file_beyond(400), pytest.raises(OSError, match="File too large") as refused:
        status.record_held(home, date(2026, 7, 1), [])
    assert refused.value.errno in OUTSIDE
    assert (status.read(home).release_id, status.read(home).held) == (info.release_id, False)
    assert status.record_held(home, date(2026, 7, 1), []).held
