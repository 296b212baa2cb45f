"""What tiers.yml may say: sizes of the pyramid, ABC and contribution classes, key accounts, the parts of the value
quadrant, and the bands of wallet share.
"""

from fractions import Fraction
from typing import Annotated, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator

from orchestration.config.strict import ExactShare, Share, Strict

CurrentValue = Literal["purchase_value", "service_cost", "image_value"]
PotentialValue = Literal["wallet_share", "word_of_mouth", "recent_growth", "knowledge_value"]
Attribute = Literal[
    "loyalty",
    "purchase_stability",
    "tolerance",
    "willingness_to_give_feedback",
    "willingness_to_refer",
    "credit",
    "influence",
]

Tier = Literal["platinum", "gold", "iron"]
RankedClass = Literal["strategic", "large"]
Band = Literal["most", "half", "some"]


def in_order(told: dict, names: tuple[str, ...]) -> dict:
    """All of the names, from the top: where they are added up the order counts."""
    if missing := [name for name in names if name not in told]:
        raise ValueError(f"{', '.join(missing)} is missing; needed: {', '.join(names)}")
    return {name: told[name] for name in names}


class TiersConfig(Strict):
    """`pyramid` holds each tier's own share from the top; who is left is lead. ABC ends are cumulative."""

    pyramid: dict[Tier, ExactShare]
    hysteresis: ExactShare = "0"
    abc_a_up_to: ExactShare = "0.80"
    abc_b_up_to: ExactShare = Field(default="0.95", validate_default=True)
    contribution: dict[RankedClass, ExactShare]
    key_accounts: int = Field(default=50, ge=0)
    key_account_attributes: Annotated[list[Attribute], Field(min_length=1)]
    key_account_minimum_coverage: Share = 0.5
    quadrant_percentile: Share = 0.5
    current_value: Annotated[list[CurrentValue], Field(min_length=1)]
    potential_value: Annotated[list[PotentialValue], Field(min_length=1)]
    wallet_share_from: dict[Band, Share]

    @field_validator("pyramid", "contribution")
    @classmethod
    def shares_can_be_given_out(cls, told: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        shares = in_order(told, get_args(Tier if info.field_name == "pyramid" else RankedClass))
        if (total := sum(map(Fraction, shares.values()))) > 1:
            raise ValueError(f"the shares add up to {float(total):g}; all customers are 1")
        return shares

    @field_validator("abc_b_up_to")
    @classmethod
    def b_ends_after_a(cls, end: str, info: ValidationInfo) -> str:
        if "abc_a_up_to" in info.data and Fraction(end) < Fraction(info.data["abc_a_up_to"]):
            raise ValueError(f"it must not be below `abc_a_up_to`, {info.data['abc_a_up_to']}: both count from the top")
        return end

    @field_validator("wallet_share_from")
    @classmethod
    def bands_fall(cls, told: dict[str, float]) -> dict[str, float]:
        begins = in_order(told, get_args(Band))
        if not begins["most"] > begins["half"] > begins["some"] > 0:
            found = ", ".join(f"{name} {begin:g}" for name, begin in begins.items())
            raise ValueError(f"from most to some the shares must fall, and stay above 0; found {found}")
        return begins

    @field_validator("current_value", "potential_value", "key_account_attributes")
    @classmethod
    def each_stands_once(cls, told: list[str]) -> list[str]:
        if twice := sorted({name for name in told if told.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} stands twice")
        return told
