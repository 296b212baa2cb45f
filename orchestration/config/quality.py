"""What quality.yml may say: the trees of indicators, how experts are weighed, and the scale of each indicator."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator, model_validator

from orchestration.config.strict import Share, Strict


class Indicator(Strict):
    """What is measured, in which unit, and the values that score 0 (floor) and 100 (target).

    The Chinese description, which the experts' survey shows beside the English one, says the unit itself.
    """

    description: str
    description_zh: str = ""
    unit: str
    floor: float
    target: float

    @model_validator(mode="after")
    def floor_differs_from_target(self) -> "Indicator":
        if self.floor == self.target:
            raise ValueError("`floor` and `target` must differ: between them lies the scale from 0 to 100")
        return self


# What facts.service_indicators measures.
IndicatorName = Literal[
    "response_timeliness",
    "content_effectiveness",
    "manner",
    "problem_resolution",
    "satisfaction",
    "complaint_count",
    "repeat_rate",
    "response_hours",
    "resolution_hours",
    "satisfaction_score",
    "satisfaction_standardised",
    "satisfaction_ratio",
    "nps",
    "delivery_on_time",
    "delivery_delay_days",
    "delivery_days",
]

# The feed without which an indicator has no value.
FEEDS: dict[str, str] = {
    **dict.fromkeys(
        (
            "response_timeliness",
            "problem_resolution",
            "complaint_count",
            "repeat_rate",
            "response_hours",
            "resolution_hours",
        ),
        "complaints",
    ),
    **dict.fromkeys(
        (
            "content_effectiveness",
            "manner",
            "satisfaction",
            "satisfaction_score",
            "satisfaction_standardised",
            "satisfaction_ratio",
            "nps",
        ),
        "surveys",
    ),
    **dict.fromkeys(("delivery_on_time", "delivery_delay_days", "delivery_days"), "orders"),
}


class QualityConfig(Strict):
    """`trees` holds trees by name, nested down to indicators; `hierarchy` says which of them is in force."""

    trees: dict[str, dict[str, Any]]
    hierarchy: str
    orientation: Literal["row_over_column", "column_over_row"] = "row_over_column"
    method: Literal["eigenvector", "geometric_mean", "normalised_columns"] = "eigenvector"
    aggregation: Literal["judgements", "priorities"] = "judgements"
    random_index: Literal["saaty", "alonso_lamata"] = "alonso_lamata"
    expert_weights: dict[str, Annotated[float, Field(ge=1e-6, le=1e6)]] = Field(default={})
    minimum_coverage: Share = 0.5
    small_sample: int = Field(default=30, ge=2)
    indicators: dict[IndicatorName, Indicator]

    @property
    def tree(self) -> dict[str, Any]:
        """The tree that is in force."""
        return self.trees[self.hierarchy]

    @field_validator("trees")
    @classmethod
    def trees_end_in_indicators(cls, trees: dict) -> dict:
        known = get_args(IndicatorName)
        for name, tree in trees.items():
            refuse_other_shapes(name, tree)
            ends = leaves(tree)
            for node in nodes(tree):
                if node in ends and node not in known:
                    raise ValueError(
                        f"the tree {name} ends in {node}, which has nothing below it and is no indicator; "
                        f"accepted: {', '.join(known)}"
                    )
                if node in known and node not in ends:
                    raise ValueError(f"the tree {name} has a branch with the name of the indicator {node}: rename it")
        return trees

    @field_validator("hierarchy")
    @classmethod
    def hierarchy_is_a_tree(cls, name: str, info: ValidationInfo) -> str:
        trees = info.data.get("trees", {name: {}})
        if name not in trees:
            raise ValueError(f"no such tree under `trees`; accepted: {', '.join(trees)}")
        return name

    @field_validator("indicators")
    @classmethod
    def leaves_are_indicators(cls, indicators: dict, info: ValidationInfo) -> dict:
        for name, tree in info.data.get("trees", {}).items():
            for leaf in leaves(tree):
                if leaf not in indicators:
                    raise ValueError(f"the tree {name} ends in {leaf}, which has no line here")
        return indicators


def refuse_other_shapes(name: str, tree: dict[str, Any]) -> None:
    """Each node of a tree is a name, and what is below it a mapping."""
    for node, below in tree.items():
        if not isinstance(node, str) or not (below is None or isinstance(below, dict)):
            raise ValueError(
                f"under {name}, {node!r} holds {below!r}; write what is below a node as names with a colon, "
                "an indicator as `manner: {}`"
            )
        refuse_other_shapes(node, below or {})


def leaves(tree: dict[str, Any]) -> list[str]:
    """What a nested tree ends in, in order."""
    return [leaf for node, below in tree.items() for leaf in (leaves(below) if below else [node])]


def nodes(tree: dict[str, Any]) -> list[str]:
    """Every name in a nested tree, in order."""
    return [name for node, below in tree.items() for name in (node, *(nodes(below) if below else ()))]
