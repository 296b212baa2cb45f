"""What a check says, wherever it ran: one shape for Great Expectations, dbt and Python."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class CheckOutcome:
    """One check on one table.

    `observed` and `threshold` are in the check's own unit, told in `message`. `sample_ids` holds at most five
    identifiers of failing rows, never personal data.
    """

    subject: str
    name: str
    passed: bool
    message: str
    observed: float | None = None
    threshold: float | None = None
    rows_examined: int | None = None
    rows_failing: int | None = None
    sample_ids: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """As gates.yml names it."""
        return f"{self.subject}:{self.name}"
