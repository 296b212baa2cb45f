"""Which words that group people hold a phone or an e-mail: the rule of the checks `…_free_text_holds_no_contact`."""

from __future__ import annotations

import duckdb
import jinja2
import pytest
from refreshes import PROJECT

FILES = ("portable/half_width.sql", "has_contact.sql")
CONTACTS = [
    *(
        "13800138000",
        "停电 138-0013-8000",
        "+86 138 0013 8000",
        "008613800138000",
        "１３８００１３８０００",
        "tel:(138)00138000.",
    ),
    *("a@example.org", "致 Li.Lei＠example.com", "+1 555 123 4567", "two lines\n13800138000"),
]
WORDS = [
    *("", "停电", "North-West", "8504.21.00.00", "6901234567892", "110101001001", "12345678901", "2026-06-30 10:00:00"),
    *("AM17", "@home", "50 Hz + 220 V", "138001380001"),
]


@pytest.fixture(scope="module")
def rule() -> str:
    """The macro as SQL over a parameter."""
    macros = "".join((PROJECT / "macros" / name).read_text("utf-8") for name in FILES)
    return jinja2.Environment(autoescape=False).from_string(macros + "{{ has_contact('?1') }}").render()


@pytest.mark.parametrize("text", CONTACTS)
def test_phones_and_emails_are_known_in_any_spelling(rule, text):
    """Typed by hand, they come with separators, in full width, with a country code, and among words."""
    assert duckdb.execute(f"select {rule}", [text]).fetchall() == [(True,)]


@pytest.mark.parametrize("text", WORDS)
def test_codes_dates_and_words_are_no_contacts(rule, text):
    """A code of goods or of a district would hold every refresh."""
    assert duckdb.execute(f"select {rule}", [text]).fetchall() == [(False,)]
