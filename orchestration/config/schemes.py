"""What `schemes` of segments.yml may say: the ways of segmenting, by which rule, and what they are called."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, model_validator

from orchestration.config.customer_facts import Need
from orchestration.config.strict import Strict, Words

RuleName = Literal[
    "pyramid",
    "abc",
    "key_accounts",
    "contribution",
    "wallet_share",
    "quadrant",
    "rfm",
    "clusters",
    "lifecycle",
    "rule_groups",
    "interests",
    "interest_change",
    "opinion_leaders",
]


@dataclass(frozen=True)
class Rule:
    """What a rule gives.

    Attributes
    ----------
    scheme : str
        Columns of marts bear this name, and history is kept under it: it is the rule's, and no choice.
    segments : tuple of str
        Those that it always can give; `rfm` and `rule_groups` give those that are named there too.
    needs : tuple of str
        What must be fed. Each rule group has needs of its own.
    is_exclusive : bool
        Whether a customer is in exactly one of its segments.
    """

    scheme: str
    segments: tuple[str, ...]
    needs: tuple[Need, ...] = ()
    is_exclusive: bool = True


RULES: dict[RuleName, Rule] = {
    "pyramid": Rule("value_tier", ("platinum", "gold", "iron", "lead")),
    "abc": Rule("abc", ("A", "B", "C")),
    "key_accounts": Rule("key_account", ("key_account", "other")),
    "contribution": Rule("contribution_class", ("strategic", "large", "potential", "ordinary", "may_cause_loss")),
    "wallet_share": Rule("wallet_share", ("most", "half", "some", "little", "unknown"), ("wallets",)),
    "quadrant": Rule("value_quadrant", ("high_value", "sub_value", "latent_value", "low_value")),
    "rfm": Rule("rfm", ("no_orders",)),
    # Its other names are found in the data, and bring their own words.
    "clusters": Rule("cluster", ("no_orders", "unplaced")),
    "lifecycle": Rule("lifecycle_stage", ("contact", "formation", "stable", "decline", "win_back")),
    "rule_groups": Rule("rule_group", (), is_exclusive=False),
    # The price bands, which follow the name of a category, and what stands for the categories that few look at.
    "interests": Rule(
        "interest_group", ("low", "middle", "high", "unpriced", "other", "no_views"), ("interactions.category",)
    ),
    "interest_change": Rule("interest_vip", ("vip", "other"), ("interactions.category",)),
    "opinion_leaders": Rule(
        "opinion_leader", ("leader", "other"), ("complaints.is_suggestion", "customers.referrer_customer_id")
    ),
}


class Label(Strict):
    """What something is called in English and Chinese."""

    en: Words
    zh: Words

    @model_validator(mode="before")
    @classmethod
    def both_are_told(cls, told: Any) -> Any:
        if not isinstance(told, (dict, cls)):
            raise ValueError("write the words of both languages, as `{en: Groups, zh: 群组}`")
        return told


class Scheme(Strict):
    """One way of segmenting."""

    label: Label
    by: RuleName
    segments: dict[Words, Label] = Field(default={})


def require_whole(schemes: Mapping[str, Scheme], named: Mapping[str, Collection[str]]) -> None:
    """Refuse schemes whose rule gives another one, or other segments, than are labelled.

    Parameters
    ----------
    schemes : mapping of name to Scheme
    named : mapping of rule to names
        The segments that the configuration of a rule names.

    Raises
    ------
    ValueError
        With what is missing, or what is accepted.
    """
    for name, scheme in schemes.items():
        rule = RULES[scheme.by]
        if name != rule.scheme:
            raise ValueError(f"the rule `{scheme.by}` gives the scheme `{rule.scheme}`; it is declared as `{name}`")
        given = [*named.get(scheme.by, ()), *rule.segments]
        if missing := [segment for segment in given if segment not in scheme.segments]:
            raise ValueError(f"`{name}.segments` has no label of {', '.join(missing)}")
        if strangers := [segment for segment in scheme.segments if segment not in given]:
            raise ValueError(
                f"`{name}.segments` labels {', '.join(strangers)}, which `{scheme.by}` does not give; "
                f"accepted: {', '.join(given)}"
            )
