"""Overrides: what may be let through is said completely, for a check that there is, and not for long."""

import datetime as dt
import re

import pytest
import yaml

from orchestration import doctor
from orchestration.cli import tell_status
from orchestration.errors import UserError
from orchestration.settings import SHIPPED_CONFIG, load_settings

TODAY = dt.date.today()
ENTRY = {"check": "raw.orders:fresh", "reason": "moving house", "who": "李静", "until": TODAY}
COMPANY = {"company": {"name": "A", "currency": "CNY"}, "feeds": {"orders": {"path": "x"}}}


@pytest.fixture
def own(tmp_path, monkeypatch):
    """`own(entry, ...)` writes them as the overrides of a company and loads the configuration."""
    for name in ("TOUCHSTONE_TARGET", "TOUCHSTONE_HOME", "TOUCHSTONE_CONFIG"):
        monkeypatch.delenv(name, raising=False)

    def load(*entries, zone: str | None = None):
        (tmp_path / "overrides.yml").write_text(yaml.safe_dump({"overrides": list(entries)}, allow_unicode=True))
        if zone:
            (tmp_path / "sources.yml").write_text(yaml.safe_dump({**COMPANY, "time_zone": zone}))
        return load_settings(tmp_path / "home", tmp_path)

    return load


def test_nothing_is_let_through_as_shipped_and_the_example_fits():
    """Whoever takes the comment marks away has an override that loads."""
    assert load_settings().overrides.overrides == []
    text = (SHIPPED_CONFIG / "overrides.yml").read_text("utf-8")
    example = text[text.index("#   overrides:") : text.index("#\n# - ")]
    [entry] = yaml.safe_load(re.sub("^#", "", example, flags=re.MULTILINE))["overrides"]
    assert set(entry) == {"check", "reason", "who", "until"}
    assert entry["check"] in load_settings().gates.checks


def test_an_override_counts_up_to_and_with_its_last_day(own):
    """`until` is a day that a person would name; the next morning the gate decides again."""
    overrides = own(ENTRY).overrides
    assert list(overrides.in_force(TODAY)) == ["raw.orders:fresh"]
    assert overrides.expired(TODAY) == {}
    tomorrow = TODAY + dt.timedelta(days=1)
    assert overrides.in_force(tomorrow) == {}
    assert list(overrides.expired(tomorrow)) == ["raw.orders:fresh"]


def test_its_days_are_those_of_the_company(own):
    """Between these two zones lie 25 hours: what is over in one is not in the other."""
    ahead, behind = (own(zone=zone).today for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"))
    assert ahead > behind


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"check": "raw.orders:fesh"}, r"no check is called raw\.orders:fesh; near: raw\.orders:fresh"),
        # The name alone is not a check: which table is meant would be a guess.
        (
            {"check": "rows_are_conserved"},
            r"no check is called rows_are_conserved; near: raw\.loads:rows_are_conserved",
        ),
        ({"check": "wallets:fresh"}, r"called wallets:fresh; near: raw\.wallets:fresh, "),
        ({"check": "marts.customer_value:is_current"}, r"no check is called marts\.customer_value:is_current"),
        ({"reason": ""}, r"overrides\.0\.reason.*empty"),
        ({"reason": " "}, r"overrides\.0\.reason.*blank"),
        ({"who": None}, r"overrides\.0\.who.*needed: a text"),
        ({"until": "31/07/2026"}, r"overrides\.0\.until.*the last day on which it counts, such as 2026-07-31"),
        ({"until": 20990731}, r"overrides\.0\.until"),
        ({"until": TODAY + dt.timedelta(days=91)}, r"more than 90 days ahead.*belongs into gates\.yml"),
        ({"because": "x"}, r"unknown key `overrides\.0\.because`; accepted: check, reason, until, who"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(own, changed, told):
    """At the door: an override with a mistake in it would let nothing through, or too much."""
    with pytest.raises(UserError, match=re.compile(told, re.DOTALL)) as refused:
        own({**ENTRY, **changed})
    assert "overrides.yml" in refused.value.where


@pytest.mark.parametrize("name", sorted(ENTRY))
def test_each_part_of_an_override_is_needed(own, name):
    """Without any of them nobody could say later what was decided."""
    with pytest.raises(UserError, match=rf"`overrides\.0\.{name}` is missing"):
        own({key: value for key, value in ENTRY.items() if key != name})


def test_two_overrides_of_one_check_are_refused(own):
    """Which reason was published would be a guess."""
    with pytest.raises(UserError, match=r"raw\.orders:fresh stands twice"):
        own(ENTRY, {**ENTRY, "who": "another"})


def test_ninety_days_and_a_day_long_past_are_accepted(own):
    """An old entry does no harm, and must not stop the next refresh."""
    last = {**ENTRY, "until": TODAY + dt.timedelta(days=90)}
    past = {**ENTRY, "check": "raw.orders:volume", "until": dt.date(2020, 1, 1)}
    assert list(own(last, past).overrides.in_force(TODAY)) == ["raw.orders:fresh"]


def test_the_doctor_notes_what_an_override_does_and_whether_it_is_needed(own, monkeypatch):
    """What is left standing is used one day by accident; none of it keeps a refresh from running."""
    settings = own(
        ENTRY,
        {**ENTRY, "check": "scores.clv:values_are_finite"},
        {**ENTRY, "check": "raw.orders:volume", "until": dt.date(2020, 1, 1)},
        {**ENTRY, "check": "scores.clv:error_is_below_naive"},
        {**ENTRY, "check": "raw.orders:shape"},
    )
    from orchestration.publishing import status

    reason = {"check": "raw.orders:shape", "message": "two rows"}
    served = status.Status(overrides=[{"check": "scores.clv:values_are_finite"}], held=True, reasons=[reason])
    monkeypatch.setattr(status, "read", lambda home: served)
    found = list(doctor.overrides(settings))
    assert all(finding.is_fine and finding.is_note for finding in found)
    unused, used, expired, warns, held = (finding.told for finding in found)
    assert "neither what is served nor what is held needs it" in unused
    assert f"until {TODAY} by 李静: moving house" in unused
    assert used.endswith("what is served needed it")
    assert expired.startswith("it ended on 2020-01-01")
    assert warns.startswith("the check only warns")
    assert held.endswith("the candidate that is held needs it: refresh again")


def test_the_status_warns_of_an_override_that_is_over(own, capsys):
    """Whoever relied on it learns that the gate decides again, and not first from a held refresh."""
    tell_status(own({**ENTRY, "until": dt.date(2020, 1, 1)}, {**ENTRY, "check": "raw.orders:volume"}))
    told = capsys.readouterr().out
    assert "raw.orders:fresh: the override by 李静 ended on 2020-01-01: its gate decides again" in told
    assert "raw.orders:volume" not in told
