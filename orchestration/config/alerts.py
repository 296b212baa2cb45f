"""What alerts.yml may say: who is told of what. No mart depends on it."""

from typing import Literal, get_args

from pydantic import Field, field_validator

from orchestration.config.strict import Strict

Event = Literal["held", "failed", "recovered", "late"]


class TargetConfig(Strict):
    """`to` names the environment variable that holds the address, as `${NAME}`: it is a secret."""

    to: str = Field(pattern=r"^\$\{\w+\}$")
    # Not `on`, which YAML reads as true.
    events: list[Event] = Field(default=list(get_args(Event)), min_length=1)

    @property
    def variable(self) -> str:
        return self.to[2:-1]


class AlertsConfig(Strict):
    targets: list[TargetConfig] = Field(default=[])
    # Without a user, a password or a token: it is sent to everyone who is told.
    page: str | None = Field(default=None, pattern=r"^https?://[^\s@?#]+$")

    @field_validator("targets")
    @classmethod
    def each_stands_once(cls, targets: list[TargetConfig]) -> list[TargetConfig]:
        names = [target.variable for target in targets]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name} stands twice: write one target with all its events")
        return targets
