"""What a check says, wherever it ran: one shape for Great Expectations, dbt and Python."""

from dataclasses import dataclass, field, replace

# What they compare a candidate with is the present, or the day before: of a past day they say nothing.
OF_THE_PRESENT = frozenset(
    {
        "fresh",
        "volume",
        "volume_is_usual",
        "parameters_are_steady",
        "few_fall_silent_at_once",
        "feeds_keep_their_rows",
        "records_keep_their_values",
        "past_money_is_steady",
        "customers_keep_their_past",
        "amounts_are_usual",
        "marts_keep_their_rows",
        "columns_stay_filled",
        "columns_are_filled_as_before",
        "tier_moves_are_usual",
        "clv_is_steady",
        "feeds_keep_their_columns",
        "index_is_steady",
        "nothing_passes_by_waiting",
    }
)


@dataclass(frozen=True)
class CheckOutcome:
    """One check on one table.

    `passed` is None where the check could not be run: then it has not said anything, and nobody can let it through.
    `observed` and `threshold` are in the check's own unit, told in `message`. `sample_ids` holds at most five
    identifiers of failing rows, never personal data.
    """

    subject: str
    name: str
    passed: bool | None
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


def of_a_backcast(outcome: CheckOutcome) -> CheckOutcome:
    """The outcome as it counts in a back-cast, which freshness, volume and drift do not judge."""
    if outcome.name not in OF_THE_PRESENT or outcome.passed is not False:
        return outcome
    return replace(outcome, passed=True, message=f"not judged in a back-cast: {outcome.message}")
