"""What publishing.yml may say: where releases go besides the home, and which are kept. No mart depends on it."""

from pydantic import Field

from orchestration.config.strict import Strict


class PostgresConfig(Strict):
    """`url` names the environment variable that holds it, as `${NAME}`: it is a secret."""

    url: str = Field(pattern=r"^\$\{\w+\}$")
    schema_name: str = Field(default="marts", alias="schema", pattern=r"^[a-z_][a-z0-9_]{0,50}$")
    reader: str | None = None


class KeepConfig(Strict):
    """Counts, not ages: a company that refreshes once a quarter loses nothing only because time passed.

    A release of a million customers is about 0.5 GB: with these numbers a year of daily refreshes is some 40 releases,
    20 GB, where all of them would be 180 GB. A run takes some 7 MB of Dagster's history, however many customers.
    """

    releases: int = Field(default=7, ge=1)
    days: int = Field(default=14, ge=0)
    months: int = Field(default=12, ge=0)
    runs: int = Field(default=200, ge=1)


class PublishingConfig(Strict):
    postgres: PostgresConfig | None = None
    keep: KeepConfig = KeepConfig()
