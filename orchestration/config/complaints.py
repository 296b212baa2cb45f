"""What complaints.yml may say: promises to those who complain, and what goes through the green channel."""

from typing import Literal

from pydantic import Field

from orchestration.config.strict import Strict


class GreenChannelConfig(Strict):
    """Hours count from the opening of the complaint."""

    needs: list[Literal["safety", "fairness", "esteem"]] = Field(default=["safety", "fairness"])
    reaches_manager_within_hours: float = Field(default=12, gt=0, le=8760)
    answered_within_hours: float = Field(default=24, gt=0, le=8760)


class ComplaintsConfig(Strict):
    response_promise_hours: float = Field(default=24, gt=0, le=8760)
    resolution_promise_hours: float = Field(default=72, gt=0, le=8760)
    resolution_grace_days: int = Field(default=30, ge=0, le=3650)
    repeat_within_days: int = Field(default=90, gt=0, le=3650)
    green_channel: GreenChannelConfig = GreenChannelConfig()
