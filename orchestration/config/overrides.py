"""What overrides.yml may say: which failed checks are let through, why, in whose name, and until when.

No mart depends on it. What a failure that is let through does is said in quality/gate.py.
"""

import datetime as dt
import difflib
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from orchestration.config.gates import GatesConfig
from orchestration.config.strict import Strict, Words
from orchestration.errors import UserError

# A quarter: what is needed for longer is no exception but a rule, and rules are in gates.yml.
LONGEST_DAYS = 90


def a_day(told: Any) -> dt.date:
    """A date; a moment, or a number that would be taken for seconds, is none."""
    if isinstance(told, dt.date) and not isinstance(told, dt.datetime):
        return told
    try:
        return dt.date.fromisoformat(told)
    except (TypeError, ValueError):
        raise ValueError("write the last day on which it counts, such as 2026-07-31") from None


def not_blank(told: str) -> str:
    if not told.strip():
        raise ValueError("needed: a text; it is blank")
    return told.strip()


Told = Annotated[Words, AfterValidator(not_blank)]


class Override(Strict):
    """One failed check that is let through up to and with the day `until`."""

    check: Told
    reason: Told
    who: Told
    until: Annotated[dt.date, BeforeValidator(a_day)]

    def __str__(self) -> str:
        return f"overridden until {self.until} by {self.who}: {self.reason}"


class OverridesConfig(Strict):
    overrides: list[Override] = Field(default=[])

    @field_validator("overrides")
    @classmethod
    def each_check_once(cls, told: list[Override]) -> list[Override]:
        checks = [override.check for override in told]
        if twice := sorted({check for check in checks if checks.count(check) > 1}):
            raise ValueError(f"{', '.join(twice)} stands twice: which of them counts would be a guess")
        return told

    def in_force(self, today: dt.date) -> dict[str, Override]:
        """Those that count on a day, by check."""
        return {override.check: override for override in self.overrides if today <= override.until}

    def expired(self, today: dt.date) -> dict[str, Override]:
        """Those whose last day is over, by check: the gate decides again."""
        return {override.check: override for override in self.overrides if override.until < today}

    def require_fitting(self, gates: GatesConfig, today: dt.date, where: str) -> None:
        """Refuse an override of a check that is not there, or for so long that it would be a rule.

        Raises
        ------
        UserError
            With all that does not fit.
        """
        problems = []
        for override in self.overrides:
            if override.check not in gates.checks:
                near = near_matches(override.check, gates)
                problems.append(f"no check is called {override.check}" + (f"; near: {', '.join(near)}" if near else ""))
            if override.until > today + dt.timedelta(days=LONGEST_DAYS):
                problems.append(
                    f"{override.check}: {override.until} is more than {LONGEST_DAYS} days ahead; what is needed for "
                    "longer is a rule, and belongs into gates.yml"
                )
        if problems:
            mend = "correct the entries named above, or remove them; gates.yml lists all checks"
            raise UserError("\n".join(problems), where=where, mend=mend)


def near_matches(check: str, gates: GatesConfig) -> list[str]:
    """Up to five checks that may have been meant: those of the same name, else those spelled much alike."""
    name = check.rpartition(":")[2]
    same_name = [key for key in gates.checks if key.rpartition(":")[2] == name]
    return difflib.get_close_matches(check, same_name or gates.checks, n=5, cutoff=0 if same_name else 0.6)
