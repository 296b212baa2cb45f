"""Identifiers as patterns: how one may be written in a log, in JSON, in a page, in somebody's complaint.

The patterns are read alike by Python and by DuckDB (RE2). Case does not count; full-width signs and escapes do not
hide anything.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from orchestration.sources.identifiers import is_distinctive, phone_digits

ERASED = "[erased]"
NEVER = r"[^\s\S]"
HTML = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
# What stands before an id: nothing, a sign that is no part of it, or the end of an escape or of a colour code.
BEFORE = r"^|[^0-9A-Za-z_]|\\[nrtbf]|\\+u[0-9A-Fa-f]{4}|\[[0-9;]*m"
AFTER = r"$|[^0-9A-Za-z_]"
BEFORE_PHONE = r"^|[^0-9]|\\+u[0-9A-Fa-f]{4}"
AFTER_PHONE = r"$|[^0-9]"
BLANKS = r"(?:[\s\x{00a0}\x{3000}]|\\[nrt]|\\+u3000|&nbsp;)+"
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
        return f"(?i)(?:{'|'.join(alternatives)})" if alternatives else NEVER

    @cached_property
    def in_cell(self) -> str:
        """The pattern for a column of ids or names: the whole value, or one element of a list of them."""
        bodies = "|".join(spelled(text) for text in sorted(self.identifiers))
        return rf'(?i)(?:^|")\s*(?:{bodies})\s*(?:$|")' if bodies else NEVER

    @cached_property
    def compiled(self) -> re.Pattern:
        return re.compile(in_python(self.in_text))

    @cached_property
    def _each(self) -> list[re.Pattern]:
        return [re.compile(in_python(f"(?i)({before})({body})({after})")) for before, body, after in self.parts]

    def is_named(self, text: str) -> bool:
        """Whether a value that is an id, alone, is one of them."""
        return bool(re.search(in_python(self.in_cell), text) or self.compiled.search(text))

    def replaced(self, text: str) -> str:
        """Text with `[erased]` in the place of each identifier."""
        if not self.compiled.search(text):
            return text
        for pattern in self._each:
            # Again, since two that stand side by side share the sign between them.
            while pattern.search(text):
                text = pattern.sub(lambda match: f"{match[1]}{ERASED}{match[3]}", text)
        return text


def spelled(text: str) -> str:
    """Pattern of a text in any width, with blanks of any kind, plain or escaped for JSON or HTML."""
    words = half_width(text).split()
    return BLANKS.join("".join(sign(letter) for letter in word) for word in words)


def sign(letter: str) -> str:
    """Pattern of one sign."""
    written = {letter, letter.lower(), letter.upper()}
    if "!" <= letter <= "~":
        written |= {chr(ord(form) + 0xFEE0) for form in written if len(form) == 1 and form <= "~"}
    forms = [re.escape(form) for form in sorted(written)]
    forms += [escape for form in sorted(written) if not form.isascii() for escape in [json_escape(form)]]
    if letter in HTML:
        forms += [f"&{HTML[letter]};", f"&#{ord(letter)};", rf"\\+u{ord(letter):04x}", re.escape("\\" + letter)]
    return forms[0] if len(forms) == 1 else f"(?:{'|'.join(forms)})"


def json_escape(text: str) -> str:
    """Pattern of text as JSON writes it in ASCII, however often it was put into JSON again."""
    units = text.encode("utf-16-be")
    return "".join(rf"\\+u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))


def half_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def is_word(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter == "_")


def in_python(pattern: str) -> str:
    """The one thing that RE2 writes differently: a sign by its number."""
    return re.sub(r"\\x\{([0-9a-f]{4})\}", r"\\u\1", pattern)
