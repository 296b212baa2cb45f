"""What the models of all configuration files have in common. Each model lies beside its YAML file, under its name."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def exact_share(told: Any) -> str:
    """A share as the decimal that is written."""
    try:
        share = Decimal(str(told))
        fits = 0 <= share <= 1
    except InvalidOperation:  # also of NaN, which is not comparable
        fits = False
    if not fits:
        raise ValueError("write a share from 0 to 1, such as 0.15 for 15 %")
    return f"{share:f}"  # 0.00001 arrives as 1e-05


def a_text(told: Any) -> str:
    """A text; YAML makes something else of some that stand without quotes."""
    if isinstance(told, bool):
        raise ValueError("YAML reads yes, no, on and off without quotes as true or false: put the text in quotes")
    if not isinstance(told, str):
        raise ValueError("needed: a text; put a number or a date that is meant as text in quotes")
    if not told:
        raise ValueError("needed: a text; it is empty")
    return told


def without_quotes(told: str) -> str:
    if any(sign in told for sign in "'\"\\\n\r"):
        raise ValueError("write it without quotation marks, backslashes and line breaks inside")
    return told


Share = Annotated[float, Field(ge=0, le=1)]
# Shares of the pyramid stay text until they are exact fractions: 0.07 * 100 is not 7 in binary.
ExactShare = Annotated[str, BeforeValidator(exact_share)]
Words = Annotated[str, BeforeValidator(a_text)]
# Written into statements, where engines escape quotes differently (scoring/literals.py).
PlainWords = Annotated[Words, AfterValidator(without_quotes)]


class Strict(BaseModel):
    """An unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
