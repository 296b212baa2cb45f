"""Marked people in the exports: nothing that is published or shown names them, and landing, which is private, does.

Private, and held back from BI and managers: the exports, `landing/`, `warehouse.duckdb` (docs/privacy.md). Of the
commands `quarantine list` alone shows what arrived, to the person who has to mend it; `--samples 0` does not.
"""

from dataclasses import dataclass, field

import pytest

from privacy.decoded import files, folded, in_text, search
from privacy.planted import (
    HELD,
    PUBLISHED,
    Company,
    add_what_cannot_be_read,
    add_what_is_held,
    company_with_secrets,
    place_of,
    sought,
)

PRIVATE = ("landing", "warehouse.duckdb", "warehouse.duckdb.wal")


@dataclass
class Story:
    """A company after a refresh that was published and two that were held, with all that the commands said."""

    company: Company
    said: dict[str, str] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)

    def tell(self, when: str, *arguments: str) -> None:
        key = f"{when}: {' '.join(arguments)}"
        self.ended[key], self.said[key] = self.company.touchstone(*arguments)


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    told = Story(company_with_secrets(tmp_path_factory.mktemp("privacy")))
    told.tell("published", "refresh")
    told.tell("published", "quarantine", "list", "--samples", "0")
    add_what_is_held(told.company)
    told.tell("held", "refresh")
    told.tell("held", "status")
    add_what_cannot_be_read(told.company)
    told.tell("unread", "refresh")
    for arguments in (
        "status",
        "status --json",
        "releases",
        "doctor",
        "quarantine list --samples 0",
        "quarantine list",
    ):
        told.tell("unread", *arguments.split())
    return told


@pytest.fixture(scope="module")
def leaks(story) -> list[str]:
    """Each secret that stands in the home, but for its private side, and where."""
    found = search(files(story.company.home, without=PRIVATE), sought(PUBLISHED | HELD))
    return [f"{place} has {place_of(secret)}" for secret, places in found.items() for place in sorted(places)]


def test_one_refresh_was_published_and_two_were_held(story):
    """Else the tests below would search empty folders."""
    assert story.ended["published: refresh"] == 0, story.said["published: refresh"]
    assert story.ended["held: refresh"] == 3, story.said["held: refresh"]
    status = story.said["held: status"]
    assert story.ended["unread: refresh"] == 3, story.said["unread: refresh"]
    assert "raw.wallets:arrived" in story.said["unread: status"]
    for reason in (
        "staging.unidentified:complaints_are_of_known_customers",
        "staging.unidentified:survey_answers_are_of_known_customers",
    ):
        assert reason in status


def test_the_search_finds_every_secret_in_the_exports_and_in_landing(story):
    """A search that finds nothing anywhere proves nothing."""
    everything = sought(PUBLISHED | HELD)
    exports = story.company.exports
    landed = sought(PUBLISHED) - {"unread-quax@example.org"}  # a column that nothing reads is not landed
    assert set(search(files(exports), everything)) == everything
    assert set(search(files(story.company.home / "landing"), everything)) >= landed
    in_engine = set(search([story.company.home / "warehouse.duckdb"], everything))
    assert "13711102211" in in_engine  # the unknown complainer, in staging.unidentified


def test_nothing_that_is_published_names_anybody(story, leaks):
    """Marts, report, manifest and status, each column of each file decoded."""
    published = story.company.home / "published"
    assert {path.name for path in files(published)} >= {"marts.duckdb", "manifest.json", "report.html", "status.json"}
    assert [leak for leak in leaks if leak.startswith(str(published))] == []


def test_neither_history_nor_logs_name_anybody(story, leaks):
    """What the page shows of runs, pictures and checks, what dbt and the steps wrote: all of the home but landing."""
    searched = {path.suffix for path in files(story.company.home, without=PRIVATE)}
    assert searched >= {".db", ".log", ".out", ".err", ".sql"}
    assert leaks == []


def test_commands_name_nobody_unless_they_are_asked_for_what_arrived(story):
    """Output of commands ends in mails and tickets."""
    everything = {folded(secret): secret for secret in sought(PUBLISHED | HELD)}
    named = {key: in_text(text, everything) for key, text in story.said.items()}
    on_purpose = {key: named.pop(key) for key in list(named) if key.endswith("quarantine list")}
    assert {key: secrets for key, secrets in named.items() if secrets} == {}
    for secrets in on_purpose.values():
        assert "上官雪蛟" in secrets
