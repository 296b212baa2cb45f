"""What publishing.yml may say: where releases go besides the home. No mart depends on it."""

from pydantic import Field

from orchestration.config.strict import Strict


class PostgresConfig(Strict):
    """`url` names the environment variable that holds it, as `${NAME}`: it is a secret."""

    url: str = Field(pattern=r"^\$\{\w+\}$")
    schema_name: str = Field(default="marts", alias="schema", pattern=r"^[a-z_][a-z0-9_]{0,50}$")
    reader: str | None = None


class PublishingConfig(Strict):
    postgres: PostgresConfig | None = None
