"""What gates.yml may say: of each check what its failure does, and the number it is held against."""

from typing import Literal

from orchestration.config.strict import Strict
from orchestration.errors import UserError


class Gate(Strict):
    """What a failure of the check does, and the number it is held against where it has one."""

    severity: Literal["block", "warn"]
    threshold: float | None = None


class GatesConfig(Strict):
    checks: dict[str, Gate]

    def gate(self, check: str) -> Gate:
        """The gate of `<schema.table>:<check>`; every check has one."""
        if check not in self.checks:
            raise UserError(
                f"the check {check!r} has no gate",
                where="gates.yml, under `checks`",
                mend=f"add a line `{check}: {{severity: block}}` (or warn)",
            )
        return self.checks[check]
