"""What tiers.yml may say: sizes of the pyramid, ABC and contribution classes, key accounts, the parts of the value
quadrant, and the bands of wallet share.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator

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


class TiersConfig(Strict):
    """`pyramid` holds each tier's own share from the top; who is left is lead. ABC ends are cumulative."""

    pyramid: dict[Literal["platinum", "gold", "iron"], ExactShare]
    hysteresis: ExactShare = "0"
    abc_a_up_to: ExactShare = "0.80"
    abc_b_up_to: ExactShare = "0.95"
    contribution: dict[Literal["strategic", "large"], ExactShare]
    key_accounts: int = Field(default=50, ge=0)
    key_account_attributes: Annotated[list[Attribute], Field(min_length=1)]
    key_account_minimum_coverage: Share = 0.5
    quadrant_percentile: Share = 0.5
    current_value: Annotated[list[CurrentValue], Field(min_length=1)]
    potential_value: Annotated[list[PotentialValue], Field(min_length=1)]
    wallet_share_from: dict[Literal["most", "half", "some"], float]

    @field_validator("current_value", "potential_value", "key_account_attributes")
    @classmethod
    def each_stands_once(cls, told: list[str]) -> list[str]:
        if twice := sorted({name for name in told if told.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} stands twice")
        return told
