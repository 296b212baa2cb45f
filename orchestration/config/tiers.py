"""What tiers.yml may say: sizes of the pyramid, ABC classes, key accounts, and the parts of the value quadrant."""

from typing import Literal

from pydantic import Field

from orchestration.config.strict import ExactShare, Share, Strict


class TiersConfig(Strict):
    """`pyramid` holds each tier's own share from the top; who is left is lead. ABC ends are cumulative."""

    pyramid: dict[Literal["platinum", "gold", "iron"], ExactShare]
    hysteresis: ExactShare = "0"
    abc_a_up_to: ExactShare = "0.80"
    abc_b_up_to: ExactShare = "0.95"
    key_accounts: int = Field(default=50, ge=0)
    quadrant_percentile: Share = 0.5
    current_value: dict[str, float]
    potential_value: dict[str, float]
