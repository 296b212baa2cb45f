"""`${NAME}` in configured text: filled in from the environment, where the secrets are."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from orchestration.errors import UserError


def filled(text: str, where: str, home: Path, written: Callable[[str], str] = str, file: str = "sources.yml") -> str:
    """The text with each `${NAME}` replaced; `written` escapes a value for the place where it stands.

    `where` is the place in `file`, for messages.

    Raises
    ------
    UserError
        A variable is not set. The message holds no value.
    """
    values = {**os.environ, "TOUCHSTONE_HOME": str(home)}

    def value(match: re.Match) -> str:
        if match[1] not in values:
            raise UserError(
                f"the environment variable {match[1]} is not set",
                where=f"{file}, {where}",
                mend=f"export {match[1]}=…",
            )
        return written(values[match[1]])

    return re.sub(r"\$\{(\w+)\}", value, text)
