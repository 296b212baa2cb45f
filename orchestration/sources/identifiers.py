"""What names a person, however it is written: one form for comparing values, one for looking into text.

Full-width signs, case, blanks, and separators and the Chinese country code of phones do not count. Pure functions.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

PHONE = re.compile(r"\+?\(?[0-9](?:[-\s.()]{0,2}[0-9]){6,16}")
DIGITS = re.compile(r"[0-9](?:[-\s.()+]{0,2}[0-9])*")
MOST_GROUPS, LONGEST_NUMBER = 17, 19
# A word of ASCII letters and digits is one unit; every other letter is one, since Chinese text has no blanks.
UNIT = re.compile(r"[0-9a-z_]+|[^\W0-9a-z_]")


def normalised(text: str) -> str:
    """Half-width, lower case, blanks collapsed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def phone_digits(text: str) -> str | None:
    """The digits of a phone number without 00, + or the Chinese country code; None where `text` is no number."""
    text = normalised(text)
    if not PHONE.fullmatch(text):
        return None
    dialled = re.sub(r"^00", "+", re.sub(r"[^0-9+]", "", text))
    if dialled.startswith("+86"):
        return dialled.removeprefix("+86").removeprefix("0")
    return dialled.removeprefix("+") if dialled.startswith("+") else national(dialled)


def national(digits: str) -> str:
    """Digits of a phone number without 00, the Chinese country code before ten digits or more, and the trunk's 0."""
    digits = digits.removeprefix("00")
    if digits.startswith("86") and len(digits) >= 12:
        digits = digits[2:]
    return digits.removeprefix("0")


def numbers(text: str) -> Iterator[str]:
    """Phone numbers within normalised text, wherever groups of digits may be one: `138 1234 5678.5` has several."""
    for run in DIGITS.finditer(text):
        groups = re.findall(r"[0-9]+", run[0])
        for first in range(len(groups)):
            number = ""
            for group in groups[first : first + MOST_GROUPS]:
                number += group
                if len(number) > LONGEST_NUMBER:
                    break
                if len(number) >= 7:
                    yield national(number)


def canonical(text: str) -> str:
    """The form in which two values are the same identifier."""
    return phone_digits(text) or normalised(text)


def units(text: str) -> list[str]:
    """Text as words and single letters, without signs between them."""
    return UNIT.findall(normalised(text))


def is_distinctive(text: str) -> bool:
    """Whether it may be looked for within any text: `42` or `Li` stands in many texts that are about nobody.

    Digits alone need nine places: fewer are also amounts and counts.
    """
    text = normalised(text)
    if text.isdecimal():
        return len(text) >= 9
    return len(text) >= 6 or len([letter for letter in text if letter.isalpha() and not letter.isascii()]) >= 2


def windows(text: str, sizes: Iterable[int]) -> Iterator[str]:
    """Everything within a text that may be an identifier: phone numbers, and each run of so many units.

    Parameters
    ----------
    sizes : iterable of int
        How many units the identifiers have that are looked for.
    """
    yield from numbers(normalised(text))
    found = units(text)
    for size in sizes:
        for start in range(len(found) - size + 1):
            yield " ".join(found[start : start + size])


def as_window(text: str) -> tuple[int, str]:
    """How many units an identifier has, and the text that `windows` gives for it."""
    digits = phone_digits(text)
    return (1, digits) if digits else (len(units(text)), " ".join(units(text)))
