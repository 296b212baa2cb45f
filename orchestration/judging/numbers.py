"""Numbers as people write ratios: in a cell, in its text, in a judgement file."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orchestration.judging.words import normal

NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?:\s*/\s*(\d+(?:\.\d+)?))?")


@dataclass(frozen=True)
class Ratio:
    """A ratio as written: `decimals` of a rounded one, None for a fraction or a whole number, which are exact."""

    value: float
    decimals: int | None

    @property
    def slack(self) -> float:
        """How far rounding may have moved it; at the least what programs lose of the last of 16 digits."""
        return 1e-9 if self.decimals is None else max(1e-9, 0.5 * 10.0**-self.decimals * (1 + 1e-9))


def number(value: Any) -> Ratio | None:
    """The number above 0 in a cell or in its text (full-width digits, 1/3), as precisely as it is written."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and has_raised_digits(value):
        return None
    text = normal(value) if isinstance(value, str) else format(Decimal(repr(value)), "f")
    match = NUMBER.fullmatch(text)
    if not match or not float(match[1]) or not float(match[2] or 1):
        return None
    if match[2]:
        return Ratio(float(match[1]) / float(match[2]), None)
    decimals = len(match[1].partition(".")[2].rstrip("0"))
    return Ratio(float(match[1]), decimals or None)


def has_raised_digits(text: str) -> bool:
    """Whether a digit is raised, lowered or circled: brought to its usual form, 3² would be 32."""
    return any(unicodedata.category(sign) == "No" for sign in text)
