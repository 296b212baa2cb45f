"""What relationship.yml may say: how answers, purchases and visits are read as a relationship."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from orchestration.config.strict import Share, Strict

# The kinds of the feed `interactions`.
ActivityKind = Literal[
    "ad_click", "value_added_purchase", "message", "message_click", "search", "post", "visit", "call", "login"
]


class SatisfactionConfig(Strict):
    """Cuts are on scores from 0 to 1."""

    half_life_days: float = Field(default=365, gt=0, le=36_500)
    neutral_from: Share = 0.375
    satisfied_from: Share = 0.625
    delighted_from: Share = 0.875
    ratio_tolerance: float = Field(default=0.05, ge=0, lt=1)
    rebuys_from: Share = 0.75
    small_sample: int = Field(default=30, ge=1)

    @model_validator(mode="after")
    def levels_ascend(self) -> "SatisfactionConfig":
        if not self.neutral_from < self.satisfied_from < self.delighted_from:
            raise ValueError("`neutral_from`, `satisfied_from` and `delighted_from` must ascend")
        return self


class WordOfMouthConfig(Strict):
    """How many people a customer of each level tells."""

    dissatisfied: float = Field(default=22, ge=0)
    satisfied: float = Field(default=8, ge=0)
    delighted: float = Field(default=10, ge=0)


class SilenceConfig(Strict):
    tail_probability: float = Field(default=0.01, gt=0, lt=0.5)


class ActivityConfig(Strict):
    """What the E-value counts, over so many days up to `as_of`; experts weigh the kinds against each other."""

    days: int = Field(default=365, ge=1, le=3650)
    kinds: list[ActivityKind] = Field(
        default=["ad_click", "value_added_purchase", "message", "message_click", "search", "post"], min_length=1
    )

    @field_validator("kinds")
    @classmethod
    def kinds_stand_once(cls, kinds: list[str]) -> list[str]:
        if repeated := sorted({kind for kind in kinds if kinds.count(kind) > 1}):
            raise ValueError(f"{', '.join(repeated)} stands twice")
        return kinds


class IntentConfig(Strict):
    """From when on a visitor is taken for a buyer, or for one who collects information."""

    days: int = Field(default=30, ge=1, le=3650)
    same_category_days: int = Field(default=7, ge=1, le=3650)
    same_category_times: int = Field(default=3, ge=1)
    collecting_times: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def buying_is_recent(self) -> "IntentConfig":
        if self.same_category_days > self.days:
            raise ValueError("`same_category_days` is longer than `days`, before which nothing counts")
        return self


class RelationshipConfig(Strict):
    satisfaction: SatisfactionConfig = SatisfactionConfig()
    loyal_from: Share = 0.5
    profitable_top_percent: float = Field(default=20, ge=0, le=100)
    word_of_mouth: WordOfMouthConfig = WordOfMouthConfig()
    stable_order_days: int = Field(default=5, ge=2)
    win_back_days: int = Field(default=90, ge=0, le=3650)
    silence: SilenceConfig = SilenceConfig()
    activity: ActivityConfig = ActivityConfig()
    intent: IntentConfig = IntentConfig()
