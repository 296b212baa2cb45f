"""What the models of all configuration files have in common. Each model lies beside its YAML file, under its name."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
# Shares of the pyramid stay text until they are exact fractions: 0.07 * 100 is not 7 in binary.
ExactShare = Annotated[str, BeforeValidator(str), Field(pattern=r"^(0?\.\d+|1(\.0*)?|0)$")]


class Strict(BaseModel):
    """An unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
