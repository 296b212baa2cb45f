"""The text of an alert: plain, short and in English, the same for every service."""

import re
import unicodedata

from orchestration.alerts.causes import run_of
from orchestration.alerts.memory import Held
from orchestration.alerts.once import Message
from orchestration.publishing.status import Status

# WeCom takes 2,048 bytes, of which a Chinese character needs three; the others take more.
BYTES = 1_900
BYTES_OF_REASONS = 1_100  # shared by those that are told
REASONS = 5
LONG_WORD = 30  # signs; a longer one is cut, as is a text without spaces

TITLES = {
    "held": "refresh held",
    "failed": "refresh failed",
    "recovered": "refresh recovered",
    "late": "late",
}
KINDS = {"held": "warning", "failed": "failure", "recovered": "success", "late": "warning"}  # in Apprise's words
AGAIN = {"held": "refresh still held", "failed": "refresh still failing", "late": "still late"}


def title(company: str, message: Message, known: Status) -> str:
    what = AGAIN[message.event] if message.is_again else TITLES[message.event]
    if message.event == "failed" and known.broke_after_publishing:
        what = "published, with a failure afterwards"
    return f"{cut(harmless(company), 100)}: {what}"


def body(message: Message, known: Status, page: str | None, held: Held | None) -> str:
    """What happened, since when, why, what is served, and what to do.

    Parameters
    ----------
    known : Status
        What the reasons are taken from: no personal data, no secrets.
    page : str or None
        Base address of Dagster's page.
    held : Held or None
        What is held, or was until now.
    """
    reasons = [reason for cause in message.causes for reason in cause.reasons]
    if message.event == "recovered" and held:
        reasons = [f"held since {held.since}: {check}{let_through(check, known)}" for check in held.checks]
    lines = [headline(message, known), *listed(reasons), served(known)]
    run = run_of(known.last_message)
    if page and run and message.event != "late":
        lines.append(f"Run: {page.rstrip('/')}/runs/{run}")
    lines.append(what_to_do(message, known, held))
    return cut("\n".join(lines), BYTES)


def headline(message: Message, known: Status) -> str:
    match message.event:
        case "held":
            return f"Held since {known.held_since}: the marts as of {known.held_as_of} are not published."
        case "failed":
            how = "published, and broke off afterwards" if known.broke_after_publishing else "broke off"
            return f"The refresh that ended at {known.last_outcome_at} {how}."
        case "recovered":
            return f"Refreshes are published again, since {known.published_at}."
        case "late":
            return "Something is not there that should be:"


def listed(reasons: list[str]) -> list[str]:
    shown = reasons[:REASONS]
    lines = [f"- {cut(harmless(reason), BYTES_OF_REASONS // len(shown))}" for reason in shown]
    return [*lines, f"- and {len(reasons) - REASONS} more"] if len(reasons) > REASONS else lines


def served(known: Status) -> str:
    if known.release_id is None:
        return "Nothing is served yet."
    return f"Served: {known.release_id}, as of {known.as_of}."


def let_through(check: str, known: Status) -> str:
    return ", let through by an override" if any(check == told["check"] for told in known.overrides) else ""


def what_to_do(message: Message, known: Status, held: Held | None) -> str:
    match message.event:
        case "held" if not known.reasons and known.pinned:
            return "To do: touchstone unpin, when refreshes may switch again."
        case "held":
            return "To do: mend the data or the configuration and refresh again; touchstone status tells all reasons."
        case "failed":
            return "To do: touchstone doctor says what is wrong; then refresh again. Nothing that was landed is lost."
        case "recovered" if held and any(not let_through(check, known) for check in held.checks):
            return "To do: see that it was mended. A check also passes again because time went by."
        case "recovered":
            return "Nothing is to be done."
        case "late":
            return "To do: see whether the export or the schedule stands still."


def harmless(text: str) -> str:
    """In one line, without signs that are not seen or turn the others around, and so that it calls nobody.

    Names of files and of the company stand in it as they were written: `<!channel>` and `@all` ring every telephone.
    """
    seen = "".join(sign for sign in " ".join(text.split()) if unicodedata.category(sign)[0] != "C")
    return re.sub(r"<(?=\S)", "‹", seen).replace("@", "＠")


def cut(text: str, size: int) -> str:
    """At most so many bytes of UTF-8, whole words where there are words; what is cut off shows as an ellipsis."""
    if len(text.encode()) <= size:
        return text
    left = text.encode()[: size - 4].decode(errors="ignore")
    start, _, rest = left.rpartition(" ")
    return f"{start if start and len(rest) <= LONG_WORD else left} …"
