"""What relationship.yml may say: how answers, purchases and visits are read as a relationship."""

from pydantic import Field, model_validator

from orchestration.config.strict import Share, Strict


class SatisfactionConfig(Strict):
    """Cuts are on scores from 0 to 1."""

    half_life_days: float = Field(default=365, gt=0)
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


class RelationshipConfig(Strict):
    satisfaction: SatisfactionConfig = SatisfactionConfig()
    loyal_from: Share = 0.5
    profitable_top_percent: float = Field(default=20, ge=0, le=100)
    word_of_mouth: WordOfMouthConfig = WordOfMouthConfig()
    stable_order_days: int = Field(default=5, ge=2)
    win_back_days: int = Field(default=90, ge=0)
    silence: SilenceConfig = SilenceConfig()
