"""What `rule_groups` of segments.yml may say: groups of customers, each by conditions on facts."""

import math
from collections.abc import Collection
from typing import Annotated, Any

from pydantic import ConfigDict, Field, field_validator, model_validator

from orchestration.config.customer_facts import FACTS, OF_CATEGORIES, Need
from orchestration.config.schemes import RULES, RuleName
from orchestration.config.strict import PlainWords, Strict, a_text, without_quotes

Number = Annotated[float, Field(strict=True)]
COMPARISONS = ("at_least", "at_most", "above", "below", "equals")
# The rules whose segments are the values of a fact. Those of rfm_segment are named in segments.yml.
RULE_OF: dict[str, RuleName] = {
    "value_tier": "pyramid",
    "abc_class": "abc",
    "contribution_class": "contribution",
    "value_quadrant": "quadrant",
}


class Condition(Strict):
    """One fact held against numbers, texts, or yes and no. Who has no value does not meet it."""

    model_config = ConfigDict(serialize_by_alias=True)

    fact: str
    categories: list[PlainWords] = Field(default=[])
    at_least: Number | None = None
    at_most: Number | None = None
    above: Number | None = None
    below: Number | None = None
    equals: Number | None = None
    is_: bool | str | list[str] | None = Field(default=None, alias="is")

    @field_validator("fact")
    @classmethod
    def fact_is_known(cls, fact: str) -> str:
        if fact not in FACTS:
            raise ValueError(f"unknown fact; accepted: {', '.join(FACTS)}")
        return fact

    @field_validator("is_", mode="before")
    @classmethod
    def is_text_or_yes_no(cls, told: Any) -> Any:
        # Here and not by the types of the union, each of which would complain.
        if told is None or isinstance(told, bool):
            return told
        for text in told if isinstance(told, list) else [told]:
            without_quotes(a_text(text))
        return told

    @model_validator(mode="after")
    def comparison_fits_the_fact(self) -> "Condition":
        kind = FACTS[self.fact].kind
        if self.categories and self.fact != OF_CATEGORIES:
            raise ValueError(f"`categories` belongs to the fact {OF_CATEGORIES}, not to {self.fact}")
        if kind == "number" and (self.is_ is not None or not self.numbers):
            raise ValueError(f"{self.fact} is a number: compare it by {', '.join(COMPARISONS)}")
        if kind == "yes_no" and (self.numbers or not isinstance(self.is_, bool)):
            raise ValueError(f"{self.fact} is yes or no: write `is: true` or `is: false`")
        if kind == "text" and (self.numbers or not self.texts):
            raise ValueError(
                f"{self.fact} is a text: write `is: <text>` or `is: [<text>, <text>]`, with yes, no, on, off in quotes"
            )
        if self.fact in RULE_OF:
            self.require_texts_of(RULES[RULE_OF[self.fact]].segments)
        return self

    @model_validator(mode="after")
    def some_number_fits(self) -> "Condition":
        exactly = [] if self.equals is None else [self.equals]
        lowest = max([*exactly, *(end for end in (self.at_least, self.above) if end is not None)], default=-math.inf)
        highest = min([*exactly, *(end for end in (self.at_most, self.below) if end is not None)], default=math.inf)
        if lowest > highest or (lowest == highest and lowest in (self.above, self.below)):
            told = ", ".join(f"{name} {number:g}" for name, number in self.numbers.items())
            raise ValueError(f"no number of {self.fact} fits {told}: the lower end must be below the upper one")
        return self

    def require_texts_of(self, known: Collection[str], place: str = "") -> None:
        """Refuse texts that the fact never is; `place` begins the sentence.

        Raises
        ------
        ValueError
        """
        if strangers := [text for text in self.texts if text not in known]:
            raise ValueError(f"{place}{self.fact} is never {', '.join(strangers)}; accepted: {', '.join(known)}")

    @property
    def numbers(self) -> dict[str, float]:
        """What the fact is compared with, by comparison."""
        given = {name: getattr(self, name) for name in COMPARISONS}
        return {name: number for name, number in given.items() if number is not None}

    @property
    def texts(self) -> list[str]:
        """The texts that meet the condition."""
        if isinstance(self.is_, str):
            return [self.is_]
        return self.is_ if isinstance(self.is_, list) else []

    @property
    def needs(self) -> tuple[Need, ...]:
        """What must be fed."""
        of_categories: tuple[Need, ...] = ("complaints.category",) if self.categories else ()
        return FACTS[self.fact].needs + of_categories


class RuleGroup(Strict):
    """Who meets every condition of `all`, and one of `any` where there are some."""

    all: list[Condition] = Field(default=[])
    any: list[Condition] = Field(default=[])

    @model_validator(mode="after")
    def has_conditions(self) -> "RuleGroup":
        if not self.conditions:
            raise ValueError("there is no condition: write them under `all` or `any`")
        return self

    @property
    def conditions(self) -> list[Condition]:
        return [*self.all, *self.any]

    @property
    def needs(self) -> tuple[Need, ...]:
        """What must be fed for all of its facts: an alternative that nobody can meet would make the group another."""
        return tuple(dict.fromkeys(need for condition in self.conditions for need in condition.needs))


class OpinionLeaderConfig(Strict):
    """Loyal, with suggestions and successful referrals, in one of the regions (all where none is named)."""

    loyalty_above: float = Field(default=5, ge=0, lt=10)
    suggestions: int = Field(default=2, ge=0)
    successful_referrals: int = Field(default=1, ge=0)
    regions: list[PlainWords] = Field(default=[])

    def as_group(self) -> RuleGroup:
        """The same as conditions on facts."""
        conditions = [
            {"fact": "loyalty_level", "above": self.loyalty_above},
            {"fact": "suggestions", "at_least": self.suggestions},
            {"fact": "successful_referrals", "at_least": self.successful_referrals},
        ]
        if self.regions:
            conditions.append({"fact": "region", "is": self.regions})
        return RuleGroup.model_validate({"all": conditions})
