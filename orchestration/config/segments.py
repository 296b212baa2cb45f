"""What segments.yml may say: the schemes with their labels, and the rules that are not in tiers.yml."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator, model_validator

from orchestration.config.relationship import ActivityKind
from orchestration.config.rule_groups import OpinionLeaderConfig, RuleGroup
from orchestration.config.schemes import Scheme, require_whole
from orchestration.config.strict import Strict

GroupName = Annotated[str, Field(pattern=r"^\w+$")]


class RfmRule(Strict):
    name: str
    recency: tuple[int, int] = (1, 5)
    frequency: tuple[int, int] = (1, 5)
    monetary: tuple[int, int] = (1, 5)


class ClusterConfig(Strict):
    k_min: int = Field(default=3, ge=2)
    k_max: int = Field(default=6, ge=2)
    sample_size: int = Field(default=20_000, ge=100)
    silhouette_sample_size: int = Field(default=2_000, ge=50)
    better_by: float = Field(default=0.02, ge=0)
    same_within: float = Field(default=1.0, gt=0)


class InterestConfig(Strict):
    """What customers look at, over so many days up to `as_of`, the last of which are held against the rest."""

    days: int = Field(default=365, ge=2, le=3650)
    recent_days: int = Field(default=30, ge=1, le=3650)
    kinds: list[ActivityKind] = Field(default=["ad_click", "message_click", "search", "visit"], min_length=1)
    most_categories: int = Field(default=20, ge=1)
    vip_views: int = Field(default=2, ge=1)

    @model_validator(mode="after")
    def something_comes_before(self) -> "InterestConfig":
        if self.recent_days >= self.days:
            raise ValueError("`recent_days` must be shorter than `days`, or there is nothing to compare with")
        return self


class SegmentsConfig(Strict):
    rfm: list[RfmRule]
    clusters: ClusterConfig = ClusterConfig()
    rule_groups: dict[GroupName, RuleGroup] = Field(default={})
    interests: InterestConfig = InterestConfig()
    opinion_leaders: OpinionLeaderConfig = OpinionLeaderConfig()
    # Last: what it must label is named above.
    schemes: dict[str, Scheme]

    @field_validator("schemes")
    @classmethod
    def schemes_are_whole(cls, schemes: dict[str, Scheme], info: ValidationInfo) -> dict[str, Scheme]:
        if {"rfm", "rule_groups"} <= set(info.data):  # else they are told to be wrong themselves
            named = {"rfm": [rule.name for rule in info.data["rfm"]], "rule_groups": info.data["rule_groups"]}
            require_whole(schemes, named)
        return schemes
