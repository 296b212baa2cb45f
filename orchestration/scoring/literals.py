"""How decided numbers and names are written into SQL that DuckDB and Spark both read.

Nothing else belongs here: the statements themselves stand beside the decisions that they apply.
"""

import math
from decimal import Decimal

from orchestration.errors import UserError


def sql_double(number: float) -> str:
    """A double literal that gives back exactly `number`.

    With an exponent both engines read a double; without one both read a decimal.

    Raises
    ------
    ValueError
        When the number is not finite: a decision must never carry NaN into a table.
    """
    if not math.isfinite(number):
        raise ValueError(f"{number} cannot be written into a statement: decisions are finite")
    text = repr(float(number))
    literal = text if "e" in text else f"{text}e0"
    return f"({literal})" if literal.startswith("-") else literal  # 1 - -1 is one blank short of a comment; so is -0.0


def sql_decimal(number: Decimal, scale: int) -> str:
    """An exact decimal literal of `scale` places, rounded half even where it has more."""
    return f"cast('{Decimal(number):.{scale}f}' as decimal(38, {scale}))"


def sql_text(label: str) -> str:
    """A text literal. Quotes and backslashes are refused: the two engines escape them differently.

    Raises
    ------
    UserError
        When the label is empty or holds a quote, a backslash or a line break.
    """
    if not label or any(sign in label for sign in "'\"\\\n\r"):
        raise UserError(
            f"the label {label!r} cannot name a segment",
            mend="use a name without quotes, backslashes and line breaks",
        )
    return f"'{label}'"
