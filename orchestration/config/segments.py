"""What segments.yml may say: the schemes with their labels, and the rules that are not in tiers.yml."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from orchestration.config.relationship import ActivityKind
from orchestration.config.rule_groups import OpinionLeaderConfig, RuleGroup
from orchestration.config.schemes import RULES, Scheme, require_whole
from orchestration.config.strict import PlainWords, Strict, Words

GroupName = Annotated[Words, Field(pattern=r"^\w+$")]


def scores_that_rise(told: Any) -> Any:
    """Two whole scores from 1 to 5; one sentence for whatever else stands there."""
    is_pair = isinstance(told, (list, tuple)) and len(told) == 2 and all(type(end) is int for end in told)
    if not is_pair or not 1 <= told[0] <= told[1] <= 5:
        raise ValueError("write `[lowest, highest]`, two whole numbers from 1 to 5")
    return told


Scores = Annotated[tuple[int, int], BeforeValidator(scores_that_rise)]


class RfmRule(Strict):
    """A name for customers whose scores lie in these ranges, ends included."""

    name: PlainWords
    recency: Scores = (1, 5)
    frequency: Scores = (1, 5)
    monetary: Scores = (1, 5)

    @field_validator("name")
    @classmethod
    def is_no_name_of_the_rule(cls, name: str) -> str:
        if name in RULES["rfm"].segments:
            raise ValueError("this name is kept for customers without orders")
        return name

    @property
    def fits_everyone(self) -> bool:
        return self.recency == self.frequency == self.monetary == (1, 5)


class ClusterConfig(Strict):
    k_min: int = Field(default=3, ge=2)
    k_max: int = Field(default=6, ge=2)
    sample_size: int = Field(default=20_000, ge=100)
    silhouette_sample_size: int = Field(default=2_000, ge=50)
    better_by: float = Field(default=0.02, ge=0)
    same_within: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def some_number_lies_between(self) -> "ClusterConfig":
        if self.k_min > self.k_max:
            raise ValueError(f"`k_min` {self.k_min} is above `k_max` {self.k_max}: no number of clusters lies between")
        return self


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
    schemes: dict[Words, Scheme]

    @field_validator("rfm")
    @classmethod
    def everyone_has_one_name(cls, rules: list[RfmRule]) -> list[RfmRule]:
        names = [rule.name for rule in rules]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the name {', '.join(twice)} stands twice")
        if not rules or not rules[-1].fits_everyone:
            raise ValueError("the last rule must fit everyone whom the others leave: end with a name alone, as others")
        return rules

    @field_validator("rule_groups")
    @classmethod
    def rfm_segments_are_named(cls, groups: dict[str, RuleGroup], info: ValidationInfo) -> dict[str, RuleGroup]:
        if "rfm" not in info.data:  # it is told to be wrong itself
            return groups
        known = [*(rule.name for rule in info.data["rfm"]), *RULES["rfm"].segments]
        for name, group in groups.items():
            for condition in group.conditions:
                if condition.fact == "rfm_segment":
                    condition.require_texts_of(known, f"in {name} ")
        return groups

    @field_validator("schemes")
    @classmethod
    def schemes_are_whole(cls, schemes: dict[str, Scheme], info: ValidationInfo) -> dict[str, Scheme]:
        if {"rfm", "rule_groups"} <= set(info.data):  # else they are told to be wrong themselves
            named = {"rfm": [rule.name for rule in info.data["rfm"]], "rule_groups": info.data["rule_groups"]}
            require_whole(schemes, named)
        return schemes
