"""The text of an alert: plain, short and in English, the same for every service."""

from orchestration.alerts.causes import run_of
from orchestration.alerts.once import Message
from orchestration.publishing.status import Status

# WeCom takes 2,048 bytes, of which a Chinese character needs three; the others take more.
BYTES = 1_900
BYTES_OF_A_REASON = 220
REASONS = 5

TITLES = {
    "held": "refresh held",
    "failed": "refresh failed",
    "recovered": "refresh recovered",
    "late": "late",
}


def title(company: str, message: Message) -> str:
    return f"{cut(company, 100)}: {TITLES[message.event]}"


def body(message: Message, known: Status, page: str | None) -> str:
    """What happened, since when, why, what is served, and what to do.

    Parameters
    ----------
    known : Status
        What the reasons are taken from: no personal data, no secrets.
    page : str or None
        Base address of Dagster's page.
    """
    reasons = [reason for cause in message.causes for reason in cause.reasons]
    lines = [headline(message, known), *listed(reasons), served(known)]
    run = run_of(known.last_message)
    if page and run and message.event != "late":
        lines.append(f"Run: {page.rstrip('/')}/runs/{run}")
    lines.append(what_to_do(message, known))
    return cut("\n".join(lines), BYTES)


def headline(message: Message, known: Status) -> str:
    match message.event:
        case "held":
            return f"Held since {known.held_since}: the marts as of {known.held_as_of} are not published."
        case "failed":
            return f"The refresh that ended at {known.last_outcome_at} broke off."
        case "recovered":
            return f"Refreshes are published again, since {known.published_at}."
        case "late":
            return "Something is not there that should be:"


def listed(reasons: list[str]) -> list[str]:
    lines = [f"- {cut(' '.join(reason.split()), BYTES_OF_A_REASON)}" for reason in reasons[:REASONS]]
    return [*lines, f"- and {len(reasons) - REASONS} more"] if len(reasons) > REASONS else lines


def served(known: Status) -> str:
    if known.release_id is None:
        return "Nothing is served yet."
    return f"Served: {known.release_id}, as of {known.as_of}."


def what_to_do(message: Message, known: Status) -> str:
    match message.event:
        case "held" if not known.reasons and known.pinned:
            return "To do: touchstone unpin, when refreshes may switch again."
        case "held":
            return "To do: mend the data or the configuration and refresh again; touchstone status tells all reasons."
        case "failed":
            return "To do: touchstone doctor says what is wrong; then refresh again. Nothing that was landed is lost."
        case "recovered":
            return "Nothing is to be done."
        case "late":
            return "To do: see whether the export or the schedule stands still."


def cut(text: str, size: int) -> str:
    """At most so many bytes of UTF-8; what is cut off shows as an ellipsis."""
    if len(text.encode()) <= size:
        return text
    return text.encode()[: size - 3].decode(errors="ignore") + "…"
