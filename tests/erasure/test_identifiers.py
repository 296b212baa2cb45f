"""The same identifier in another spelling is the same; a part of another one is not."""

import json

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.erasure.needles import Needles
from orchestration.sources.identifiers import as_window, canonical, is_distinctive, windows

NEEDLES = Needles(frozenset({"C00777", "王小明", "13812345678", "Zoë & Sons Ltd", "w.x@example.com", "42"}))
NAMED = {
    "alone": "C00777",
    "in lower case": "customer c00777, again",
    "full width": "Ｃ００７７７",
    "after an escaped line end": r'{"text": "line\nC00777"}',
    "name within Chinese text": "请联系王小明先生",
    "name in JSON": json.dumps("王小明"),
    "name in JSON in JSON": json.dumps(json.dumps(["王小明"])),
    "phone with country code and dashes": "tel:+86 138-1234-5678.",
    "full-width phone": "电话１３８１２３４５６７８。",
    "phone after an escaped sign": json.dumps("电13812345678"),
    "name in a page": "<td>Zoë &amp; Sons Ltd</td>",
    "name in capitals, over two lines": "ZOË & SONS\n  LTD",
    "e-mail": "<W.X@Example.com>",
    "a short id in a list of sample ids": '{"sample_ids": ["7", "42"]}',
}
NOT_NAMED = {
    "a longer id": "C007770 and AC00777",
    "a longer number": "138123456789",
    "a short id as a count": "42 rows of 42",
    "half a name": "王小",
}


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED)
def test_an_identifier_is_found_however_it_is_written(text):
    """By both engines, and after it was replaced by neither."""
    assert is_found_by_duckdb(text)
    assert NEEDLES.is_in(text)
    assert not NEEDLES.is_in(NEEDLES.replaced(text))
    assert not is_found_by_duckdb(NEEDLES.replaced(text))


@pytest.mark.parametrize("text", NOT_NAMED.values(), ids=NOT_NAMED)
def test_what_only_looks_like_one_is_left(text):
    """An erasure must not take what is somebody else's."""
    assert not is_found_by_duckdb(text)
    assert NEEDLES.replaced(text) == text


def is_found_by_duckdb(text: str) -> bool:
    with duckdb.connect() as connection:
        return connection.execute("select regexp_matches(?, ?)", [text, NEEDLES.in_text]).fetchall()[0][0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("13812345678", "+86 138 1234 5678"),
        ("13812345678", "0086-138-1234-5678"),
        ("１３８１２３４５６７８", "13812345678"),
        (" Zoë  Sons ", "zoë sons"),
        ("C00777", "ｃ００７７７"),
    ],
)
def test_two_spellings_have_one_canonical_form(one, other):
    """Hashes are of this form, so another spelling is kept out too."""
    assert canonical(one) == canonical(other)


IDENTIFIERS = st.sampled_from(["C00777", "王小明", "13812345678", "Zoë & Sons Ltd", "w.x@example.com", "OLD-0042"])
AROUND = st.text(alphabet="ab 7,.;:(中文\n\t\"'", max_size=8)


@given(identifier=IDENTIFIERS, before=AROUND, after=AROUND)
def test_what_a_pattern_finds_a_hash_would_find_too(identifier, before, after):
    """Erasing knows the identifiers, keeping out knows only hashes: what was erased must not come in again."""
    text = before + identifier + after
    size, window = as_window(identifier)
    if Needles(frozenset({identifier})).is_in(text):
        assert window in set(windows(text, [size]))


def test_short_and_common_values_are_not_looked_for_in_texts():
    """`42` may be a quantity, `Li` a syllable, eight digits a date."""
    assert not any(is_distinctive(text) for text in ("42", "Li", "20260630", "王"))
    assert all(is_distinctive(text) for text in ("C00777", "王明", "13812345678", "w@x.io"))
