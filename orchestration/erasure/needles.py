"""Identifiers as patterns: how one may be written in a log, in JSON, in a page, in somebody's complaint.

The patterns are read alike by Python and by DuckDB (RE2). Case does not count; full-width signs and escapes do not
hide anything.
"""

import html
import re
import string
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from orchestration.sources.identifiers import is_distinctive, phone_digits

ERASED = "[erased]"
FULL_WIDTH = 0xFEE0  # from a sign of ASCII to its full-width form
NEVER = r"[^\s\S]"
HTML = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
# What stands before an id: nothing, a sign that is no part of it, or the end of an escape or of a colour code.
BEFORE = r"^|[^0-9A-Za-z_]|\\[nrtbf]|\\+u[0-9A-Fa-f]{4}|\[[0-9;]*m"
AFTER = r"$|[^0-9A-Za-z_]"
BEFORE_PHONE = r"^|[^0-9]|\\+u[0-9A-Fa-f]{4}"
AFTER_PHONE = r"$|[^0-9]"
BLANKS = r"(?:[\s\x{00a0}\x{3000}]|\\[nrt]|\\+u3000|&nbsp;)+"
ESCAPE = re.compile(r"\\+u([0-9A-Fa-f]{4})")
CONTROL = re.compile(r"\\+[nrt]")
SIGNS = {ord(sign): None for sign in string.punctuation + string.whitespace + "\u00a0\u3000"}
BETWEEN_DIGITS = r"[-\s.()]{0,2}"


@dataclass(frozen=True)
class Needles:
    """What is looked for. `identifiers` are as they are written somewhere; a phone is found in any spelling."""

    identifiers: frozenset[str]

    @cached_property
    def parts(self) -> list[tuple[str, str, str]]:
        """What stands before, the identifier, and what stands after, of each one that any text may be searched for.

        One that is not distinctive is looked for only in a list of sample ids.
        """
        found = []
        for text in sorted(self.identifiers):
            digits = phone_digits(text)
            if not is_distinctive(text):
                found.append((rf"sample.ids[^\]}}]*(?:{BEFORE})", spelled(text), AFTER))
                continue
            if digits:
                number = BETWEEN_DIGITS.join(spelled(digit) for digit in digits)
                found.append((BEFORE_PHONE, rf"(?:(?:\+|00)?86{BETWEEN_DIGITS})?{number}", AFTER_PHONE))
            plain = half_width(text)
            before = BEFORE if is_word(plain[0]) else ""
            found.append((before, spelled(text), AFTER if is_word(plain[-1]) else ""))
        return found

    @cached_property
    def in_text(self) -> str:
        """The pattern for any text."""
        alternatives = [f"(?:{before})(?:{body})(?:{after})" for before, body, after in self.parts]
        return f"(?:{'|'.join(alternatives)})" if alternatives else NEVER

    @cached_property
    def in_cell(self) -> str:
        """The pattern for a column of ids or names: the whole value, or one element of a list of them."""
        bodies = "|".join(spelled(text) for text in sorted(self.identifiers))
        return rf'(?:^|")\s*(?:{bodies})\s*(?:$|")' if bodies else NEVER

    @cached_property
    def _patterns(self) -> list[re.Pattern]:
        return [re.compile(in_python(f"({before})({body})({after})")) for before, body, after in self.parts]

    @cached_property
    def _cores(self) -> dict[bool, set[str]]:
        """Identifiers without signs, by whether they are distinctive."""
        cores: dict[bool, set[str]] = {True: set(), False: set()}
        for text in self.identifiers:
            cores[is_distinctive(text)] |= {reduced(phone_digits(text) or text), reduced(text)}
        return cores

    def count(self, text: str) -> int:
        """How often identifiers stand in a text."""
        # The patterns take a second a megabyte; what they find is also found, among more, in a text without its signs.
        core = reduced(text)
        sought = self._cores[True] | (self._cores[False] if "sampleids" in core else set())
        if not any(needle in core for needle in sought):
            return 0
        return sum(len(pattern.findall(text)) for pattern in self._patterns)

    def is_in(self, text: str) -> bool:
        return self.count(text) > 0

    def is_named(self, text: str) -> bool:
        """Whether a value that is an id, alone, is one of them."""
        return bool(re.search(in_python(self.in_cell), text)) or self.is_in(text)

    def replaced(self, text: str) -> str:
        """Text with `[erased]` in the place of each identifier."""
        if not self.is_in(text):
            return text
        for pattern in self._patterns:
            # Again, since two that stand side by side share the sign between them.
            while pattern.search(text):
                text = pattern.sub(lambda match: f"{match[1]}{ERASED}{match[3]}", text)
        return text


def reduced(text: str) -> str:
    """Text without blanks, signs, escapes, width and case."""
    if "&" in text:
        text = html.unescape(text)
    if "\\u" in text:
        text = ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if "\\" in text:
        text = CONTROL.sub("", text)
    return unicodedata.normalize("NFKC", text).casefold().translate(SIGNS)


def spelled(text: str) -> str:
    """Pattern of a text in any width, with blanks of any kind, plain or escaped for JSON or HTML."""
    words = half_width(text).split()
    return BLANKS.join("".join(sign(letter) for letter in word) for word in words)


def sign(letter: str) -> str:
    """Pattern of one sign: either case, either width, escaped or not."""
    written = {letter} | {form for form in (letter.lower(), letter.upper()) if len(form) == 1}
    written |= {chr(ord(form) + FULL_WIDTH) for form in written if "!" <= form <= "~"}
    forms = ["[" + "".join(re.escape(form) for form in sorted(written)) + "]"]
    forms += [json_escape(form) for form in sorted(written) if not form.isascii()]
    if letter in HTML:
        forms += [f"&{HTML[letter]};", f"&#{ord(letter)};", json_escape(letter), re.escape("\\" + letter)]
    return forms[0] if len(forms) == 1 else f"(?:{'|'.join(forms)})"


def json_escape(text: str) -> str:
    """Pattern of text as JSON writes it in ASCII, however often it was put into JSON again."""
    digits = text.encode("utf-16-be").hex()
    either = "".join(digit if digit.isdecimal() else f"[{digit}{digit.upper()}]" for digit in digits)
    # Two units, each of four digits, where the sign lies beyond the first 65 536.
    units = re.findall(r"(?:\d|\[[^\]]*\]){4}", either)
    return "".join(rf"\\+u{unit}" for unit in units)


def half_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def is_word(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter == "_")


def in_python(pattern: str) -> str:
    """The one thing that RE2 writes differently: a sign by its number."""
    return re.sub(r"\\x\{([0-9a-f]{4})\}", r"\\u\1", pattern)
